"""The command `quanyu` as a person runs it: a process of its own, on a home of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from quanyu.platform import postgres

SOURCE = Path(postgres.__file__).resolve().parents[3]
MODULE = [sys.executable, "-m", "quanyu.entrypoints.cli"]


class Quanyu:
    """Runs commands on one home. Nothing of the tests' own settings reaches them."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("QUANYU_", "DATABASE_URL"))}
        return kept | {"QUANYU_HOME": str(self.home), "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"} | more

    def run(self, *arguments: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MODULE, *arguments],
            env=self.environment(**more),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*MODULE, *arguments],
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture(scope="session")
def migrated_home() -> Iterator[Path]:
    """A home with a migrated, empty database that never runs: the original of every module's own."""
    with postgres.scratch_folder() as folder:
        done = Quanyu(folder / "home").run("migrate")
        assert done.returncode == 0, done.stdout + done.stderr
        yield folder / "home"


@pytest.fixture(scope="module")
def quanyu(migrated_home: Path) -> Iterator[Quanyu]:
    """The command on a home of the module's own; its database is migrated, empty, and does not run."""
    with postgres.scratch_folder() as folder:
        # cp keeps the owner, which the server insists on.
        subprocess.run(["cp", "-a", str(migrated_home), str(folder / "home")], check=True)
        yield Quanyu(folder / "home")


@pytest.fixture
def database(quanyu: Quanyu) -> Iterator[str]:
    """The URL of the home's database while it runs; commands join it."""
    with postgres.Server(quanyu.home / "pg") as server:
        yield server.address.url()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url: str, statement: str, *values: object) -> object:
    """The first value that the statement gives, if it gives any."""
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement, values)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None
