"""Orders for items under a flash sale: what they take and give back, in every way in which an order ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.checkout.ops import flash_items, submit_orders
from quanyu.modules.flash import api as flash
from quanyu.modules.flash.contracts import LimitReached, MembersOnly, NotStarted, Sale, SoldOut
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, State
from quanyu.platform import db
from tests.harness import checkout as buying
from tests.harness import members
from tests.harness.chain import TEA_FEN, Chain, make_chain
from tests.harness.gateway import MemoryGateway


class Clock:
    """Seconds of the process that a test moves."""

    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(flash._admission, "clock", clock)
    yield clock
    # Nothing of a test's time stays with the process.
    flash._admission._counted_at_s = 0.0


def announce(chain: Chain, **given: object) -> Sale:
    """Announce a sale of the chain's tea that runs now: two pieces per member."""
    now = system_clock.now()
    terms = {"starts_at": now, "ends_at": now + timedelta(hours=2), "per_member_limit": 2, "channels": ("mall",)}
    return flash.announce(
        sku_id=chain.tea.id,
        unit_ids=[chain.store.unit.id],
        actor=SYSTEM,
        now=now,
        **(terms | given),  # type: ignore[arg-type]
    )


def command(chain: Chain, member_id: UUID | None, quantity: int = 1) -> PlaceOrder:
    """Return a mall order of the tea."""
    return buying.command(chain.store, (chain.tea, quantity), member_id=member_id)


def place_all(*commands: PlaceOrder, now: datetime | None = None) -> list[type[Problem] | None]:
    """Place commands in one batch; return the kind of refusal of each."""
    outcomes = checkout.place_orders(commands=commands, actor=SYSTEM, now=now or system_clock.now())
    return [type(outcome) if isinstance(outcome, Problem) else None for outcome in outcomes]


def had(sale: Sale, member_id: UUID) -> int:
    """Return how many pieces a member has."""
    return flash.had_by_member(member_id=member_id, sale_ids=[sale.id]).get(sale.id, 0)


def new_member() -> UUID:
    """Return the id of a new member."""
    return members.make_member().id


def test_in_one_batch_each_member_has_his_limit_and_the_last_piece_is_sold() -> None:
    """Several orders of one member in the order of their arrival; a refused one is in nobody's way."""
    chain, one, other = make_chain(stock=4), new_member(), new_member()
    sale = announce(chain)
    batch = [command(chain, one), command(chain, one, 2), command(chain, one), command(chain, other, 2)]
    assert place_all(*batch) == [None, LimitReached, None, None]
    assert (had(sale, one), had(sale, other), buying.stock_of(chain.store, chain.tea)) == (2, 2, (4, 4))


def test_whoever_is_short_of_goods_has_taken_nothing() -> None:
    """The pieces of an order that is refused for its stock are free for its member."""
    chain, one, other = make_chain(stock=1), new_member(), new_member()
    sale = announce(chain, units_total=9)
    assert place_all(command(chain, other), command(chain, one, 2), command(chain, one)) == [
        None,
        StockShort,
        StockShort,
    ]
    assert (had(sale, one), flash.sale(sale_id=sale.id).taken) == (0, 1)


def test_an_order_refused_for_its_points_leaves_nothing_of_the_sale() -> None:
    """Pieces are taken before the points are found missing; they are let go, and who came after them has them."""
    chain, poor, other = make_chain(stock=5), members.make_member(), new_member()
    sale = announce(chain, units_total=1)
    buying.give_points(poor, 100)
    spending = [buying.command(chain.store, (chain.milk, 1), member_id=poor.id, points=100)]
    wanting = buying.command(chain.store, (chain.tea, 1), member_id=poor.id, points=100)
    told = place_all(*spending, wanting, command(chain, other))
    assert (told[0], told[1] is not None, told[2]) == (None, True, None)
    assert (had(sale, poor.id), had(sale, other), flash.sale(sale_id=sale.id).taken) == (0, 1, 1)


def test_before_the_start_nobody_and_then_only_members() -> None:
    """The till sells on as always, to anybody."""
    chain, member = make_chain(stock=5), new_member()
    starts_at = system_clock.now() + timedelta(minutes=30)
    announce(chain, starts_at=starts_at)
    assert place_all(command(chain, member)) == [NotStarted]
    assert place_all(command(chain, None), command(chain, member), now=starts_at) == [MembersOnly, None]
    buying.place(buying.till_command(chain.store, (chain.tea, 3), cash_fen=3 * TEA_FEN))
    assert buying.stock_of(chain.store, chain.tea) == (2, 1)


def cancelled(order: Order) -> Order:
    """Cancel an order."""
    return checkout.cancel_order(order_id=order.id, reason="changed_mind", actor=SYSTEM, now=system_clock.now())


