"""What checkout asks: the facts of chosen coupons and what could be used here and now, each in one query."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.period import Period
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import CouponState, UseScope
from quanyu.modules.promotions.contracts import CouponFacts, CouponKind, Scope, Shares
from quanyu.platform import marks
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template, reserve, use
from tests.harness.members import make_member
from tests.harness.organization import enterprise, make_region, make_store


def usable(member, *, path=(), channel="mall", at=NOW):
    return [entry.coupon.id for entry in api.usable(member_id=member.id, path=path, channel=channel, at=at)]


def test_the_facts_say_all_that_the_price_chain_asks():
    store = make_store().unit
    template = make_template(
        kind=CouponKind.PERCENT,
        amount_fen=0,
        percent_off_bp=2000,
        cap_fen=5000,
        threshold_fen=9900,
        category_ids=frozenset({3, 4}),
        sku_ids=frozenset({5}),
        excluded_sku_ids=frozenset({6}),
        weekdays=frozenset({0, 1}),
        hours=((540, 720), (840, 1080)),
        excluded_dates=frozenset({date(2026, 3, 8)}),
        scope=UseScope.STORE,
        unit_ids=frozenset({store.id}),
        tiers=frozenset({"basic"}),
        shares=Shares(5000, 3000, 2000),
        stacks_with_campaigns=False,
        stacks_with_coupons=True,
    )
    coupon = make_coupon(template)
    assert api.facts(ids=[coupon.id], member_id=coupon.member_id, at=NOW) == {
        coupon.id: CouponFacts(
            id=str(coupon.id),
            code=template.code,
            name="十元券",
            name_en="Ten yuan off",
            kind=CouponKind.PERCENT,
            percent_off_bp=2000,
            cap_fen=5000,
            threshold_fen=9900,
            scope=Scope(
                unit_ids=frozenset({store.id}),
                channels=frozenset({"pos", "kiosk"}),
                category_ids=frozenset({3, 4}),
                sku_ids=frozenset({5}),
                excluded_sku_ids=frozenset({6}),
                members_only=True,
                tiers=frozenset({"basic"}),
            ),
            period=Period(coupon.valid_from, coupon.valid_until),
            weekdays=frozenset({0, 1}),
            hours=((540, 720), (840, 1080)),
            excluded_dates=frozenset({date(2026, 3, 8)}),
            tiers=frozenset({"basic"}),
            shares=Shares(5000, 3000, 2000),
            stacks_with_campaigns=False,
            stacks_with_coupons=True,
        )
    }


def test_facts_leave_out_what_is_used_given_away_or_somebody_elses():
    member = make_member()
    good, used, given = (make_coupon(member_id=member.id, transferable=True) for _ in range(3))
    use(used)
    api.offer_gift(coupon_id=given.id, actor=actor_of(member.id), now=NOW)
    foreign = make_coupon()
    ids = [good.id, used.id, given.id, foreign.id]
    assert api.facts(ids=ids, member_id=member.id, at=NOW).keys() == {good.id}
    # One whose time is over is there: the price chain says so.
    assert api.facts(ids=ids, member_id=member.id, at=good.valid_until).keys() == {good.id, given.id}


def test_facts_of_a_batch_belong_to_their_holders():
    first, second = make_coupon(), make_coupon()
    right = [(first.id, first.member_id), (second.id, second.member_id)]
    wrong = [(first.id, second.member_id), (second.id, second.member_id)]
    assert facts_of_batch(right).keys() == set(right)
    assert facts_of_batch(wrong).keys() == {wrong[1]}


def facts_of_batch(chosen):
    """Read the facts of coupons named by members, as a batch of orders does."""
    reading = marks.Reading()
    answer = reading.ask(api.facts_part(chosen=chosen, at=NOW))
    reading.read()
    return answer.value


@pytest.mark.parametrize(
    ("scope", "channels"),
    [
        (UseScope.ONLINE, {"mall", "assistant"}),
        (UseScope.STORE, {"pos", "kiosk"}),
        (UseScope.ANY, {"mall", "assistant", "pos", "kiosk"}),
    ],
)
def test_a_scope_is_a_list_of_channels_and_dealers_and_marketplaces_have_none(scope, channels):
    member = make_member()
    coupon = make_coupon(member_id=member.id, scope=scope)
    taken = {
        channel
        for channel in ("mall", "assistant", "pos", "kiosk", "b2b", "market")
        if usable(member, channel=channel) == [coupon.id]
    }
    assert taken == channels


def test_a_coupon_of_a_region_is_usable_in_its_stores_only():
    region, member = make_region(), make_member()
    coupon = make_coupon(member_id=member.id, unit_ids=frozenset({region.id}))
    assert usable(member, path=(enterprise().id, region.id, 987654321)) == [coupon.id]
    assert usable(member, path=(enterprise().id, 987654321)) == []


def test_usable_shows_what_can_be_taken_now_and_what_ends_first_comes_first():
    member = make_member()
    later = make_coupon(member_id=member.id, lasts_days=9)
    sooner = make_coupon(member_id=member.id, lasts_days=3)
    make_coupon(member_id=member.id, starts_after_days=1)
    reserve(make_coupon(member_id=member.id))
    assert usable(member) == [sooner.id, later.id]
    assert usable(member, at=sooner.valid_until)[0] == later.id


def test_the_wallet_shows_states_as_they_hold_now_page_by_page():
    member = make_member()
    ended = make_coupon(member_id=member.id, lasts_days=1)
    used = make_coupon(member_id=member.id, now=NOW + timedelta(minutes=1))
    use(used, now=NOW + timedelta(minutes=1))
    good = make_coupon(member_id=member.id, now=NOW + timedelta(minutes=2))
    at = NOW + timedelta(days=2)
    everything = api.wallet(member_id=member.id, at=at)
    assert [(entry.coupon.id, entry.coupon.state) for entry in everything] == [
        (good.id, CouponState.AVAILABLE),
        (used.id, CouponState.REDEEMED),
        (ended.id, CouponState.EXPIRED),
    ]
    first = api.wallet(member_id=member.id, at=at, limit=2)
    rest = api.wallet(member_id=member.id, at=at, before=(first[-1].coupon.claimed_at, first[-1].coupon.id))
    assert [entry.coupon.id for entry in rest] == [ended.id]
    gone = api.wallet(member_id=member.id, at=at, states=[CouponState.EXPIRED, CouponState.REDEEMED])
    assert [entry.coupon.id for entry in gone] == [used.id, ended.id]


def test_facts_usable_and_wallet_are_one_query_each():
    coupon = make_coupon()
    member_id = coupon.member_id
    for question in (
        lambda: api.facts(ids=[coupon.id], member_id=member_id, at=NOW),
        lambda: facts_of_batch([(coupon.id, member_id)]),
        lambda: api.usable(member_id=member_id, path=(1,), channel="mall", at=NOW),
        lambda: api.wallet(member_id=member_id, at=NOW),
        lambda: api.of_orders(order_ids=[coupon.id], at=NOW),
    ):
        with CaptureQueriesContext(connection) as queries:
            question()
        assert len(queries) == 1


def test_the_coupon_centre_is_searched_and_says_why_something_cannot_be_claimed():
    store, member = make_store().unit, make_member()
    word = make_template(name=f"咖啡券{store.code}", unit_ids=frozenset({store.id}), total_limit=1)
    make_coupon(word, member_id=member.id)
    hidden = make_template(name=f"隐藏券{store.code}", is_listed=False)
    path = (enterprise().id, store.id)
    [offer] = api.centre(member_id=member.id, text=f"咖啡券{store.code}", path=path, at=NOW)
    assert (offer.template_code, offer.left, offer.held, offer.refusal) == (word.code, 0, 1, "limit")
    [unknown] = api.centre(text=store.code, path=path, at=NOW)
    assert (unknown.template_code, unknown.held, unknown.refusal) == (word.code, 0, "sold_out")
    assert api.centre(text=store.code, path=(enterprise().id,), at=NOW) == []
    assert api.centre(text=hidden.code, at=NOW) == []
    assert api.centre(text="100%_", at=NOW) == []
    [later] = api.centre(
        text=make_template(claim_period=Period(NOW + timedelta(days=6), NOW + timedelta(days=9))).code, at=NOW
    )
    assert later.refusal == "not_yet"
