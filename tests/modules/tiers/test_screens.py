"""Console screens of tiers: the ladder with counts, figures edited, ledgers within reach, member days."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from quanyu.kernel.clock import system_clock
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db
from tests.harness import console, organization
from tests.harness.identity import make_person
from tests.harness.tiers import make_member, spend, tier_in_file


@pytest.fixture(scope="module")
def store():
    return organization.make_store()


@pytest.fixture(scope="module")
def head() -> Client:
    return console.signed_in(make_person("head_office"))


@pytest.fixture(scope="module")
def manager(store) -> Client:
    return console.signed_in(make_person("store_manager", unit_id=store.unit.id))


def member_at(unit_id: int, yuan: int = 1000):
    member = make_member()
    db.execute("UPDATE members_member SET store_id = %s WHERE id = %s", [unit_id, member])
    spend(member, yuan, system_clock.now())
    return member


def test_the_ladder_counts_the_members_within_reach(head, manager, store):
    member_at(store.unit.id), member_at(store.unit.id, 6000)
    page = manager.get(console.list_address("tiers.tier")).content.decode()
    counts = dict(re.findall(r'tier-step tier-(\w+)">.*?<strong>([\d,]+)</strong>', page, re.DOTALL))
    assert {code: counts[code] for code in ("basic", "silver", "gold", "diamond")} == {
        "basic": "0", "silver": "1", "gold": "1", "diamond": "0",
    }  # fmt: skip
    everywhere = head.get(console.list_address("tiers.tier")).content.decode()
    assert int(re.findall(r'tier-step tier-silver">.*?<strong>([\d,]+)</strong>', everywhere, re.DOTALL)[0]) >= 1


def test_figures_are_edited_in_place_and_refusals_stand_beside_their_field(head):
    address = console.deed_address("tiers.tier", "silver", "figures")
    present = tiers.tier(code="silver")
    form = {
        "name": "银卡会员", "name_en": "Silver", "rank": "10", "threshold": "1200", "keep_threshold": "900",
        "validity_days": "365", "discount_bp": "1.5", "points_multiplier_bp": "1.25", "birthday_multiplier_bp": "2",
        "birthday_days_before": "1", "birthday_days_after": "2", "birthday_coupon": "", "level_needed": "identified",
        "is_active": "on",
    }  # fmt: skip
    try:
        assert head.post(address, form).status_code == 302
        changed = tiers.tier(code="silver")
        assert (changed.threshold, changed.keep_threshold, changed.discount_bp) == (1200, 900, 150)
        assert (changed.points_multiplier_bp, changed.birthday_multiplier_bp) == (12_500, 20_000)
        refused = head.post(address, {**form, "keep_threshold": "1300"})
        assert refused.status_code == 422
        assert "Keeping a tier cannot take more than reaching it." in refused.content.decode()
        assert tiers.tier(code="silver") == changed
    finally:
        tiers.save_tier(tier=present, actor=make_person("head_office").actor, now=system_clock.now())


def test_who_may_look_may_not_edit(manager):
    assert manager.get(console.row_address("tiers.tier", "silver")).status_code == 200
    assert manager.get(console.deed_address("tiers.tier", "silver", "figures")).status_code == 403
    assert manager.post(console.deed_address("tiers.memberday", None, "add"), {}).status_code == 403


def test_ledgers_are_seen_where_the_member_joined(manager, store):
    own, other = member_at(store.unit.id), member_at(organization.make_store().unit.id)
    assert manager.get(console.row_address("tiers.standing", own)).status_code == 200
    assert manager.get(console.row_address("tiers.standing", other)).status_code == 404
    entry = tiers.history(member_id=own)[0]
    page = manager.get(console.row_address("tiers.growth", entry.id))
    assert page.status_code == 200
    assert "+1,000" in page.content.decode()
    hidden = tiers.history(member_id=other)[0]
    assert manager.get(console.row_address("tiers.growth", hidden.id)).status_code == 404


def test_a_paid_tier_is_granted_from_the_members_page(head, store):
    member = member_at(store.unit.id)
    address = console.deed_address("members.member", member, "grant-tier")
    assert head.get(address).status_code == 200
    granted = head.post(address, {"tier": "plus", "last_day": "2035-12-31", "reason": "complaint settled"})
    assert granted.status_code == 302
    assert tier_in_file(member) == "plus"
    standing = tiers.standing(member_id=member, now=system_clock.now())
    assert standing.paid_until.isoformat() == "2035-12-31T16:00:00+00:00"  # midnight of Shanghai


@pytest.mark.parametrize(("comes", "kind", "day"), [("weekday:2", "weekday", 2), ("month_day:18", "month_day", 18)])
def test_a_member_day_is_added_and_changed(head, store, comes, kind, day):
    form = {"name": "会员日", "name_en": "Member day", "comes": comes, "multiplier_bp": "2", "starts_on": "2040-01-01"}
    before = {known.id for known in tiers.member_days(only_active=False)}
    added = head.post(console.deed_address("tiers.memberday", None, "add"), {**form, "unit_ids": [store.unit.id]})
    assert added.status_code == 302
    made = next(known for known in tiers.member_days(only_active=False) if known.id not in before)
    assert (made.kind, made.day, made.multiplier_bp, made.unit_ids) == (kind, day, 20_000, (store.unit.id,))
    assert made.is_active is False  # the box was not ticked
    edit = console.deed_address("tiers.memberday", made.id, "edit")
    assert head.get(edit).status_code == 200
    assert head.post(edit, {**form, "multiplier_bp": "3"}).status_code == 302
    changed = next(known for known in tiers.member_days(only_active=False) if known.id == made.id)
    assert (changed.multiplier_bp, changed.unit_ids) == (30_000, ())
    assert head.get(console.row_address("tiers.memberday", made.id)).status_code == 200
