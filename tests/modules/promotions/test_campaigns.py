"""Campaigns in the database: what is written is what prices, and what makes no sense is not written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant
from quanyu.kernel.actor import Scope as Reach
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import (
    CampaignCodeTaken,
    CampaignInvalid,
    CampaignUnknown,
    Scope,
    Shares,
    Step,
)
from quanyu.platform import db
from tests.harness import organization
from tests.harness.promotions import DAY, NOW, basket, line, random_code
from tests.harness.promotions import make_campaign as create


def in_force(store, *, channel="mall", at=NOW):
    return promotions.campaigns_in_force(unit_id=store.unit.id, path=store.unit.path, channel=channel, at=at)


def test_a_campaign_is_read_as_it_was_written():
    store = organization.make_store()
    scope = Scope(
        unit_ids=frozenset({store.unit.id}),
        channels=frozenset({"mall", "kiosk"}),
        category_ids=frozenset({1, 2}),
        sku_ids=frozenset({3}),
        excluded_sku_ids=frozenset({4}),
        members_only=True,
    )
    steps = [Step(20_000, 2_500), Step(10_000, 1_000)]
    written = create(
        name_en="Spring", steps=steps, scope=scope, shares=Shares(5_000, 3_000, 2_000), repeats=True, priority=7
    )
    assert written.steps == (Step(10_000, 1_000), Step(20_000, 2_500))
    assert (written.scope, written.shares) == (scope, Shares(5_000, 3_000, 2_000))
    assert (written.name_en, written.repeats, written.priority, written.is_active) == ("Spring", True, 7, True)
    assert written.period == Period(NOW, NOW + DAY)
    assert promotions.campaign(campaign_id=written.id) == written
    assert in_force(store) == [written]


def test_a_campaign_holds_in_its_period_places_and_channels():
    region = organization.make_region()
    store, other = organization.make_store(parent_id=region.id), organization.make_store()
    campaign = create(scope=Scope(unit_ids=frozenset({region.id}), channels=frozenset({"mall"})))
    seen = {
        "here": in_force(store),
        "elsewhere": in_force(other),
        "at the till": in_force(store, channel="pos"),
        "before": in_force(store, at=NOW - timedelta(microseconds=1)),
        "after": in_force(store, at=NOW + DAY),
    }
    assert {name: campaign in found for name, found in seen.items()} == {
        "here": True,
        "elsewhere": False,
        "at the till": False,
        "before": False,
        "after": False,
    }


def test_a_stopped_campaign_holds_no_more():
    store = organization.make_store()
    campaign = create(scope=Scope(unit_ids=frozenset({store.unit.id})))
    stop = {"campaign_id": campaign.id, "reason": "budget spent", "actor": SYSTEM, "now": NOW}
    assert promotions.stop_campaign(**stop).is_active is False
    assert promotions.stop_campaign(**stop).is_active is False
    assert in_force(store) == []
    topics = db.rows(
        "SELECT topic FROM platform_outbox WHERE aggregate = %s AND topic LIKE 'promotions.%%' ORDER BY id",
        [str(campaign.id)],
    )
    assert [row["topic"] for row in topics] == ["promotions.campaign_created.1", "promotions.campaign_stopped.1"]
    assert campaign.id in {each.id for each in promotions.campaigns(ending_after=NOW)}
    assert campaign.id not in {each.id for each in promotions.campaigns(ending_after=NOW + DAY)}


def test_the_campaigns_of_a_store_are_one_query():
    store = organization.make_store()
    campaign = create(scope=Scope(unit_ids=frozenset({store.unit.id})))
    queries = []

    def count(execute, sql, parameters, many, context):
        queries.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count):
        found = in_force(store)
    quote = promotions.price(basket=basket(line(1, 12_000), campaigns=tuple(found), store_id=store.unit.id))
    assert (quote.payable_fen, quote.applied[0].source) == (11_000, campaign.code)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"code": " "}, "code"),
        ({"name": ""}, "name"),
        ({"steps": []}, "steps"),
        ({"steps": [Step(1_000, 0)]}, "steps.0.off_fen"),
        ({"steps": [Step(1_000, 1_000)]}, "steps.0.off_fen"),
        ({"steps": [Step(1_000, 100), Step(2_000, 100)]}, "steps.1.off_fen"),
        ({"steps": [Step(2_000, 100), Step(1_000, 200)]}, "steps.0.off_fen"),
        ({"steps": [Step(1_000, 100), Step(1_000, 200)]}, "steps.1.off_fen"),
        ({"steps": [Step(1_000, 100), Step(5_000, 400)], "repeats": True}, "steps.1.off_fen"),
        ({"shares": Shares(5_000, 4_999, 0)}, "shares"),
        ({"shares": Shares(10_001, -1, 0)}, "shares"),
        ({"scope": Scope(sku_ids=frozenset({1}), excluded_sku_ids=frozenset({1}))}, "scope.excluded_sku_ids"),
    ],
)
def test_a_campaign_that_cannot_work_is_refused(given, field):
    code = random_code()
    with pytest.raises(CampaignInvalid) as refusal:
        create(**({"code": code} | given))
    assert refusal.value.field == field
    assert db.value("SELECT count(*) FROM promotions_campaign WHERE code = %s", [code]) == 0


def test_steps_that_repeat_must_not_punish_who_buys_more():
    assert create(steps=[Step(1_000, 100), Step(5_000, 401)], repeats=True).repeats is True


def test_a_taken_code_is_refused():
    campaign = create()
    with pytest.raises(CampaignCodeTaken) as refusal:
        create(code=campaign.code, name="another")
    assert refusal.value.field == "code"
    assert promotions.campaign(campaign_id=campaign.id).name == "春季满减"


def test_campaigns_are_edited_where_the_permission_reaches():
    region, store = organization.make_region(), organization.make_store()
    own = organization.make_store(parent_id=region.id)
    manager = Actor(ActorKind.STAFF, "1", grants=(Grant(frozenset({"promotions.edit"}), Reach.SUBTREE, region.id),))
    mine = create(actor=manager, scope=Scope(unit_ids=frozenset({own.unit.id})))
    for scope in (Scope(), Scope(unit_ids=frozenset({own.unit.id, store.unit.id}))):
        with pytest.raises(NotFound):
            create(actor=manager, scope=scope)
    with pytest.raises(Forbidden):
        create(actor=Actor(ActorKind.STAFF, "2"))
    with pytest.raises(NotFound):
        promotions.stop_campaign(campaign_id=create().id, reason="", actor=manager, now=NOW)
    assert promotions.stop_campaign(campaign_id=mine.id, reason="", actor=manager, now=NOW).is_active is False
    with pytest.raises(CampaignUnknown):
        promotions.campaign(campaign_id=2**60)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("brand_share_bp = 9999", "promotions_campaign_shares_whole"),
        ("brand_share_bp = 10001, store_share_bp = -1", "promotions_campaign_shares_not_negative"),
    ],
)
def test_i13_the_database_refuses_shares_that_are_not_the_whole(change, constraint):
    campaign = create()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        db.execute(f"UPDATE promotions_campaign SET {change} WHERE id = %s", [campaign.id])
    with pytest.raises(IntegrityError, match="promotions_step_off_or_gift"), transaction.atomic():
        db.execute("UPDATE promotions_campaign_step SET off_fen = threshold_fen WHERE campaign_id = %s", [campaign.id])
    assert promotions.campaign(campaign_id=campaign.id) == campaign
