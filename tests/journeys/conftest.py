"""One live product for all journeys of a worker."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from tests.harness.live import Live, live_server


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """Run the product; this process speaks to the same payment simulator, as its worker would."""
    from quanyu.entrypoints import wiring

    trial = override_settings(CONFIG=settings.CONFIG.model_copy(update={"demo": True}))
    with live_server() as running:
        os.environ[wiring.SIMULATOR_URL] = running.simulator.url
        # Only while the gateways are opened: the other tests of this process run in no demo.
        with trial:
            wiring.connect()
        del os.environ[wiring.SIMULATOR_URL]
        yield running
