"""Another store fulfils a paid order: its goods are held there and no longer here, or nothing has changed."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Forbidden
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import JournalPrice, ReassignmentRefused, TenderGiven, WantedLine
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, Order, State, StateConflict
from quanyu.modules.organization.contracts import UnitUnknown
from quanyu.platform import db
from tests.harness.chain import Chain, make_chain, put
from tests.harness.checkout import command, place, stock_of
from tests.harness.identity import make_person


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


def parcel(chain: Chain, *, quantity: int = 3, delivery: Delivery = Delivery.EXPRESS) -> Order:
    """A paid parcel of milk from the store; sold elsewhere, so that it needs no address."""
    line = WantedLine(
        sku_id=chain.milk.id, quantity=quantity, journal=JournalPrice(unit_price_fen=650, net_fen=650 * quantity)
    )
    order = place(command(chain.store, lines=(line,), delivery=delivery))
    tender = TenderGiven(tender="card", amount_fen=order.payable_fen)
    return checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())


def reassign(order: Order, location, actor=SYSTEM, *, reason: str = "缺货") -> Order:
    return checkout.reassign_order(
        order_id=order.id, location_id=location.unit.id, reason=reason, actor=actor, now=system_clock.now()
    )


def everything(chain: Chain, order: Order) -> tuple[object, ...]:
    places = [stock_of(one, chain.milk) for one in (chain.store, chain.other_store, chain.warehouse)]
    said = db.value("SELECT count(*) FROM orders_reassignment")
    return orders.order(id=order.id), places, said


def test_the_goods_are_held_at_the_other_store_and_leave_from_there(chain):
    order = parcel(chain)
    here, there = stock_of(chain.store, chain.milk), stock_of(chain.other_store, chain.milk)
    moved = reassign(order, chain.other_store)
    assert [(line.location_id, line.owner_id) for line in moved.lines] == [
        (chain.other_store.unit.id, chain.other_store.owner_id)
    ]
    assert stock_of(chain.store, chain.milk) == (here[0], here[1] - 3)
    assert stock_of(chain.other_store, chain.milk) == (there[0], there[1] + 3)
    told = db.rows(
        "SELECT payload->>'from_location_id' AS came, payload->>'to_location_id' AS went FROM platform_outbox "
        "WHERE topic = 'orders.reassigned.1' AND aggregate = %s",
        [f"order:{order.id}"],
    )
    assert told == [{"came": str(chain.store.unit.id), "went": str(chain.other_store.unit.id)}]
    said = db.rows(
        "SELECT actor, reason, from_location_id, to_location_id FROM orders_reassignment WHERE line_id = %s",
        [order.lines[0].id],
    )
    assert said == [
        {
            "actor": "system:system",
            "reason": "缺货",
            "from_location_id": chain.store.unit.id,
            "to_location_id": chain.other_store.unit.id,
        }
    ]
    done = checkout.ship(order_id=order.id, carrier="SF", tracking="1", actor=SYSTEM, now=system_clock.now())
    assert done.state is State.COMPLETED
    assert stock_of(chain.other_store, chain.milk) == (there[0] - 3, there[1])
    assert stock_of(chain.store, chain.milk) == (here[0], here[1] - 3)


def test_where_the_goods_are_not_it_does_not_go_and_says_what_is_missing(chain):
    order = parcel(chain, quantity=150)
    sell_down(chain, left=10)
    before = everything(chain, order)
    with pytest.raises(StockShort) as refusal:
        reassign(order, chain.other_store)
    assert [(one.sku_id, one.wanted, one.available) for one in refusal.value.shortages] == [(chain.milk.id, 150, 10)]
    assert everything(chain, order) == before


def sell_down(chain: Chain, *, left: int) -> None:
    """Promise the other store's milk to somebody until so much is left."""
    on_hand, reserved = stock_of(chain.other_store, chain.milk)
    much = on_hand - reserved - left
    line = WantedLine(sku_id=chain.milk.id, quantity=much, journal=JournalPrice(unit_price_fen=1, net_fen=much))
    place(command(chain.other_store, lines=(line,)))


def test_an_order_that_is_fetched_unpaid_gone_or_there_already_stays(chain):
    pickup = parcel(chain, quantity=1, delivery=Delivery.PICKUP)
    unpaid = place(command(chain.store, (chain.milk, 1)))
    sent = parcel(chain, quantity=1)
    checkout.ship(order_id=sent.id, carrier="SF", tracking="1", actor=SYSTEM, now=system_clock.now())
    here = parcel(chain, quantity=1)
    cases = [
        (pickup, chain.warehouse, ReassignmentRefused),
        (unpaid, chain.warehouse, StateConflict),
        (sent, chain.warehouse, StateConflict),
        (here, chain.store, ReassignmentRefused),
    ]
    for order, target, refusal in cases:
        before = everything(chain, order)
        with pytest.raises(refusal):
            reassign(order, target)
        assert everything(chain, order) == before


def test_only_who_may_reassign_at_both_places(chain):
    order = parcel(chain, quantity=1)
    before = everything(chain, order)
    with pytest.raises(Forbidden):
        reassign(order, chain.other_store, make_person("cashier", unit_id=chain.store.unit.id).actor)
    manager = make_person("store_manager", unit_id=chain.store.unit.id).actor
    with pytest.raises(UnitUnknown):
        reassign(order, chain.other_store, manager)
    assert everything(chain, order) == before
    put(chain.other_store, chain.milk, 1)
    region = make_person("region_manager", unit_id=chain.region.id).actor
    assert reassign(order, chain.other_store, region).lines[0].location_id == chain.other_store.unit.id


def test_no_statement_moves_a_line_without_saying_so(chain):
    order = parcel(chain, quantity=1)
    before = everything(chain, order)
    with pytest.raises(IntegrityError, match="reassigned"):
        db.execute("UPDATE orders_line SET location_id = %s WHERE order_id = %s", [chain.other_store.unit.id, order.id])
    assert everything(chain, order) == before
