"""One live product for the front ends' tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.live import Live, live_server


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """Run the product as processes."""
    with live_server() as running:
        yield running
