"""A franchisee's stock is the franchisee's: head office sells it only where it is shared (INV-07)."""

from __future__ import annotations

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.inventory import api as inventory
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.clients import MallClient
from tests.harness.inventory import Shelf, receive
from tests.harness.live import Live

pytestmark = pytest.mark.slow


def _consigned(chain: Chain) -> Shelf:
    """Put five units of the dealer's onto a shelf of head office's store, which has none of its own."""
    shelf = Shelf(chain.store.unit.id, chain.dealer.id, chain.milk.id)
    receive(shelf, 5)
    return shelf


def test_head_office_does_not_sell_a_franchisees_stock_unless_it_is_shared(live: Live):
    chain = make_chain(stock=0)
    shelf = _consigned(chain)
    shopper = MallClient(live.url).sign_in()
    path = f"/stores/{chain.store.unit.id}/products/{chain.milk.product_id}"
    assert shopper.get(path).expect(200)["offers"][0]["available"] == 0
    refused = shopper.order(chain.store, {chain.milk.id: 1})
    assert (refused.status, refused.code) == (409, "inventory.stock_short")
    assert shelf.counters() == (5, 0)

    inventory.set_sharing(
        owner_id=chain.dealer.id,
        seller_owner_id=chain.store.owner_id,
        is_shared=True,
        actor=SYSTEM,
        now=system_clock.now(),
    )
    assert shopper.get(path).expect(200)["offers"][0]["available"] == 5
    order = shopper.order(chain.store, {chain.milk.id: 2}).expect(201)
    assert order["payable_fen"] == 2 * MILK_FEN
    assert shelf.counters() == (5, 2)


def test_the_franchise_store_sells_its_own_stock_and_not_head_offices(live: Live):
    chain = make_chain(stock=3)
    shopper = MallClient(live.url).sign_in()
    shopper.order(chain.franchise, {chain.milk.id: 2}).expect(201)
    assert chain.stocked(chain.franchise, chain.milk).counters() == (3, 2)
    address = {
        "name": "张小三",
        "phone": "13800138000",
        "area_code": "440305",
        "text": "科技园路 2 号",
    }
    address_id = shopper.post("/addresses", address).expect(201)["id"]
    # The warehouse has three, but they belong to head office.
    refused = shopper.order(chain.franchise, {chain.milk.id: 3}, delivery="express", address_id=address_id)
    assert (refused.status, refused.code) == (409, "inventory.stock_short")
    assert chain.stocked(chain.warehouse, chain.milk).counters() == (3, 0)
