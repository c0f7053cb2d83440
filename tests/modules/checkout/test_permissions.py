"""Doors ask who acts: members have their own orders, staff those their permission reaches, others see nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden, NotFound, Problem
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import JournalPrice, TenderGiven, WantedLine
from quanyu.modules.identity import api as identity
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, Order, OrderUnknown, State
from quanyu.modules.payments.contracts import Tender
from tests.harness import identity as people
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import NOTHING, command, footprint, place, stock_of, till_command
from tests.harness.gateway import memory_gateway
from tests.harness.members import make_member

CASH = (TenderGiven(tender="cash", amount_fen=MILK_FEN),)
Deed = Callable[[Order, Actor], object]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture(scope="module")
def member():
    return make_member()


def as_member(member) -> Actor:
    return Actor(kind=ActorKind.MEMBER, id=str(member.id))


def acting(person) -> Actor:
    return identity.actor_for_staff(staff_id=person.id)


def cancel(order: Order, actor: Actor) -> Order:
    return checkout.cancel_order(order_id=order.id, reason="changed_mind", actor=actor, now=system_clock.now())


def hand_over(order: Order, actor: Actor) -> Order:
    return checkout.hand_over(
        order_id=order.id,
        code=order.pickup_code,
        store_id=order.selling_store_id,
        actor=actor,
        now=system_clock.now(),
    )


def ship(order: Order, actor: Actor) -> Order:
    return checkout.ship(order_id=order.id, carrier="SF", tracking="1", actor=actor, now=system_clock.now())


def add_cash(order: Order, actor: Actor) -> Order:
    return checkout.add_tenders(order_id=order.id, tenders=CASH, till=None, actor=actor, now=system_clock.now())


def start(order: Order, actor: Actor) -> object:
    return checkout.start_payment(
        order_id=order.id, tender=Tender.WECHAT, way="jsapi", payer_id="o", actor=actor, now=system_clock.now()
    )


DEEDS = [cancel, hand_over, ship, add_cash, start]


def unpaid(chain: Chain, **given) -> Order:
    return place(command(chain.store, (chain.milk, 1), **given))


def paid(chain: Chain, **given) -> Order:
    return add_cash(unpaid(chain, **given), SYSTEM)


@pytest.mark.parametrize("deed", DEEDS)
def test_sec01_an_order_of_another_store_does_not_exist_for_its_staff(chain, deed: Deed):
    order = unpaid(chain)
    stranger = acting(people.make_person("store_manager", unit_id=chain.other_store.unit.id))
    with pytest.raises(OrderUnknown):
        deed(order, stranger)
    assert orders.order(id=order.id) == order


@pytest.mark.parametrize("deed", DEEDS)
def test_sec01_who_holds_no_permission_is_forbidden(chain, deed: Deed):
    order = unpaid(chain)
    with pytest.raises(Forbidden):
        deed(order, acting(people.make_person("supplier", unit_id=chain.store.unit.id)))
    assert orders.order(id=order.id) == order


@pytest.mark.parametrize("deed", DEEDS)
def test_sec05_another_members_order_does_not_exist(chain, deed: Deed, member):
    order = unpaid(chain, member_id=member.id)
    with pytest.raises((OrderUnknown, Forbidden)):
        deed(order, Actor(kind=ActorKind.MEMBER, id=str(uuid7())))
    assert orders.order(id=order.id) == order


@pytest.mark.parametrize("deed", [cancel, start])
def test_sec05_nobodys_order_is_no_members(chain, deed: Deed):
    order = unpaid(chain)
    with pytest.raises(OrderUnknown):
        deed(order, Actor(kind=ActorKind.MEMBER, id="None"))
    assert orders.order(id=order.id) == order


@pytest.mark.parametrize("deed", [hand_over, ship, add_cash])
def test_sec05_what_the_house_does_its_member_may_not(chain, deed: Deed, member):
    order = unpaid(chain, member_id=member.id)
    with pytest.raises(Forbidden):
        deed(order, as_member(member))
    assert orders.order(id=order.id) == order


def test_a_member_orders_pays_and_cancels_his_own(chain, member):
    wanted = command(chain.store, (chain.milk, 1), member_id=member.id)
    order = checkout.place_order(command=wanted, actor=as_member(member), now=system_clock.now())
    with memory_gateway():
        assert start(order, as_member(member)).state == "asking"
        assert cancel(order, as_member(member)).state is State.CANCELLED
    assert cancel(paid(chain, member_id=member.id), as_member(member)).refunded_fen == MILK_FEN


@pytest.mark.parametrize(
    "given",
    [
        {"member_id": None},
        {"member_id": "another"},
        {"tenders": CASH},
        {"lines": "discounted"},
        {"lines": "priced by himself"},
        {"lines": "from elsewhere"},
    ],
)
def test_sec05_what_only_a_till_can_know_a_member_may_not_say(chain, member, given):
    milk = chain.milk.id
    lines = {
        "discounted": (WantedLine(sku_id=milk, quantity=1, manual_discount_fen=MILK_FEN),),
        "priced by himself": (WantedLine(sku_id=milk, quantity=1, journal=JournalPrice(1, 1)),),
        "from elsewhere": (WantedLine(sku_id=milk, quantity=1, location_id=chain.warehouse.unit.id),),
    }
    fields = {"member_id": member.id} | given
    if fields["member_id"] == "another":
        fields["member_id"] = make_member().id
    if "lines" in fields:
        fields["lines"] = lines[fields["lines"]]
    wanted = command(chain.store, (chain.milk, 1), **fields)
    with pytest.raises(Forbidden):
        checkout.place_order(command=wanted, actor=as_member(member), now=system_clock.now())
    assert footprint(wanted.id) == NOTHING


def test_sec01_a_cashier_sells_in_his_store_and_in_no_other(chain):
    cashier = acting(chain.cashier)
    sale = till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN)
    assert checkout.place_order(command=sale, actor=cashier, now=system_clock.now()).state is State.COMPLETED
    elsewhere = till_command(chain.other_store, (chain.milk, 1), cash_fen=MILK_FEN)
    with pytest.raises(NotFound):
        checkout.place_order(command=elsewhere, actor=cashier, now=system_clock.now())
    assert footprint(elsewhere.id) == NOTHING


def test_sec01_a_cashier_gives_up_a_basket_but_gives_no_money_back(chain):
    cashier, basket, sold = acting(chain.cashier), unpaid(chain), paid(chain)
    for _ in range(2):
        assert cancel(basket, cashier).state is State.CANCELLED
    with pytest.raises(Forbidden):
        cancel(sold, cashier)
    assert orders.order(id=sold.id) == sold
    assert cancel(sold, acting(chain.manager)).refunded_fen == MILK_FEN


def test_the_place_that_fulfils_ships(chain):
    line = WantedLine(
        sku_id=chain.milk.id,
        quantity=1,
        location_id=chain.warehouse.unit.id,
        journal=JournalPrice(unit_price_fen=MILK_FEN, net_fen=MILK_FEN),
    )
    order = paid(chain, lines=(line,), delivery=Delivery.EXPRESS)
    with pytest.raises(OrderUnknown):
        ship(order, acting(people.make_person("warehouse", unit_id=chain.store.unit.id)))
    keeper = acting(people.make_person("warehouse", unit_id=chain.warehouse.unit.id))
    on_hand, _ = stock_of(chain.warehouse, chain.milk)
    for _ in range(2):
        assert ship(order, keeper).state is State.COMPLETED
    assert stock_of(chain.warehouse, chain.milk) == (on_hand - 1, 0)


def test_a_reason_that_only_the_clock_gives_is_nobody_elses(chain):
    order = unpaid(chain)
    for reason in ("expired", "sold_out", "", "  ", "x" * 41):
        with pytest.raises(Problem) as refusal:
            checkout.cancel_order(order_id=order.id, reason=reason, actor=SYSTEM, now=system_clock.now())
        assert (refusal.value.code, refusal.value.field) == ("checkout.cancel_reason_invalid", "reason")
    assert orders.order(id=order.id) == order
