"""A coupon as a gift: offered, accepted by who has the token, taken back before; history and code go along."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import CodeRefused, CouponState, CouponUnknown, GiftRefused
from quanyu.platform.rate import RateLimited
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template, reserve, use
from tests.harness.members import make_member

LATER = NOW + timedelta(hours=1)


def offer(coupon, *, now=NOW):
    return api.offer_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=now)


def accept(token, member, *, now=LATER):
    return api.accept_gift(token=token, actor=actor_of(member.id), now=now)


def reason_of(deed):
    with pytest.raises(GiftRefused) as refused:
        deed()
    return refused.value.params["reason"]


def test_a_gift_moves_the_coupon_with_its_history_and_a_new_code():
    coupon, receiver = make_coupon(transferable=True), make_member()
    old_code = api.code_of(coupon_id=coupon.id, member_id=coupon.member_id, now=NOW)
    gift = offer(coupon)
    assert api.gift(token=gift.token, now=LATER).amount_fen == 1000
    moved = accept(gift.token, receiver)
    assert (moved.id, moved.member_id, moved.is_gift) == (coupon.id, receiver.id, True)
    assert moved.valid_until == coupon.valid_until
    assert [(event.kind, event.member_id) for event in api.history(coupon_id=coupon.id)] == [
        ("issued", coupon.member_id),
        ("offered", coupon.member_id),
        ("transferred", receiver.id),
    ]
    with pytest.raises(CodeRefused):
        api.by_code(text=old_code.text, till_id=str(coupon.id), store_id=1, now=LATER)
    new_code = api.code_of(coupon_id=coupon.id, member_id=receiver.id, now=LATER)
    assert api.by_code(text=new_code.text, till_id="t", store_id=1, now=LATER).coupon.member_id == receiver.id
    assert api.wallet(member_id=coupon.member_id, at=LATER) == []
    use(moved, now=LATER)


def test_accepting_again_is_the_same_coupon_and_nobody_else_gets_it():
    coupon, receiver = make_coupon(transferable=True), make_member()
    gift = offer(coupon)
    first = accept(gift.token, receiver)
    assert accept(gift.token, receiver) == first
    assert reason_of(lambda: accept(gift.token, make_member())) == "gone"
    assert reason_of(lambda: api.gift(token=gift.token, now=LATER)) == "gone"


def test_a_gift_taken_back_is_gone_and_the_coupon_stays():
    coupon = make_coupon(transferable=True)
    gift = offer(coupon)
    back = api.take_back_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=LATER)
    assert (back.state, back.offered_until) == (CouponState.AVAILABLE, None)
    assert reason_of(lambda: accept(gift.token, make_member())) == "gone"
    assert reason_of(
        lambda: api.take_back_gift(coupon_id=coupon.id, actor=actor_of(coupon.member_id), now=LATER)
    ) == "gone"  # fmt: skip
    assert offer(coupon, now=LATER).token != gift.token


def test_a_gift_nobody_takes_ends_by_itself():
    coupon = make_coupon(transferable=True)
    gift = offer(coupon)
    assert gift.expires_at == NOW + timedelta(hours=24)
    assert reason_of(lambda: offer(coupon, now=LATER)) == "not_available"
    assert reason_of(lambda: accept(gift.token, make_member(), now=gift.expires_at)) == "gone"
    reserve(coupon, now=gift.expires_at)


def test_a_second_offer_after_the_first_ended_is_a_new_gift():
    coupon, receiver = make_coupon(transferable=True), make_member()
    first = offer(coupon)
    second = offer(coupon, now=first.expires_at)
    assert reason_of(lambda: accept(first.token, receiver, now=first.expires_at)) == "gone"
    assert accept(second.token, receiver, now=first.expires_at).member_id == receiver.id


def test_a_gift_ends_with_its_coupon():
    coupon = make_coupon(transferable=True, lasts_days=1)
    late = coupon.valid_until - timedelta(hours=1)
    assert offer(coupon, now=late).expires_at == coupon.valid_until


def test_only_what_may_be_given_away_and_is_still_there_is_given():
    assert reason_of(lambda: offer(make_coupon())) == "not_transferable"
    used = make_coupon(transferable=True)
    use(used)
    assert reason_of(lambda: offer(used)) == "not_available"
    ended = make_coupon(transferable=True, lasts_days=1)
    assert reason_of(lambda: offer(ended, now=ended.valid_until)) == "not_available"


def test_a_coupon_that_begins_later_can_be_given_already():
    coupon = make_coupon(transferable=True, starts_after_days=3)
    assert accept(offer(coupon).token, make_member()).valid_from == coupon.valid_from


def test_nobody_gives_another_ones_coupon_or_takes_it_back():
    coupon, stranger = make_coupon(transferable=True), make_member()
    with pytest.raises(CouponUnknown):
        api.offer_gift(coupon_id=coupon.id, actor=actor_of(stranger.id), now=NOW)
    gift = offer(coupon)
    with pytest.raises(CouponUnknown):
        api.take_back_gift(coupon_id=coupon.id, actor=actor_of(stranger.id), now=NOW)
    assert accept(gift.token, stranger).member_id == stranger.id


def test_the_giver_cannot_accept_his_own_gift():
    coupon = make_coupon(transferable=True)
    gift = offer(coupon)
    assert reason_of(
        lambda: api.accept_gift(token=gift.token, actor=actor_of(coupon.member_id), now=LATER)
    ) == "own"  # fmt: skip


def test_a_gift_does_not_count_against_the_limit_of_who_gets_it():
    template, receiver = make_template(transferable=True), make_member()
    make_coupon(template, member_id=receiver.id)
    assert accept(offer(make_coupon(template)).token, receiver).member_id == receiver.id


def test_tokens_cannot_be_tried_out():
    member = make_member()
    for _ in range(10):
        assert reason_of(lambda: accept("guess", member)) == "gone"
    with pytest.raises(RateLimited):
        accept("guess", member)
