"""One chain per module: its tills and people are new in every test."""

from __future__ import annotations

import pytest

from tests.harness.chain import Chain, make_chain
from tests.harness.clients import TillClient


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture
def till(chain: Chain) -> TillClient:
    """A new till with a cashier and an open shift."""
    made = TillClient(chain.store).sign_in(chain.cashier)
    made.open_shift()
    return made
