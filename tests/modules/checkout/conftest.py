"""What the tests of the order path share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.gateway import MemoryGateway, memory_gateway


@pytest.fixture
def gateway() -> Iterator[MemoryGateway]:
    """A payment provider in memory that pays when it is told to."""
    with memory_gateway() as provider:
        yield provider
