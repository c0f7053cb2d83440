"""What waits for a till (POS-07, INV-02): cut off it sells no unit that somebody else was promised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods, StockShort
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, State
from quanyu.platform import db, settings_tree
from tests.harness import console
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import available, command, paid_order, place, stock_of
from tests.harness.clients import TillClient, cash
from tests.harness.gateway import MemoryGateway, memory_gateway
from tests.harness.identity import make_person
from tests.modules.pos.test_till_sales import OfflineTill


@pytest.fixture
def gateway() -> Iterator[MemoryGateway]:
    with memory_gateway() as provider:
        yield provider


@pytest.fixture
def chain() -> Chain:
    """A chain with ten pieces of everything in a store, whose tills may set aside a half."""
    made = make_chain(stock=10)
    setting(made, "pos.set_aside_bp", 5_000)
    return made


@pytest.fixture
def till(chain: Chain) -> TillClient:
    return another_till(chain)


def another_till(chain: Chain) -> TillClient:
    made = TillClient(chain.store).sign_in(chain.cashier)
    made.open_shift()
    return made


def setting(chain: Chain, key: str, value: object) -> None:
    settings_tree.set_value(SYSTEM, f"unit:{chain.store.unit.id}", key, value, system_clock.now(), reason="a test")


def asks(till: TillClient, wants: dict[int, int]) -> dict[int, int]:
    """Ask for units by SKU; return what waits for the till then."""
    body = {"wants": [{"sku_id": sku_id, "quantity": units} for sku_id, units in wants.items()]}
    return {one["sku_id"]: one["quantity"] for one in till.call("PUT", "/set-aside", body).expect(200)["goods"]}


def milk_of(till: TillClient, chain: Chain, units: int) -> int:
    return asks(till, {chain.milk.id: units}).get(chain.milk.id, 0)


def sold(chain: Chain, quantity: int) -> list[tuple[int, int, int, int]]:
    return [(chain.milk.id, quantity, MILK_FEN, quantity * MILK_FEN)]


def shortages(made: dict[str, Any]) -> list[tuple[int, object]]:
    rows = db.rows(
        "SELECT quantity, order_id FROM pos_till_shortage WHERE sale_id = %s ORDER BY id", [made["sale"]["id"]]
    )
    return [(row["quantity"], row["order_id"]) for row in rows]


def test_pos07_what_waits_for_a_till_is_not_sold_by_the_mall(chain: Chain, till: TillClient):
    assert milk_of(till, chain, 8) == 5
    assert stock_of(chain.store, chain.milk) == (10, 5)
    # The counter still has all ten, the mall what nobody waits for.
    assert available(chain.store, chain.milk, channel=Channel.POS) == 10
    assert available(chain.store, chain.milk) == 5
    with pytest.raises(StockShort) as short:
        place(command(chain.store, (chain.milk, 6)))
    assert short.value.shortages[0].available == 5
    assert stock_of(chain.store, chain.milk) == (10, 5)
    place(command(chain.store, (chain.milk, 5)))


def test_pos07_cut_off_it_sells_what_waits_for_it_and_no_promise_breaks(chain: Chain, gateway: MemoryGateway):
    till, beside = another_till(chain), another_till(chain)
    assert milk_of(till, chain, 2) == 2
    promised = paid_order(chain.store, chain.milk, gateway, quantity=8)
    made = OfflineTill(till, chain).made(sold(chain, 2))
    assert till.post("/journal", made).expect(201)["state"] == "booked"
    assert (orders.order(id=promised.id).state, shortages(made)) == (State.PAID, [])
    assert stock_of(chain.store, chain.milk) == (8, 8)
    # Nothing waits any more: the next sale of the shelf breaks the promise.
    made = OfflineTill(beside, chain).made(sold(chain, 2))
    assert beside.post("/journal", made).expect(201)["state"] == "booked"
    assert (orders.order(id=promised.id).state, shortages(made)) == (State.CANCELLED, [(8, promised.id)])


def test_pos07_the_tills_of_a_store_share_one_shelf(chain: Chain, till: TillClient):
    beside = another_till(chain)
    assert (milk_of(till, chain, 3), milk_of(beside, chain, 9)) == (3, 2)
    # Whoever has the tenth piece in his hands is not told that it waits for somebody else.
    beside.sell({chain.milk.id: 9}, tenders=cash(9 * MILK_FEN)).expect(201)
    assert stock_of(chain.store, chain.milk) == (1, 1)
    beside.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN)).expect(201)
    assert stock_of(chain.store, chain.milk) == (0, 0)
    till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN)).expect(409)


def test_pos07_where_each_till_sells_alone_nobody_else_has_its_units(chain: Chain, till: TillClient):
    assert till.get("/rules").expect(200)["sells_only_set_aside"] is False
    setting(chain, "pos.offline_stock", "set_aside")
    assert till.get("/rules").expect(200)["sells_only_set_aside"] is True
    beside = another_till(chain)
    assert milk_of(till, chain, 4) == 4
    assert available(chain.store, chain.milk, channel=Channel.POS) == 6
    beside.sell({chain.milk.id: 7}, tenders=cash(7 * MILK_FEN)).expect(409)
    assert stock_of(chain.store, chain.milk) == (10, 4)
    till.sell({chain.milk.id: 9}, tenders=cash(9 * MILK_FEN)).expect(201)
    assert stock_of(chain.store, chain.milk) == (1, 1)
    # One more than there is: only what is really missing is a shortage, the unit that waits for it is its own.
    made = OfflineTill(till, chain).made(sold(chain, 2), seq=9_001)
    assert till.post("/journal", made).expect(201)["state"] == "booked"
    assert [quantity for quantity, _ in shortages(made)] == [1]
    assert stock_of(chain.store, chain.milk) == (0, 0)


def test_pos07_what_is_asked_for_no_more_is_given_back(chain: Chain, till: TillClient):
    both = {chain.milk.id: 3, chain.bread.id: 1}
    assert asks(till, both) == {chain.milk.id: 3, chain.bread.id: 1}
    assert asks(till, {chain.bread.id: 1}) == {chain.bread.id: 1}
    assert (stock_of(chain.store, chain.milk), stock_of(chain.store, chain.bread)) == ((10, 0), (10, 1))
    # The owner sets nothing aside any more: all of it is back with the next question.
    setting(chain, "pos.set_aside_bp", 0)
    assert asks(till, both) == {}
    assert stock_of(chain.store, chain.bread) == (10, 0)


def test_pos07_a_count_that_finds_less_is_booked_though_goods_wait(chain: Chain, till: TillClient):
    manager = make_person("store_manager", unit_id=chain.store.unit.id)
    assert milk_of(till, chain, 5) == 5
    inventory.adjust(
        location_id=chain.store.unit.id,
        owner_id=chain.store.owner_id,
        lines=[Goods(chain.milk.id, 7)],
        cause_kind="console",
        cause_id="count-1",
        kind="count_loss",
        reason="counted",
        actor=manager.actor,
        now=system_clock.now(),
    )
    assert stock_of(chain.store, chain.milk) == (3, 0)
    assert milk_of(till, chain, 5) == 1


def test_pos07_nonsense_sets_nothing_aside(chain: Chain, till: TillClient):
    for wants in (
        [{"sku_id": chain.milk.id, "quantity": 0}],
        [{"sku_id": chain.milk.id, "quantity": -3}],
        [{"sku_id": "milk", "quantity": 1}],
        [{"sku_id": chain.milk.id, "quantity": 1}] * 501,
    ):
        till.call("PUT", "/set-aside", {"wants": wants}).expect(422)
    assert asks(till, {999_999_999: 4}) == {}
    assert stock_of(chain.store, chain.milk) == (10, 0)


def test_inv02_the_console_says_why_units_are_reserved(chain: Chain, till: TillClient):
    milk_of(till, chain, 4)
    browser = console.signed_in(make_person("store_manager", unit_id=chain.store.unit.id))
    listed = browser.get(console.list_address("inventory.reservation")).content.decode()
    assert "Set aside for a till" in listed