def test_what_is_cancelled_or_not_paid_in_time_comes_back() -> None:
    """For the sale and for its member."""
    chain, member = make_chain(stock=5), new_member()
    sale = announce(chain, units_total=2)
    first = buying.place(command(chain, member, 2))
    assert place_all(command(chain, new_member())) == [SoldOut]
    assert cancelled(first).state is State.CANCELLED
    assert (had(sale, member), flash.sale(sale_id=sale.id).taken) == (0, 0)
    second = buying.place(command(chain, member, 2))
    assert second.pay_before is not None
    checkout.expire_due(now=second.pay_before)
    assert (had(sale, member), flash.sale(sale_id=sale.id).taken) == (0, 0)
    assert place_all(command(chain, member, 2)) == [None]


def lapse_after_payment_began(chain: Chain, member_id: UUID) -> tuple[Order, str, datetime]:
    """Let an order lapse whose payment was opened; return it, the payment's number and the moment."""
    order = buying.place(command(chain, member_id))
    assert order.pay_before is not None
    number, late = buying.number_of(buying.start_payment(order)), order.pay_before + timedelta(minutes=1)
    checkout.expire_due(now=late)
    return order, number, late


def test_late_money_takes_the_pieces_again_though_the_sale_was_stopped(gateway: MemoryGateway) -> None:
    """It was ordered in time."""
    chain, member = make_chain(stock=5), new_member()
    sale = announce(chain, units_total=1, per_member_limit=1)
    order, number, late = lapse_after_payment_began(chain, member)
    assert had(sale, member) == 0
    flash.stop(sale_id=sale.id, reason="x", actor=SYSTEM, now=system_clock.now())
    gateway.closed.clear()
    buying.take_late_money(gateway, number, late)
    assert orders.order(id=order.id).state is State.PAID
    assert (had(sale, member), flash.sale(sale_id=sale.id).taken) == (1, 1)


def test_late_money_for_pieces_that_somebody_else_has_goes_back(gateway: MemoryGateway) -> None:
    """There are goods, but no piece of the sale any more."""
    chain, member, other = make_chain(stock=5), new_member(), new_member()
    sale = announce(chain, units_total=1, per_member_limit=1)
    order, number, late = lapse_after_payment_began(chain, member)
    assert place_all(command(chain, other)) == [None]
    gateway.closed.clear()
    buying.take_late_money(gateway, number, late)
    lapsed = orders.order(id=order.id)
    assert (lapsed.state, lapsed.paid_fen) == (State.CANCELLED, 0)
    assert (had(sale, member), had(sale, other), flash.sale(sale_id=sale.id).taken) == (0, 1, 1)


def test_memory_of_a_sell_out_never_feeds_itself(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries that memory refuses do not make it remember longer: a second later one looks, and has what came back."""
    chain = make_chain(stock=1)
    announce(chain)
    (lucky,) = submit_orders.submit([_asked(command(chain, new_member()))], now=system_clock.now())
    assert isinstance(lucky, submit_orders.Submitted)
    assert place_all(command(chain, new_member())) == [StockShort]
    # The order lapses in another process: nobody tells this one.
    monkeypatch.setattr(flash_items, "came_back", lambda order: None)
    checkout.cancel_order(order_id=lucky.placed.id, reason="changed_mind", actor=SYSTEM, now=system_clock.now())
    for _ in range(3):
        clock.now_s += 0.3
        assert place_all(command(chain, new_member())) == [SoldOut]
    clock.now_s += 0.2
    assert place_all(command(chain, new_member()), command(chain, new_member())) == [None, SoldOut]
    assert buying.stock_of(chain.store, chain.tea) == (1, 1)


def test_reconciliation_sees_pieces_that_do_not_follow_their_order() -> None:
    """An order that stands without its pieces, and a cancelled one that kept them."""
    chain, member = make_chain(stock=5), new_member()
    announce(chain)
    stands, ended = buying.place(command(chain, member)), buying.place(command(chain, member))
    cancelled(ended)
    count = "SELECT count(*) FROM checkout_breach_i4_flash_follows_orders"
    assert db.value(count) == 0
    with transaction.atomic():
        db.execute("UPDATE flash_taking SET state = 'given_back', given_back_at = at WHERE order_id = %s", [stands.id])
        db.execute("UPDATE flash_taking SET state = 'taken', given_back_at = NULL WHERE order_id = %s", [ended.id])
        assert db.value(count) == 2
        transaction.set_rollback(True)


def _asked(wanted: PlaceOrder) -> submit_orders.Asked:
    return submit_orders.Asked(wanted, SYSTEM)
