"""A real cluster per module, made once; each test starts and stops its own server on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from quanyu.platform import postgres


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that the server's account can reach, also when the tests run as root."""
    with postgres.scratch_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def cluster(home: Path) -> Path:
    """A data folder with the database `quanyu` and an empty table `sale`."""
    with postgres.Server(home / "pg") as server:
        postgres.create_database(server.address.url("postgres"), "quanyu")
        with psycopg.connect(server.address.url()) as connection:
            connection.execute("CREATE TABLE sale (id bigint PRIMARY KEY)")
    return home / "pg"


@pytest.fixture
def server(cluster: Path) -> Iterator[postgres.Server]:
    """A running server on the module's cluster."""
    with postgres.Server(cluster) as running:
        yield running
