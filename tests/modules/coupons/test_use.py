"""A coupon's life with an order: reserved, used, given back (I4), and extended by policy when it comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import CouponState, Reason, Wanted
from quanyu.platform import db
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template, reserve, use
from tests.harness.members import make_member

DAY = timedelta(days=1)


def state_of(coupon, *, at=NOW):
    return api.coupon(coupon_id=coupon.id, member_id=coupon.member_id, at=at).coupon.state


def try_reserve(*coupons, member_id=None, amount_fen=1000, now=NOW, order_id=None):
    return api.reserve(
        order_id=order_id or uuid7(),
        member_id=member_id or coupons[0].member_id,
        wanted=[Wanted(id=coupon.id, amount_fen=amount_fen) for coupon in coupons],
        now=now,
    )


def kinds(coupon):
    return [event.kind for event in api.history(coupon_id=coupon.id)]


def test_a_coupon_is_reserved_then_used_and_every_step_is_told():
    coupon = make_coupon()
    order = reserve(coupon, sales_fen=8900)
    assert state_of(coupon) is CouponState.RESERVED
    assert api.redeem(order_id=order, now=NOW) == 1
    assert state_of(coupon) is CouponState.REDEEMED
    assert [(event.kind, event.order_id, event.amount_fen) for event in api.history(coupon_id=coupon.id)] == [
        ("issued", None, 0),
        ("reserved", order, 1000),
        ("redeemed", order, 1000),
    ]


def test_every_step_repeated_changes_nothing():
    coupon = make_coupon()
    order = reserve(coupon)
    assert try_reserve(coupon, order_id=order) is None
    assert api.redeem(order_id=order, now=NOW) == 1
    assert api.redeem(order_id=order, now=NOW) == 0
    assert try_reserve(coupon, order_id=order) is None
    assert api.release(order_id=order, now=NOW) == 0
    assert api.return_used(order_id=order, now=NOW) == 1
    assert api.return_used(order_id=order, now=NOW) == 0
    assert kinds(coupon) == ["issued", "reserved", "redeemed", "returned"]


def test_a_used_coupon_is_used():
    coupon = make_coupon()
    use(coupon)
    assert try_reserve(coupon) == (coupon.id, Reason.USED)


def test_one_order_cannot_take_a_coupon_twice():
    coupon = make_coupon()
    assert try_reserve(coupon, coupon) == (coupon.id, Reason.USED)
    assert state_of(coupon) is CouponState.AVAILABLE


def test_all_or_none_and_the_first_that_cannot_be_taken_is_named():
    member = make_member()
    good, gone = make_coupon(member_id=member.id), make_coupon(member_id=member.id)
    use(gone)
    assert try_reserve(good, gone) == (gone.id, Reason.USED)
    assert state_of(good) is CouponState.AVAILABLE
    assert kinds(good) == ["issued"]


def test_nobody_uses_another_ones_coupon():
    coupon = make_coupon()
    assert try_reserve(coupon, member_id=make_member().id) == (coupon.id, Reason.UNKNOWN)
    assert state_of(coupon) is CouponState.AVAILABLE


def test_a_coupon_is_taken_from_its_first_moment_to_its_last():
    period = Period(NOW + DAY, NOW + 2 * DAY)
    coupon = make_coupon(lasts_days=None, use_period=period)
    assert try_reserve(coupon, now=period.start - timedelta(microseconds=1)) == (coupon.id, Reason.NOT_STARTED)
    assert try_reserve(coupon, now=period.end) == (coupon.id, Reason.EXPIRED)
    assert try_reserve(coupon, now=period.end - timedelta(microseconds=1)) is None


def test_an_ended_coupon_is_ended_before_and_after_the_job_wrote_it_down():
    coupon = make_coupon(lasts_days=1)
    ended = NOW + DAY
    assert state_of(coupon, at=ended) is CouponState.EXPIRED
    assert db.value("SELECT state FROM coupons_coupon WHERE id = %s", [coupon.id]) == "available"
    api.expire_due(now=ended)
    assert db.value("SELECT state FROM coupons_coupon WHERE id = %s", [coupon.id]) == "expired"
    assert try_reserve(coupon, now=ended) == (coupon.id, Reason.EXPIRED)
    assert kinds(coupon) == ["issued", "expired"]


def test_a_coupon_that_ends_while_its_order_waits_for_the_payment_is_still_used():
    coupon = make_coupon(lasts_days=1)
    order = reserve(coupon)
    api.expire_due(now=NOW + DAY)
    assert api.redeem(order_id=order, now=NOW + DAY) == 1
    assert state_of(coupon, at=NOW + DAY) is CouponState.REDEEMED


def test_an_unpaid_order_gives_its_coupon_back():
    coupon = make_coupon()
    order = reserve(coupon)
    assert api.release(order_id=order, now=NOW) == 1
    assert api.release(order_id=order, now=NOW) == 0
    held = api.coupon(coupon_id=coupon.id, member_id=coupon.member_id, at=NOW).coupon
    assert (held.state, held.order_id, held.amount_fen) == (CouponState.AVAILABLE, None, 0)
    assert held.valid_until == coupon.valid_until
    use(coupon)


def test_a_late_payment_of_a_released_order_uses_nothing():
    coupon = make_coupon()
    order = reserve(coupon)
    api.release(order_id=order, now=NOW)
    assert api.redeem(order_id=order, now=NOW) == 0
    assert state_of(coupon) is CouponState.AVAILABLE


def test_a_coupon_in_another_order_stays_there_when_the_first_is_cancelled_again():
    coupon = make_coupon()
    first = use(coupon)
    api.return_used(order_id=first, now=NOW)
    second = use(coupon)
    assert api.return_used(order_id=first, now=NOW) == 0
    assert api.of_orders(order_ids=[first, second], at=NOW).keys() == {second}
    assert state_of(coupon) is CouponState.REDEEMED


@pytest.mark.parametrize(
    ("extension_days", "back_after", "valid_until"),
    [
        # The coupon lasts from 2 to 8 March in China: until 2026-03-08T16:00Z.
        (0, timedelta(days=3), "2026-03-08T16:00:00+00:00"),  # no policy: as it was
        (3, timedelta(days=1), "2026-03-08T16:00:00+00:00"),  # back on the 3rd: the 6th is before the 8th
        (3, timedelta(days=5), "2026-03-10T16:00:00+00:00"),  # back on the 7th: through the 10th
        (3, timedelta(days=30), "2026-04-04T16:00:00+00:00"),  # back on 1 April, ended: through the 4th
    ],
)
def test_a_coupon_that_comes_back_is_valid_as_the_policy_says(extension_days, back_after, valid_until):
    coupon = make_coupon(lasts_days=7, extension_days=extension_days)
    order = use(coupon)
    assert api.return_used(order_id=order, now=NOW + back_after) == 1
    held = api.coupon(coupon_id=coupon.id, member_id=coupon.member_id, at=NOW).coupon
    assert held.valid_until.isoformat() == valid_until
    assert held.state is CouponState.AVAILABLE


def test_without_a_policy_a_coupon_past_its_time_comes_back_ended():
    coupon = make_coupon(lasts_days=7)
    order = use(coupon)
    late = NOW + timedelta(days=30)
    assert api.return_used(order_id=order, now=late) == 1
    assert state_of(coupon, at=late) is CouponState.EXPIRED


def test_a_budget_bears_no_more_than_that_and_gets_back_what_comes_back():
    template = make_template(budget_fen=2500)
    first, second, third = make_coupon(template), make_coupon(template), make_coupon(template)
    order = use(first)
    reserve(second)
    assert try_reserve(third) == (third.id, Reason.BUDGET_SPENT)
    assert state_of(third) is CouponState.AVAILABLE
    assert try_reserve(third, amount_fen=500) is None
    assert api.template(template_id=template.id).committed_fen == 2500
    api.return_used(order_id=order, now=NOW)
    assert api.template(template_id=template.id).committed_fen == 1500
    assert try_reserve(first) is None
    assert api.template(template_id=template.id).committed_fen == 2500


def test_two_coupons_of_one_budget_are_judged_together():
    member = make_member()
    template = make_template(budget_fen=1500, per_person_limit=2)
    first, second = make_coupon(template, member_id=member.id), make_coupon(template, member_id=member.id)
    assert try_reserve(first, second)[1] is Reason.BUDGET_SPENT
    assert (state_of(first), state_of(second)) == (CouponState.AVAILABLE, CouponState.AVAILABLE)
    assert api.template(template_id=template.id).committed_fen == 0


def test_what_head_office_takes_down_is_taken_nowhere_from_now_on():
    template = make_template()
    held, waiting = make_coupon(template), make_coupon(template)
    order = reserve(waiting)
    api.force_off(template_id=template.id, reason="misprint", actor=SYSTEM, now=NOW)
    assert state_of(held) is CouponState.VOID
    assert try_reserve(held) == (held.id, Reason.WITHDRAWN)
    assert api.facts(ids=[held.id], member_id=held.member_id, at=NOW) == {}
    # A deal that was made is kept.
    assert api.redeem(order_id=order, now=NOW) == 1
    api.expire_due(now=NOW)
    assert db.value("SELECT state FROM coupons_coupon WHERE id = %s", [held.id]) == "void"
    assert kinds(held) == ["issued", "voided"]


def test_what_is_used_and_what_comes_back_is_published():
    coupon = make_coupon()
    order = use(coupon)
    api.return_used(order_id=order, now=NOW)
    topics = db.rows("SELECT topic FROM platform_outbox WHERE aggregate = %s ORDER BY id", [str(order)])
    assert [row["topic"] for row in topics] == ["coupons.redeemed.1", "coupons.returned.1"]


def test_an_offered_coupon_cannot_be_used_until_it_is_taken_back():
    coupon = make_coupon(transferable=True)
    api.offer_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=NOW)
    assert try_reserve(coupon) == (coupon.id, Reason.GIVEN_AWAY)
    api.take_back_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=NOW)
    assert try_reserve(coupon) is None
