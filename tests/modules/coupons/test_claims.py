"""Claims (CPN-01, CPN-03, CPN-05): online, by members, within the times and limits of the offer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Forbidden
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import ClaimRefused, CouponState, TemplateUnknown, Via
from quanyu.modules.promotions.contracts import CouponKind
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template
from tests.harness.members import make_member

DAY = timedelta(days=1)


def claim(template, member_id, *, now=NOW, claim_id=None, **given):
    return api.claim(
        claim_id=claim_id or uuid7(), template_code=template.code, actor=actor_of(member_id), now=now, **given
    )


def refusal(template, member_id, **given):
    """Return why a claim is refused, and see that nothing was issued."""
    before = api.template(template_id=template.id).issued
    with pytest.raises(ClaimRefused) as refused:
        claim(template, member_id, **given)
    assert api.template(template_id=template.id).issued == before
    return refused.value.params["reason"]


def test_a_member_claims_a_coupon_and_holds_it_for_the_days_of_the_offer():
    template, member = make_template(lasts_days=7), make_member()
    coupon = claim(template, member.id)
    assert (coupon.state, coupon.via, coupon.member_id) == (CouponState.AVAILABLE, Via.CENTRE, member.id)
    # Claimed on 2 March at noon: valid at once, and through 8 March in China.
    assert coupon.valid_from == NOW
    assert coupon.valid_until.isoformat() == "2026-03-08T16:00:00+00:00"
    assert api.template(template_id=template.id).issued == 1
    held = api.wallet(member_id=member.id, at=NOW)
    assert [(entry.coupon.id, entry.facts.kind, entry.facts.amount_fen) for entry in held] == [
        (coupon.id, CouponKind.AMOUNT, 1000)
    ]


def test_the_same_claim_again_is_the_same_coupon():
    template, member, claim_id = make_template(), make_member(), uuid7()
    first = claim(template, member.id, claim_id=claim_id)
    assert claim(template, member.id, claim_id=claim_id, now=NOW + DAY) == first
    assert api.template(template_id=template.id).issued == 1


def test_a_claim_id_of_somebody_else_gives_nothing_and_tells_nothing():
    template, claim_id = make_template(), uuid7()
    claim(template, make_member().id, claim_id=claim_id)
    assert refusal(template, make_member().id, claim_id=claim_id) == "id_taken"


def test_a_coupon_may_begin_days_after_the_claim():
    coupon = make_coupon(starts_after_days=2, lasts_days=3)
    # 2 March + 2 days: valid on 4, 5 and 6 March in China.
    assert coupon.valid_from.isoformat() == "2026-03-03T16:00:00+00:00"
    assert coupon.valid_until.isoformat() == "2026-03-06T16:00:00+00:00"


def test_a_coupon_may_have_fixed_dates_of_use():
    period = Period(NOW + 3 * DAY, NOW + 9 * DAY)
    coupon = make_coupon(lasts_days=None, use_period=period)
    assert (coupon.valid_from, coupon.valid_until) == (period.start, period.end)


def test_an_offer_is_claimed_only_in_its_time():
    template, member = make_template(claim_period=Period(NOW, NOW + DAY)), make_member()
    assert refusal(template, member.id, now=NOW - timedelta(seconds=1)) == "not_yet"
    assert refusal(template, member.id, now=NOW + DAY) == "over"
    assert claim(template, member.id, now=NOW).valid_from == NOW


def test_nobody_claims_what_can_never_be_used():
    template = make_template(lasts_days=None, use_period=Period(NOW, NOW + DAY))
    assert refusal(template, make_member().id, now=NOW + DAY) == "over"


def test_a_draft_and_a_stopped_offer_give_nothing():
    member = make_member()
    assert refusal(make_template(live=False), member.id) == "not_open"
    template = make_template()
    held = make_coupon(template)
    api.stop(template_id=template.id, reason="over", actor=SYSTEM, now=NOW)
    assert refusal(template, member.id) == "not_open"
    # What members hold stays good.
    assert api.facts(ids=[held.id], member_id=held.member_id, at=NOW).keys() == {held.id}


def test_a_person_gets_as_many_as_one_person_may_have():
    template, member = make_template(per_person_limit=2), make_member()
    claim(template, member.id)
    claim(template, member.id)
    assert refusal(template, member.id) == "limit"
    assert claim(template, make_member().id).state is CouponState.AVAILABLE


def test_a_total_limit_ends_the_offer():
    template = make_template(total_limit=2)
    make_coupon(template)
    make_coupon(template)
    assert refusal(template, make_member().id) == "sold_out"


def test_tier_and_level_are_asked_at_the_claim():
    told = make_member(verified=False)
    assert refusal(make_template(level="verified"), told.id) == "level"
    assert refusal(make_template(tiers=frozenset({"gold"})), told.id) == "tier"
    assert claim(make_template(level="verified"), make_member().id).state is CouponState.AVAILABLE
    assert claim(make_template(tiers=frozenset({told.tier})), told.id).state is CouponState.AVAILABLE


def test_what_is_given_cannot_be_claimed():
    member = make_member()
    assert refusal(make_template(is_listed=False), member.id) == "not_claimable"
    assert refusal(make_template(is_new_member_pack=True), member.id) == "not_claimable"


@pytest.mark.parametrize("kind", [ActorKind.DEVICE, ActorKind.STAFF, ActorKind.CLIENT, ActorKind.SYSTEM])
def test_a_till_or_a_person_at_it_cannot_issue_a_coupon(kind):
    template = make_template()
    with pytest.raises(Forbidden):
        api.claim(claim_id=uuid7(), template_code=template.code, actor=Actor(kind=kind, id="1"), now=NOW)
    assert api.template(template_id=template.id).issued == 0


def test_an_unknown_offer_is_unknown():
    with pytest.raises(TemplateUnknown):
        api.claim(claim_id=uuid7(), template_code="no such", actor=actor_of(make_member().id), now=NOW)
