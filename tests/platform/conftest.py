"""Gatherers of a test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from quanyu.platform.gather import Gatherer


@pytest.fixture
def made() -> Iterator[Callable[..., Gatherer]]:
    """Make gatherers that are closed after the test."""
    gatherers: list[Gatherer] = []

    def make(work, **options) -> Gatherer:
        gatherers.append(Gatherer(f"test-{os.urandom(4).hex()}", work, **options))
        return gatherers[-1]

    yield make
    for one in gatherers:
        one.close()
