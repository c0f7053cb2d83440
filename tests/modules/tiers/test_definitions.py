"""Tiers as the chain defines them, and paid ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.problem import Forbidden
from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.contracts import Tier, TierInUse, TierInvalid, TierKind, TierUnknown
from quanyu.platform import db
from tests.harness.tiers import cause, make_member, reasons, spend, tier_in_file

NOW = datetime(2027, 3, 1, 4, tzinfo=UTC)
DAY = timedelta(days=1)
NOBODY = Actor(kind=ActorKind.STAFF, id="1")


def test_a_new_installation_has_four_tiers_and_a_paid_one():
    found = {tier.code: (tier.kind, tier.threshold, tier.keep_threshold, tier.validity_days) for tier in tiers.tiers()}
    assert found == {
        "basic": ("growth", 0, 0, None),
        "silver": ("growth", 1000, 800, 365),
        "gold": ("growth", 5000, 4000, 365),
        "plus": ("paid", 0, 0, None),
        "diamond": ("growth", 20_000, 16_000, 365),
    }


def test_figures_are_changed_audited_and_members_keep_what_they_have():
    member, silver = make_member(), tiers.tier(code="silver")
    spend(member, 1000, NOW)
    tiers.save_tier(tier=replace(silver, threshold=1500, discount_bp=100), actor=SYSTEM, now=NOW)
    try:
        assert tiers.benefits(member_ids=[member])[member].discount_bp == 100
        spend(member, 1, NOW + DAY)
        assert tier_in_file(member) == "silver"
        detail = db.json_value(
            "SELECT detail FROM platform_audit WHERE action = 'tiers.save_tier' AND subject_id = 'silver' "
            "ORDER BY id DESC LIMIT 1"
        )
        assert detail == {
            "before": {"threshold": 1000, "discount_bp": 0},
            "after": {"threshold": 1500, "discount_bp": 100},
        }
    finally:
        tiers.save_tier(tier=silver, actor=SYSTEM, now=NOW)
    assert tiers.tier(code="silver") == silver


@pytest.mark.parametrize(
    ("code", "change", "field"),
    [
        ("silver", {"threshold": 5000, "keep_threshold": 0}, "threshold"),
        ("silver", {"threshold": 6000}, "threshold"),
        ("silver", {"keep_threshold": 1001}, "keep_threshold"),
        ("silver", {"validity_days": None}, "validity_days"),
        ("silver", {"validity_days": 0}, "validity_days"),
        ("silver", {"rank": 20}, "rank"),
        ("silver", {"discount_bp": 9001}, "discount_bp"),
        ("silver", {"points_multiplier_bp": 100_001}, "points_multiplier_bp"),
        ("silver", {"birthday_multiplier_bp": 9_000}, "birthday_multiplier_bp"),
        ("silver", {"birthday_days_after": 32}, "birthday_days_after"),
        ("silver", {"level_needed": "famous"}, "level_needed"),
        ("silver", {"price_fen": 1}, "price_fen"),
        ("silver", {"name_en": ""}, "name"),
        ("basic", {"threshold": 10, "validity_days": 365}, "threshold"),
        ("basic", {"is_active": False}, "is_active"),
        ("plus", {"duration_days": 0}, "duration_days"),
        ("plus", {"threshold": 5}, "threshold"),
    ],
)
def test_figures_that_do_not_go_together_are_refused(code, change, field):
    before = tiers.tiers(only_active=False)
    with pytest.raises(TierInvalid) as refusal:
        tiers.save_tier(tier=replace(tiers.tier(code=code), **change), actor=SYSTEM, now=NOW)
    assert refusal.value.field == field
    assert tiers.tiers(only_active=False) == before


def test_a_tier_is_added_emptied_and_put_out_of_use():
    pearl = Tier(
        code="pearl", name="珍珠会员", name_en="Pearl", kind=TierKind.GROWTH, rank=27, threshold=12_000,
        keep_threshold=9_000, validity_days=365, discount_bp=400, points_multiplier_bp=17_000, level_needed="verified",
        birthday_multiplier_bp=20_000, birthday_days_before=3, birthday_days_after=3, birthday_coupon="",
        price_fen=0, duration_days=0,
    )  # fmt: skip
    tiers.save_tier(tier=pearl, actor=SYSTEM, now=NOW)
    member = make_member()
    order = spend(member, 12_000, NOW)
    assert tier_in_file(member) == "pearl"
    with pytest.raises(TierInUse) as refusal:
        tiers.save_tier(tier=replace(pearl, is_active=False), actor=SYSTEM, now=NOW)
    assert refusal.value.params["members"] == 1
    tiers.take_spend(order_id=order, remaining_fen=0, cause_kind="return", cause_id=cause(), now=NOW)
    tiers.save_tier(tier=replace(pearl, is_active=False), actor=SYSTEM, now=NOW)
    assert "pearl" not in [tier.code for tier in tiers.tiers()]
    spend(member, 12_000, NOW)
    assert tier_in_file(member) == "gold"


def test_nobody_without_the_permission_defines_or_grants():
    member = make_member()
    with pytest.raises(Forbidden):
        tiers.save_tier(tier=tiers.tier(code="gold"), actor=NOBODY, now=NOW)
    grant = {"member_id": member, "tier": "plus", "until": NOW + DAY, "cause_kind": "desk", "cause_id": cause()}
    with pytest.raises(Forbidden):
        tiers.grant_paid(**grant, actor=NOBODY, now=NOW)
    assert tier_in_file(member) == "basic"


def test_a_paid_tier_runs_until_its_end_and_comes_once_per_cause():
    member = make_member()
    spend(member, 1000, NOW)
    grant = {"member_id": member, "tier": "plus", "cause_kind": "desk", "cause_id": cause(), "actor": SYSTEM}
    assert tiers.grant_paid(until=NOW + 30 * DAY, **grant, now=NOW) is True
    assert tiers.grant_paid(until=NOW + 60 * DAY, **grant, now=NOW) is False
    assert tiers.standing(member_id=member, now=NOW).paid_until == NOW + 30 * DAY
    assert tier_in_file(member) == "plus"
    tiers.settle_due(now=NOW + 30 * DAY, limit=10_000)
    assert tier_in_file(member) == "silver"
    assert reasons(member) == [("basic", "silver", "growth"), ("", "plus", "paid"), ("plus", "", "paid_ended")]


def test_the_better_one_of_growth_and_payment_counts():
    member = make_member()
    spend(member, 20_000, NOW)
    tiers.grant_paid(
        member_id=member, tier="plus", until=NOW + DAY, cause_kind="desk", cause_id=cause(), actor=SYSTEM, now=NOW
    )
    assert tier_in_file(member) == "diamond"


def test_a_later_grant_prolongs_and_an_earlier_one_does_not_shorten():
    member = make_member()
    for days in (30, 60, 10):
        tiers.grant_paid(
            member_id=member, tier="plus", until=NOW + days * DAY, cause_kind="desk", cause_id=cause(), actor=SYSTEM,
            now=NOW,
        )  # fmt: skip
    assert tiers.standing(member_id=member, now=NOW).paid_until == NOW + 60 * DAY


def test_only_a_paid_tier_is_granted_and_only_into_the_future():
    member = make_member()
    grant = {"member_id": member, "cause_kind": "desk", "cause_id": cause(), "actor": SYSTEM, "now": NOW}
    with pytest.raises(TierUnknown):
        tiers.grant_paid(tier="gold", until=NOW + DAY, **grant)
    with pytest.raises(TierInvalid):
        tiers.grant_paid(tier="plus", until=NOW, **grant)
    assert tiers.changes(member_id=member) == []


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("keep_threshold = 9999 WHERE code = 'silver'", "tiers_tier_keeping_is_not_harder_than_reaching"),
        ("validity_days = NULL WHERE code = 'silver'", "tiers_tier_only_the_lowest_is_for_ever"),
        ("duration_days = 0 WHERE code = 'plus'", "tiers_tier_paid_has_price_and_end"),
        ("discount_bp = 9500 WHERE code = 'silver'", "tiers_tier_benefits_in_range"),
        ("kind = 'gift' WHERE code = 'silver'", "tiers_tier_"),
        ("level_needed = 'x' WHERE code = 'silver'", "tiers_tier_level_known"),
        ("rank = 20 WHERE code = 'silver'", "tiers_tier_rank"),
        ("threshold = 5000 WHERE code = 'silver'", "tiers_tier_one_per_threshold"),
    ],
)
def test_the_database_refuses_such_tiers_too(change, guard):
    with pytest.raises(DatabaseError, match=guard), transaction.atomic():
        db.execute(f"UPDATE tiers_tier SET {change}")
    assert tiers.tier(code="silver").threshold == 1000


def test_the_database_refuses_member_days_that_never_come():
    for facts, guard in (
        ("'weekday', 7, 10000, NULL", "tiers_member_day_comes"),
        ("'month_day', 1, 9999, NULL", "tiers_member_day_in_range"),
        ("'month_day', 1, 10000, '2026-01-01'", "tiers_member_day_in_range"),
    ):
        with pytest.raises(DatabaseError, match=guard), transaction.atomic():
            db.execute(
                "INSERT INTO tiers_member_day (name, name_en, kind, day, multiplier_bp, ends_on, unit_ids, starts_on, "
                f"is_active) VALUES ('x', '', {facts}, '{{}}', '2027-01-01', true)"
            )


def test_the_database_refuses_a_grant_that_is_over_when_it_is_made():
    member = make_member()
    with pytest.raises(DatabaseError, match="tiers_paid_grant_lasts"), transaction.atomic():
        db.execute(
            "INSERT INTO tiers_paid_grant (member_id, tier_id, until, cause_kind, cause_id, reason, actor, at) "
            "VALUES (%s, 'plus', %s, 'x', %s, '', '', %s)",
            [member, NOW, cause(), NOW],
        )
    assert db.value("SELECT count(*) FROM tiers_paid_grant WHERE member_id = %s", [member]) == 0
