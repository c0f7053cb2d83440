"""One chain with two stores that must know nothing of each other, and two shoppers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from quanyu.modules.payments.contracts import Tender
from tests.harness import identity as people
from tests.harness import members
from tests.harness.chain import Chain, make_chain
from tests.harness.clients import MallClient, TillClient
from tests.harness.gateway import MemoryGateway, memory_gateway
from tests.harness.identity import Person


@dataclass(frozen=True)
class World:
    """``ann`` and ``bob`` shop; ``till`` stands in the chain's store, ``other_till`` in its other store."""

    chain: Chain
    ann: MallClient
    bob: MallClient
    till: TillClient
    other_till: TillClient
    other_cashier: Person


@pytest.fixture(scope="module")
def world() -> World:
    chain = make_chain(stock=500)
    other_cashier = people.make_person("cashier", unit_id=chain.other_store.unit.id)
    till = TillClient(chain.store).sign_in(chain.cashier)
    other_till = TillClient(chain.other_store).sign_in(other_cashier)
    till.open_shift()
    other_till.open_shift()
    ann, bob = (MallClient().sign_in(members.phone()) for _ in range(2))
    return World(chain, ann, bob, till, other_till, other_cashier)


@pytest.fixture(autouse=True)
def provider() -> Iterator[MemoryGateway]:
    """A provider that says what the test lets it say."""
    with memory_gateway(Tender.WECHAT) as gateway:
        yield gateway
