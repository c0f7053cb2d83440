"""Coupons on the order path: taken with the order, used when it is paid, given back when it ends otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import CouponRefused, JournalPrice, SoldOutBeforePayment, WantedLine
from quanyu.modules.checkout.ops import place_order
from quanyu.modules.checkout.ops.order_payload import payload
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, OrderCoupon, State
from quanyu.modules.promotions.contracts import CouponKind
from quanyu.platform import db
from tests.harness import organization
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import (
    AVAILABLE,
    NOTHING,
    command,
    coupon_for,
    coupon_state,
    footprint,
    give_points,
    number_of,
    paid_order,
    place,
    points_of,
    start_payment,
    take_late_money,
    till_command,
)
from tests.harness.coupons import actor_of
from tests.harness.members import make_member


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=3000)


def test_a_coupon_is_taken_with_the_order_and_every_fen_is_on_its_lines(chain):
    member = make_member()
    coupon = coupon_for(member, threshold_fen=5000)
    order = place(command(chain.store, (chain.tea, 1), (chain.milk, 2), member_id=member.id, coupon_ids=(coupon.id,)))
    assert (order.goods_fen, order.discount_fen, order.coupon_fen, order.payable_fen) == (10100, 0, 1000, 9100)
    assert [(line.list_fen, line.coupon_fen, line.net_fen) for line in order.lines] == [
        (8800, 871, 7929),
        (1300, 129, 1171),
    ]
    (row,) = order.lines[0].discounts
    assert (row.kind, row.source, row.amount_fen, row.threshold_fen) == ("coupon", f"coupon:{coupon.id}", 871, 5000)
    assert order.coupons == (OrderCoupon(coupon.id, coupon.template_code, "amount", "十元券", 1000),)
    assert coupon_state(coupon) == ("reserved", order.id, 1000)


def test_a_till_sale_takes_and_uses_the_coupon_at_once(chain):
    member = make_member()
    coupon = coupon_for(member)
    order = place(
        till_command(chain.store, (chain.tea, 1), cash_fen=TEA_FEN - 1000, member_id=member.id, coupon_ids=(coupon.id,))
    )
    assert order.state is State.COMPLETED
    assert coupon_state(coupon) == ("redeemed", order.id, 1000)


def test_a_repeat_of_the_command_is_the_same_order_and_the_same_coupon(chain):
    member = make_member()
    coupon = coupon_for(member)
    wanted = command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,))
    assert place(wanted) == place(wanted)
    assert coupon_state(coupon)[0] == "reserved"


def test_two_coupons_of_one_order_are_both_taken_or_none(chain):
    member = make_member()
    first = coupon_for(member, stacks_with_coupons=True)
    second = coupon_for(member, stacks_with_coupons=True, amount_fen=500)
    order = place(command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(first.id, second.id)))
    assert (order.coupon_fen, order.payable_fen) == (1500, TEA_FEN - 1500)
    third = coupon_for(member, stacks_with_coupons=True)
    again = command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(third.id, first.id))
    with pytest.raises(CouponRefused) as refused:
        place(again)
    assert (refused.value.field, refused.value.params["reason"]) == ("coupon_ids.1", "unknown")
    assert footprint(again.id) == NOTHING
    assert coupon_state(third) == AVAILABLE


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"threshold_fen": 8801}, "amount_missing"),
        ({"starts_after_days": 1}, "not_in_period"),
        ({"scope": "store"}, "not_in_channel"),
        ({"excluded_sku_ids": "tea"}, "no_matching_goods"),
    ],
)
def test_a_coupon_that_does_not_apply_refuses_the_order_with_the_reason(chain, terms, reason):
    member = make_member()
    if "excluded_sku_ids" in terms:
        terms = {"excluded_sku_ids": frozenset({chain.tea.id})}
    coupon = coupon_for(member, **terms)
    wanted = command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,))
    with pytest.raises(CouponRefused) as refused:
        place(wanted)
    assert (refused.value.field, refused.value.params["reason"]) == ("coupon_ids.0", reason)
    assert footprint(wanted.id) == NOTHING
    assert coupon_state(coupon) == AVAILABLE


def test_nobody_uses_a_coupon_of_somebody_else(chain):
    coupon, thief = coupon_for(make_member()), make_member()
    wanted = command(chain.store, (chain.tea, 1), member_id=thief.id, coupon_ids=(coupon.id,))
    with pytest.raises(CouponRefused) as refused:
        place(wanted)
    assert refused.value.params["reason"] == "unknown"
    with pytest.raises(Forbidden):
        checkout.quote(command=replace(wanted, member_id=uuid7()), actor=actor_of(thief.id), now=system_clock.now())
    assert coupon_state(coupon) == AVAILABLE


def test_in_one_batch_a_coupon_goes_to_the_first_order_that_wants_it(chain):
    owner, other = make_member(), make_member()
    coupon = coupon_for(owner)
    wanted = [
        command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,))
        for member in (owner, other, owner)
    ]
    placed = checkout.place_orders(commands=wanted, actor=SYSTEM, now=system_clock.now())
    assert placed[0] == wanted[0].id
    assert [one.params["reason"] for one in placed[1:]] == ["unknown", "used"]
    assert footprint(wanted[1].id, wanted[2].id) == NOTHING
    assert coupon_state(coupon) == ("reserved", wanted[0].id, 1000)


def test_a_coupon_needs_a_member_and_a_price_of_here(chain):
    coupon = coupon_for(make_member())
    happened = WantedLine(sku_id=chain.tea.id, quantity=1, journal=JournalPrice(unit_price_fen=1, net_fen=1))
    for wanted, reason in (
        (command(chain.store, (chain.tea, 1), coupon_ids=(coupon.id,)), "members_only"),
        (command(chain.store, lines=(happened,), member_id=make_member().id, coupon_ids=(coupon.id,)), "journal"),
        (command(chain.store, (chain.tea, 1), member_id=make_member().id, coupon_ids=(coupon.id,) * 2), "used"),
    ):
        with pytest.raises(CouponRefused) as refused:
            place(wanted)
        assert refused.value.params["reason"] == reason
        assert footprint(wanted.id) == NOTHING
    assert coupon_state(coupon) == AVAILABLE


def test_payment_uses_the_coupon(chain, gateway):
    member = make_member()
    coupon = coupon_for(member)
    order = place(command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,)))
    started = start_payment(order)
    gateway.pay(number_of(started))
    checkout.poll_payment(payment_id=started.payment_id, now=system_clock.now())
    assert orders.order(id=order.id).state is State.PAID
    assert coupon_state(coupon) == ("redeemed", order.id, 1000)


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_an_order_that_is_not_paid_gives_its_coupon_back(chain, how):
    member = make_member()
    coupon = coupon_for(member)
    order = place(command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,)))
    if how == "cancelled":
        for _ in range(2):
            checkout.cancel_order(order_id=order.id, reason="unwanted", actor=SYSTEM, now=system_clock.now())
    else:
        checkout.expire_due(now=order.pay_before + timedelta(seconds=1))
    assert orders.order(id=order.id).state is State.CANCELLED
    assert coupon_state(coupon) == AVAILABLE


def test_a_paid_order_that_is_cancelled_returns_its_coupon_once(chain, gateway):
    member = make_member()
    coupon = coupon_for(member)
    order = paid_order(chain.store, chain.tea, gateway, 1, member_id=member.id, coupon_ids=(coupon.id,))
    for _ in range(2):
        checkout.cancel_order(order_id=order.id, reason="unwanted", actor=SYSTEM, now=system_clock.now())
    cancelled = orders.order(id=order.id)
    assert (cancelled.state, cancelled.refunded_fen) == (State.CANCELLED, TEA_FEN - 1000)
    assert coupon_state(coupon) == AVAILABLE


def test_a_late_payment_takes_the_coupon_again(chain, gateway):
    member = make_member()
    coupon = coupon_for(member)
    order = place(command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,)))
    started = start_payment(order)
    late = order.pay_before + timedelta(minutes=1)
    checkout.expire_due(now=late)
    assert coupon_state(coupon) == AVAILABLE
    gateway.closed.clear()
    take_late_money(gateway, number_of(started), late)
    assert orders.order(id=order.id).state is State.PAID
    assert coupon_state(coupon) == ("redeemed", order.id, 1000)


def test_a_late_payment_is_refunded_when_the_coupon_is_used_elsewhere(chain, gateway):
    member = make_member()
    coupon = coupon_for(member)
    order = place(command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,)))
    started = start_payment(order)
    late = order.pay_before + timedelta(minutes=1)
    checkout.expire_due(now=late)
    other = place(command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,)))
    gateway.closed.clear()
    take_late_money(gateway, number_of(started), late)
    lapsed = orders.order(id=order.id)
    assert (lapsed.state, lapsed.paid_fen) == (State.CANCELLED, 0)
    assert coupon_state(coupon) == ("reserved", other.id, 1000)


def test_a_late_payment_whose_goods_are_gone_takes_no_right(chain, gateway):
    member = make_member()
    give_points(member, 1000)
    coupon = coupon_for(member)
    lone = make_chain(stock=1)
    given = {"member_id": member.id, "coupon_ids": (coupon.id,), "points": 1000}
    order = place(command(lone.store, (lone.tea, 1), **given))
    started = start_payment(order)
    late = order.pay_before + timedelta(minutes=1)
    checkout.expire_due(now=late)
    place(till_command(lone.store, (lone.tea, 1), cash_fen=TEA_FEN), now=late)
    gateway.closed.clear()
    take_late_money(gateway, number_of(started), late)
    assert (orders.order(id=order.id).state, coupon_state(coupon)) == (State.CANCELLED, AVAILABLE)
    assert points_of(member) == 1000


def test_an_order_whose_goods_went_before_it_was_paid_gives_its_rights_back(chain):
    member = make_member()
    give_points(member, 1000)
    coupon = coupon_for(member)
    lone = make_chain(stock=1)
    now = system_clock.now()
    given = {"member_id": member.id, "coupon_ids": (coupon.id,), "points": 1000}
    order = place(command(lone.store, (lone.tea, 1), **given), now=now)
    # The reservation is made to lapse early; the time to pay is not over.
    db.execute("UPDATE inventory_reservation SET expires_at = %s WHERE cause_id = %s", [now, str(order.id)])
    place(till_command(lone.store, (lone.tea, 1), cash_fen=TEA_FEN), now=now + timedelta(seconds=1))
    with pytest.raises(SoldOutBeforePayment):
        start_payment(order, now=now + timedelta(seconds=2))
    assert (orders.order(id=order.id).cancel_reason, coupon_state(coupon)) == ("sold_out", AVAILABLE)
    assert points_of(member) == 1000


def test_the_coupon_comes_back_when_the_whole_order_did(chain):
    member = make_member()
    coupon = coupon_for(member)
    order = place(
        till_command(
            chain.store, (chain.tea, 2), cash_fen=2 * TEA_FEN - 1000, member_id=member.id, coupon_ids=(coupon.id,)
        )
    )
    for expected in (("redeemed", order.id, 1000), AVAILABLE):
        back = ReturnCommand(id=uuid7(), order_id=order.id, lines=(ReturnedLine(1, 1),), reason="unwanted")
        preview = aftersales.preview(command=back)
        done = aftersales.return_lines(command=back, actor=SYSTEM, now=system_clock.now())
        assert done.amount_fen == TEA_FEN - 500
        assert done.coupons_returned == preview.coupons_returned == int(expected == AVAILABLE)
        assert coupon_state(coupon) == expected


def test_a_percent_coupon_stops_at_its_cap_and_freight_and_gift_coupons_do_theirs(chain):
    member = make_member()
    percent = coupon_for(member, kind=CouponKind.PERCENT, percent_off_bp=2000, cap_fen=1500)
    gift = coupon_for(member, kind=CouponKind.GIFT, gift_sku_id=chain.milk.id, gift_quantity=2, threshold_fen=8800)
    capped = place(command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(percent.id,)))
    assert (capped.coupon_fen, capped.payable_fen) == (1500, TEA_FEN - 1500)
    given = place(command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(gift.id,)))
    assert [(line.sku_id, line.quantity, line.list_fen, line.net_fen) for line in given.lines] == [
        (chain.tea.id, 1, TEA_FEN, TEA_FEN),
        (chain.milk.id, 2, 2 * MILK_FEN, 0),
    ]
    assert (given.lines[1].gift_of, given.coupon_fen, given.payable_fen) == (f"coupon:{gift.id}", 0, TEA_FEN)
    assert coupon_state(gift) == ("reserved", given.id, 2 * MILK_FEN)


def test_a_quote_shows_every_coupon_beside_the_order(chain):
    member = make_member()
    ten = coupon_for(member)
    far = coupon_for(member, threshold_fen=10000)
    wanted = command(chain.store, (chain.tea, 1), member_id=member.id)
    beside = {one.id: one for one in quoted(wanted).coupons}
    assert (beside[ten.id].usable, beside[ten.id].amount_fen, beside[ten.id].chosen) == (True, 1000, False)
    assert (beside[far.id].usable, beside[far.id].reason) == (False, "amount_missing")
    assert beside[far.id].params["missing_fen"] == 1200
    chosen = quoted(replace(wanted, coupon_ids=(ten.id,)))
    assert (chosen.coupon_fen, chosen.payable_fen, chosen.problems) == (1000, TEA_FEN - 1000, ())
    assert [(one.id, one.chosen) for one in chosen.coupons] == [(ten.id, True), (far.id, False)]
    # Ten yuan off and the other one do not go together: said before it is tried.
    refused = quoted(replace(wanted, coupon_ids=(ten.id, far.id)))
    assert refused.problems == ("checkout.coupon_refused",)
    assert refused.coupon_fen == 1000
    assert coupon_state(ten) == AVAILABLE


def quoted(wanted):
    return checkout.quote(command=wanted, actor=SYSTEM, now=system_clock.now())


def test_orders_without_rights_send_none_to_the_database(chain, monkeypatch):
    seen = []
    monkeypatch.setattr(place_order, "payload", lambda one, **given: seen.append(payload(one, **given)) or seen[-1])
    member = make_member()
    place(command(chain.store, (chain.tea, 1), member_id=member.id))
    place(command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon_for(member).id,)))
    assert ["rights" in one["order"] for one in seen] == [False, True]


def test_a_freight_coupon_sends_the_parcel_for_nothing(chain):
    member = make_member()
    coupon = coupon_for(member, kind=CouponKind.FREIGHT)
    order = place(
        command(
            chain.store,
            (chain.bread, 1),
            member_id=member.id,
            address_id=make_address(member),
            delivery=Delivery.EXPRESS,
            coupon_ids=(coupon.id,),
        )
    )
    assert (order.freight_fen, order.coupon_fen, order.payable_fen) == (0, 0, BREAD_FEN)
    assert coupon_state(coupon) == ("reserved", order.id, 800)


def make_address(member):
    organization.enterprise()
    card = members.add_address(
        member_id=member.id,
        name="王小明",
        phone="13912345678",
        area_code="440305",
        text="科技园路 1 号 2 栋 301",
        actor=actor_of(member.id),
        now=system_clock.now(),
    )
    return card.id
