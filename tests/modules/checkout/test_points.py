"""Points on the order path: as payment and in the points mall; restored when the order ends otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PointsRefused, WantedLine
from quanyu.modules.members.contracts import Level
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import State
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import EarnLine
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import (
    NOTHING,
    command,
    footprint,
    give_points,
    number_of,
    paid_order,
    place,
    points_of,
    start_payment,
    stock_of,
    take_late_money,
    till_command,
)
from tests.harness.members import make_member

# A chain without settings: 100 points make a yuan, at most half of the goods.
HALF_TEA = TEA_FEN // 2


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=3000)


@pytest.fixture
def member():
    made = make_member()
    give_points(made, 10_000)
    return made


def offer(chain: Chain, sku=None, *, price: int = 500, unit_id: int | None = None, **given):
    return points.create_offer(
        sku_id=(sku or chain.milk).id,
        points=price,
        unit_ids=[unit_id or chain.region.id],
        actor=SYSTEM,
        now=system_clock.now(),
        **given,
    )


def mall_line(sku, offer_id: int, quantity: int = 1) -> WantedLine:
    return WantedLine(sku_id=sku.id, quantity=quantity, points_offer_id=offer_id)


def test_a_quote_promises_no_points_for_the_cash_of_the_points_mall(chain, member):
    """As the order will earn: only the tea does."""
    mall = mall_line(chain.milk, offer(chain, price=500, cash_fen=300).id, quantity=4)
    tea = WantedLine(sku_id=chain.tea.id, quantity=1)
    quote = checkout.quote(
        command=command(chain.store, member_id=member.id, lines=(tea, mall)), actor=SYSTEM, now=system_clock.now()
    )
    assert (quote.payable_fen, quote.points_earned) == (TEA_FEN + 1200, 88)


def test_points_pay_a_part_and_every_fen_and_point_is_on_its_lines(chain, member):
    order = place(command(chain.store, (chain.tea, 1), (chain.milk, 2), member_id=member.id, points=1001))
    assert (order.goods_fen, order.points_fen, order.points_spent, order.payable_fen) == (10100, 1001, 1001, 9099)
    assert [(line.points_fen, line.points_spent, line.net_fen) for line in order.lines] == [
        (872, 872, 7928),
        (129, 129, 1171),
    ]
    assert points_of(member) == 10_000 - 1001


def test_a_repeat_spends_once(chain, member):
    wanted = command(chain.store, (chain.tea, 1), member_id=member.id, points=1000)
    assert place(wanted) == place(wanted)
    assert points_of(member) == 9000


@pytest.mark.parametrize(
    ("wanted", "reason", "most"), [(HALF_TEA + 1, "points_capped", HALF_TEA), (4400, None, HALF_TEA)]
)
def test_more_than_the_cap_is_refused_with_the_most(chain, member, wanted, reason, most):
    asked = command(chain.store, (chain.tea, 1), member_id=member.id, points=wanted)
    if reason is None:
        assert place(asked).points_spent == wanted
        return
    with pytest.raises(PointsRefused) as refused:
        place(asked)
    assert (refused.value.field, refused.value.params["reason"], refused.value.params["most"]) == (
        "points",
        reason,
        most,
    )
    assert footprint(asked.id) == NOTHING
    assert points_of(member) == 10_000


def test_points_that_are_not_there_refuse_the_order_and_change_nothing(chain):
    poor = make_member()
    give_points(poor, 999)
    before = stock_of(chain.store, chain.tea)
    wanted = command(chain.store, (chain.tea, 1), member_id=poor.id, points=1000)
    with pytest.raises(PointsRefused) as refused:
        place(wanted)
    assert (refused.value.field, refused.value.params["reason"]) == ("points", "points_short")
    assert footprint(wanted.id) == NOTHING
    assert (points_of(poor), stock_of(chain.store, chain.tea)) == (999, before)


def test_points_need_a_member(chain):
    for wanted in (
        command(chain.store, (chain.tea, 1), points=100),
        command(chain.store, lines=(mall_line(chain.milk, offer(chain).id),)),
    ):
        with pytest.raises(PointsRefused) as refused:
            place(wanted)
        assert refused.value.params["reason"] == "members_only"
        assert footprint(wanted.id) == NOTHING


def test_pts04_an_order_of_points_only_is_paid_when_it_is_placed(chain, member):
    order = place(command(chain.store, lines=(mall_line(chain.milk, offer(chain).id, 2),), member_id=member.id))
    assert (order.state, order.payable_fen, order.paid_fen) == (State.PAID, 0, 0)
    assert (order.goods_fen, order.discount_fen, order.points_spent) == (2 * MILK_FEN, 2 * MILK_FEN, 1000)
    assert [(row.kind, row.amount_fen) for row in order.lines[0].discounts] == [("points_mall", 2 * MILK_FEN)]
    assert points_of(member) == 9000
    handed = checkout.hand_over(
        order_id=order.id,
        code=order.pickup_code,
        store_id=chain.store.unit.id,
        actor=SYSTEM,
        now=system_clock.now(),
    )
    assert handed.state is State.COMPLETED


def test_pts04_points_and_cash_at_the_till_beside_bought_goods(chain, member):
    half = offer(chain, chain.bread, price=800, cash_fen=300)
    lines = (mall_line(chain.bread, half.id, 2), WantedLine(sku_id=chain.milk.id, quantity=1))
    order = place(till_command(chain.store, cash_fen=600 + MILK_FEN, lines=lines, member_id=member.id))
    assert (order.state, order.payable_fen, order.points_spent) == (State.COMPLETED, 600 + MILK_FEN, 1600)
    assert [(line.net_fen, line.points_spent, line.earns) for line in order.lines] == [
        (600, 1600, False),
        (MILK_FEN, 0, True),
    ]
    assert order.lines[0].list_fen == 2 * BREAD_FEN


def test_offers_hold_only_where_when_and_for_whom_they_do(chain, member):
    unknown = command(chain.store, lines=(mall_line(chain.milk, 2**40),), member_id=member.id)
    other_sku = command(chain.store, lines=(mall_line(chain.bread, offer(chain).id),), member_id=member.id)
    elsewhere = offer(chain, unit_id=chain.other_store.unit.id)
    other_place = command(chain.store, lines=(mall_line(chain.milk, elsewhere.id),), member_id=member.id)
    for wanted in (unknown, other_sku, other_place):
        with pytest.raises(PointsRefused) as refused:
            place(wanted)
        assert (refused.value.field, refused.value.params["reason"]) == ("lines.0.points_offer_id", "offer_gone")
        assert footprint(wanted.id) == NOTHING
    stranger = make_member(verified=False)
    give_points(stranger, 1000)
    for_verified = offer(chain, level=Level.VERIFIED)
    with pytest.raises(PointsRefused) as refused:
        place(command(chain.store, lines=(mall_line(chain.milk, for_verified.id),), member_id=stranger.id))
    assert refused.value.params["reason"] == "level_too_low"
    assert (points_of(member), points_of(stranger)) == (10_000, 1000)


def test_an_offer_is_had_as_often_as_its_limits_say_and_a_cancelled_order_counts_no_more(chain, member):
    two = offer(chain, per_member_limit=2)
    line = mall_line(chain.milk, two.id)
    first = place(command(chain.store, lines=(line, line), member_id=member.id))
    again = command(chain.store, lines=(line,), member_id=member.id)
    with pytest.raises(PointsRefused) as refused:
        place(again)
    assert (refused.value.field, refused.value.params["reason"]) == ("lines.0.points_offer_id", "limit_reached")
    assert footprint(again.id) == NOTHING
    assert points_of(member) == 9000
    checkout.cancel_order(order_id=first.id, reason="unwanted", actor=SYSTEM, now=system_clock.now())
    assert points_of(member) == 10_000
    assert place(again).points_spent == 500


@pytest.mark.parametrize("how", ["cancelled", "expired", "cancelled after payment"])
def test_points_come_back_once_when_the_order_ends_otherwise(chain, member, gateway, how):
    given = {"member_id": member.id, "points": 1000}
    if how == "cancelled after payment":
        order = paid_order(chain.store, chain.tea, gateway, 1, **given)
    else:
        order = place(command(chain.store, (chain.tea, 1), **given))
    assert points_of(member) == 9000
    for _ in range(2):
        if how == "expired":
            checkout.expire_due(now=order.pay_before + timedelta(seconds=1))
        else:
            checkout.cancel_order(order_id=order.id, reason="unwanted", actor=SYSTEM, now=system_clock.now())
        ended = orders.order(id=order.id)
        assert (ended.state, ended.points_restored) == (State.CANCELLED, 1000)
        assert points_of(member) == 10_000


def lapsed(chain, member, gateway, **given):
    order = place(command(chain.store, member_id=member.id, **given))
    number = number_of(start_payment(order))
    late = order.pay_before + timedelta(minutes=1)
    checkout.expire_due(now=late)
    gateway.closed.clear()
    assert points_of(member) == 10_000
    return order, number, late


def test_a_late_payment_takes_points_and_offers_again(chain, member, gateway):
    one = offer(chain, cash_fen=100, per_member_limit=1)
    lines = (mall_line(chain.milk, one.id), WantedLine(sku_id=chain.tea.id, quantity=1))
    order, number, late = lapsed(chain, member, gateway, lines=lines, points=1000)
    take_late_money(gateway, number, late)
    revived = orders.order(id=order.id)
    assert (revived.state, revived.points_restored) == (State.PAID, 0)
    assert points_of(member) == 10_000 - 1500
    with pytest.raises(PointsRefused):
        place(command(chain.store, lines=lines[:1], member_id=member.id))
    # Paid late, then cancelled: a second way back, of its own.
    checkout.cancel_order(order_id=order.id, reason="unwanted", actor=SYSTEM, now=late)
    assert points_of(member) == 10_000


def test_a_late_payment_is_refunded_when_the_points_went_elsewhere(chain, member, gateway):
    order, number, late = lapsed(chain, member, gateway, lines=(WantedLine(chain.tea.id, 2),), points=6000)
    before = stock_of(chain.store, chain.tea)
    place(command(chain.store, (chain.tea, 2), member_id=member.id, points=6000))
    after = stock_of(chain.store, chain.tea)
    take_late_money(gateway, number, late)
    assert (orders.order(id=order.id).state, orders.order(id=order.id).paid_fen) == (State.CANCELLED, 0)
    assert points_of(member) == 4000
    assert (before[1] + 2, stock_of(chain.store, chain.tea)) == (after[1], after)


def test_a_return_restores_points_and_money_by_the_same_shares(chain, member):
    order = place(
        till_command(chain.store, (chain.tea, 3), cash_fen=3 * TEA_FEN - 1000, member_id=member.id, points=1000)
    )
    seen = []
    for _ in range(3):
        back = ReturnCommand(id=uuid7(), order_id=order.id, lines=(ReturnedLine(1, 1),), reason="unwanted")
        preview = aftersales.preview(command=back)
        for _ in range(2):
            done = aftersales.return_lines(command=back, actor=SYSTEM, now=system_clock.now())
        assert (preview.amount_fen, preview.points_restored) == (done.amount_fen, done.points_restored)
        seen.append((done.amount_fen, done.points_restored, points_of(member)))
    assert seen == [(8467, 333, 9333), (8466, 334, 9667), (8467, 333, 10_000)]
    ended = orders.order(id=order.id)
    assert (ended.refunded_fen, ended.points_restored) == (ended.paid_fen, ended.points_spent)


def test_points_that_the_order_earned_go_with_the_goods_even_when_they_were_spent(chain):
    member, now = make_member(), system_clock.now()
    order = place(till_command(chain.store, (chain.tea, 2), cash_fen=2 * TEA_FEN, member_id=member.id))
    earned = points.earn(
        member_id=member.id,
        order_id=order.id,
        store_id=chain.store.unit.id,
        path=chain.store.unit.path,
        lines=[EarnLine(line.number, line.net_fen) for line in order.lines],
        multiplier_bp=10_000,
        mature_at=None,
        now=now,
    )
    assert earned == 176
    place(command(chain.store, (chain.tea, 1), member_id=member.id, points=100))
    assert points_of(member) == 76
    back = ReturnCommand(id=uuid7(), order_id=order.id, lines=(ReturnedLine(1, 1),), reason="unwanted")
    for _ in range(2):
        done = aftersales.return_lines(command=back, actor=SYSTEM, now=now)
        # What is kept would have earned 88 of the 176: the other 88 go, 76 of them from what is left, 12 are owed.
        assert done.points_taken_back == 88
        balance = points.balance(member_id=member.id, now=now)
        assert (balance.available, balance.debt) == (0, 12)


def test_a_quote_says_what_points_could_do(chain, member):
    wanted = command(chain.store, (chain.tea, 1), member_id=member.id)
    quote = quoted(wanted)
    assert (quote.points_balance, quote.points_max, quote.points_spent, quote.points_earned) == (
        10_000,
        HALF_TEA,
        0,
        88,
    )
    used = quoted(replace(wanted, points=1000))
    assert (used.points_fen, used.points_spent, used.payable_fen, used.problems) == (1000, 1000, TEA_FEN - 1000, ())
    too_many = quoted(replace(wanted, points=5000))
    assert too_many.problems == ("checkout.points_refused",)
    assert [(one.source, one.reason) for one in too_many.not_applied] == [("points", "points_capped")]
    nobody = quoted(replace(wanted, member_id=None))
    assert (nobody.points_balance, nobody.points_max, nobody.points_earned, nobody.coupons) == (0, 0, 0, ())


def test_a_quote_shows_points_mall_lines(chain, member):
    line = mall_line(chain.milk, offer(chain, cash_fen=50).id, 2)
    quote = quoted(command(chain.store, lines=(line,), member_id=member.id))
    assert (quote.payable_fen, quote.points_spent, quote.points_fen) == (100, 1000, 0)
    assert (quote.lines[0].points_offer_id, quote.lines[0].points_spent) == (line.points_offer_id, 1000)


def quoted(wanted):
    return checkout.quote(command=wanted, actor=SYSTEM, now=system_clock.now())
