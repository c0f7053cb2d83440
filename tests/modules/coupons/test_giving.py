"""Coupons that come by themselves or with help: the pack, grants by a trigger, staff codes, points."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Forbidden, Invalid, NotFound
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import ClaimRefused, TemplateFixed, UnlockRefused, Via
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import PointsShort
from quanyu.platform import db, outbox
from quanyu.platform.rate import RateLimited
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template
from tests.harness.identity import make_person
from tests.harness.members import make_member, phone
from tests.harness.organization import make_region, make_store


def claim(template, member, *, staff_code="", now=NOW, claim_id=None):
    return api.claim(
        claim_id=claim_id or uuid7(),
        template_code=template.code,
        staff_code=staff_code,
        actor=actor_of(member.id),
        now=now,
    )


def give(template, *members, cause="c1", trigger="birthday"):
    return api.grant(
        template_code=template.code,
        member_ids=[member.id for member in members],
        trigger=trigger,
        cause_id=cause,
        now=NOW,
    )


def issued(template):
    return api.template(template_id=template.id).issued


def test_a_trigger_gives_each_member_one_coupon_however_often_it_fires():
    template, first, second = make_template(), make_member(), make_member()
    granted = give(template, first, second, first)
    assert granted.issued.keys() == {first.id, second.id}
    again = give(template, first, second)
    assert (again.issued, again.already) == ({}, granted.issued)
    assert issued(template) == 2
    assert api.wallet(member_id=first.id, at=NOW)[0].coupon.via is Via.TRIGGER


def test_another_cause_gives_another_coupon_within_the_limits():
    template, member = make_template(per_person_limit=2), make_member()
    assert len(give(template, member, cause="2025").issued) == 1
    assert len(give(template, member, cause="2026").issued) == 1
    assert give(template, member, cause="2027").refused == {member.id: "limit"}
    assert issued(template) == 2


def test_a_grant_ends_with_the_total_limit_and_says_who_got_none():
    template, members = make_template(total_limit=2), [make_member() for _ in range(3)]
    granted = give(template, *members)
    assert granted.issued.keys() == {members[0].id, members[1].id}
    assert granted.refused == {members[2].id: "sold_out"}
    assert issued(template) == 2


def test_a_grant_asks_tier_level_and_whether_there_is_such_a_member():
    told = make_member(verified=False)
    template = make_template(level="verified")
    nobody = uuid7()
    granted = api.grant(template_code=template.code, member_ids=[told.id, nobody], trigger="t", cause_id="c", now=NOW)
    assert (granted.issued, granted.refused) == ({}, {told.id: "level", nobody: "not_claimable"})
    assert give(make_template(tiers=frozenset({"gold"})), told).refused == {told.id: "tier"}


def test_who_may_not_grant_gives_nothing():
    template, member = make_template(), make_member()
    cashier = make_person("cashier", unit_id=make_store().unit.id)
    with pytest.raises(Forbidden):
        api.grant(
            template_code=template.code,
            member_ids=[member.id],
            trigger="t",
            cause_id="c",
            actor=cashier.actor,
            now=NOW,
        )
    with pytest.raises(TemplateFixed):
        give(make_template(live=False), member)
    assert issued(template) == 0


def test_a_grant_by_a_person_is_audited():
    template, member = make_template(), make_member()
    boss = make_person("head_office")
    api.grant(
        template_code=template.code, member_ids=[member.id], trigger="console", cause_id="c", actor=boss.actor, now=NOW
    )
    [row] = db.rows(
        "SELECT actor_id, detail FROM platform_audit WHERE action = 'coupons.grant' AND subject_id = %s",
        [str(template.id)],
    )
    assert row["actor_id"] == boss.actor.id


def test_a_new_member_gets_the_pack_once():
    now = datetime.now(UTC)
    period = Period(now - timedelta(days=1), now + timedelta(days=1))
    first = make_template(is_new_member_pack=True, claim_period=period, now=now)
    second = make_template(is_new_member_pack=True, claim_period=period, now=now)
    over = make_template(is_new_member_pack=True)
    outbox.drain()
    member = make_member()
    outbox.drain()
    held = {entry.coupon.template_code for entry in api.wallet(member_id=member.id, at=now)}
    assert {first.code, second.code} <= held
    assert over.code not in held
    # The same fact delivered again gives nothing more, in whatever process.
    assert api.give_new_member_pack(member_id=member.id, now=now) == 0
    assert len(api.wallet(member_id=member.id, at=now)) == len(held)
    # Who came in a file is no new customer.
    told = members.find_or_create(keys=[Key(KeyKind.PHONE, phone())], channel="import", now=now)
    outbox.drain()
    assert list(api.wallet(member_id=told.id, at=now)) == []
    for template in (first, second):
        api.stop(template_id=template.id, reason="end of the test", actor=SYSTEM, now=now)


def test_a_staff_code_unlocks_a_claim_and_credits_who_made_it():
    store = make_store().unit
    clerk = make_person("associate", unit_id=store.id)
    template, member = make_template(needs_staff_code=True, is_listed=False), make_member()
    code = api.unlock_code(template_code=template.code, store_id=store.id, actor=clerk.actor, now=NOW)
    assert code.expires_at == NOW + timedelta(minutes=3)
    coupon = claim(template, member, staff_code=code.text.lower())
    assert coupon.via is Via.STAFF
    figures = api.statistics(template_id=template.id)
    assert {staff: one.claimed for staff, one in figures.by_staff.items()} == {clerk.id: 1}
    assert {place: one.claimed for place, one in figures.by_store.items()} == {store.id: 1}
    with pytest.raises(UnlockRefused):
        claim(template, make_member(), staff_code=code.text)
    assert issued(template) == 1


def test_a_staff_code_ends_and_belongs_to_one_offer():
    store = make_store().unit
    clerk = make_person("store_manager", unit_id=store.id)
    template, other, member = (
        make_template(needs_staff_code=True),
        make_template(needs_staff_code=True),
        make_member(),
    )
    code = api.unlock_code(template_code=template.code, store_id=store.id, uses=2, actor=clerk.actor, now=NOW)
    for offer, text, now in (
        (template, "", NOW),
        (template, "0000-0000-00000", NOW),
        (other, code.text, NOW),
        (template, code.text, code.expires_at),
    ):
        with pytest.raises(UnlockRefused):
            claim(offer, member, staff_code=text, now=now)
    assert (issued(template), issued(other)) == (0, 0)
    claim(template, member, staff_code=code.text)
    claim(template, make_member(), staff_code=code.text)
    assert issued(template) == 2


def test_a_refused_claim_does_not_use_the_staff_code_up():
    store = make_store().unit
    clerk = make_person("associate", unit_id=store.id)
    template, member = make_template(needs_staff_code=True), make_member()
    first = api.unlock_code(template_code=template.code, store_id=store.id, actor=clerk.actor, now=NOW)
    claim(template, member, staff_code=first.text)
    second = api.unlock_code(template_code=template.code, store_id=store.id, actor=clerk.actor, now=NOW)
    with pytest.raises(ClaimRefused):
        claim(template, member, staff_code=second.text)
    assert claim(template, make_member(), staff_code=second.text).via is Via.STAFF


def test_staff_codes_cannot_be_guessed_for_long():
    template, member = make_template(needs_staff_code=True), make_member()
    for _ in range(10):
        with pytest.raises(UnlockRefused):
            claim(template, member, staff_code="0000-0000-00000")
    with pytest.raises(RateLimited):
        claim(template, member, staff_code="0000-0000-00000")


def test_who_may_make_staff_codes_and_for_how_long():
    store = make_store().unit
    template = make_template(needs_staff_code=True)
    clerk, keeper = make_person("associate", unit_id=store.id), make_person("warehouse", unit_id=store.id)

    def make(actor, *, place=store.id, offer=template, **given):
        return api.unlock_code(template_code=offer.code, store_id=place, actor=actor, now=NOW, **given)

    with pytest.raises(Forbidden):
        make(keeper.actor)
    with pytest.raises(Forbidden):
        make(SYSTEM)
    with pytest.raises(NotFound):
        make(clerk.actor, place=make_store().unit.id)
    for wrong in (
        {"lasts": timedelta(seconds=59)},
        {"lasts": timedelta(minutes=10, seconds=1)},
        {"uses": 0},
        {"uses": 51},
    ):
        with pytest.raises(Invalid):
            make(clerk.actor, **wrong)
    with pytest.raises(TemplateFixed):
        make(clerk.actor, offer=make_template())
    assert make(clerk.actor, lasts=timedelta(seconds=60), uses=50).uses == 50
    # What is for another store only is not this one's to give away.
    with pytest.raises(TemplateFixed) as refused:
        make(clerk.actor, offer=make_template(needs_staff_code=True, unit_ids=frozenset({make_store().unit.id})))
    assert refused.value.field == "store_id"
    assert make(clerk.actor, offer=make_template(needs_staff_code=True, unit_ids=frozenset({store.id}))).uses == 1


def test_points_buy_a_coupon_in_the_same_transaction():
    template, member = make_template(points_price=300, per_person_limit=5), make_member()
    points.give(
        member_id=member.id, points=500, cause_kind="test", cause_id=str(uuid7()), reason="test", actor=SYSTEM, now=NOW
    )
    claim_id = uuid7()
    assert claim(template, member, claim_id=claim_id).via is Via.POINTS
    assert points.balance(member_id=member.id, now=NOW).available == 200
    claim(template, member, claim_id=claim_id)
    assert points.balance(member_id=member.id, now=NOW).available == 200
    with pytest.raises(PointsShort):
        claim(template, member)
    assert issued(template) == 1
    assert points.balance(member_id=member.id, now=NOW).available == 200


def test_a_claim_with_a_staff_code_needs_the_code():
    template = make_template(needs_staff_code=True)
    with pytest.raises(UnlockRefused):
        make_coupon(template)
    assert issued(template) == 0


def test_staff_unlocks_only_offers_that_hold_where_they_work():
    region, store, other = make_region(), make_store().unit, make_store().unit
    below = make_store(parent_id=region.id).unit
    clerk, neighbour = make_person("associate", unit_id=store.id), make_person("associate", unit_id=other.id)
    regional = make_person("associate", unit_id=below.id)

    def make(offer, person, place):
        return api.unlock_code(template_code=offer.code, store_id=place.id, actor=person.actor, now=NOW)

    of_store = make_template(needs_staff_code=True, unit_ids=frozenset({store.id}))
    of_region = make_template(needs_staff_code=True, unit_ids=frozenset({region.id}))
    assert make(of_store, clerk, store).uses == 1
    assert make(of_region, regional, below).uses == 1
    for offer in (of_store, of_region):
        with pytest.raises(TemplateFixed) as refused:
            make(offer, neighbour, other)
        assert refused.value.field == "store_id"
