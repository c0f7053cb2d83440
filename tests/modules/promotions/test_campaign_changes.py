"""What of a campaign can be changed, when, and by whom."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant
from quanyu.kernel.actor import Scope as Reach
from quanyu.kernel.period import Period
from quanyu.kernel.problem import NotFound
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import (
    CampaignCodeTaken,
    CampaignFixed,
    CampaignInvalid,
    CampaignKind,
    Scope,
    Shares,
    Step,
)
from quanyu.modules.promotions.ops import change_campaign
from quanyu.platform import db
from tests.harness import catalog, organization
from tests.harness.parallel import all_have_looked, parallel
from tests.harness.promotions import DAY, NOW, random_code
from tests.harness.promotions import make_campaign as create

LATER = NOW + timedelta(hours=1)


def change(campaign, *, now=NOW, actor=SYSTEM, reason="", **changes):
    return promotions.change_campaign(campaign=replace(campaign, **changes), reason=reason, actor=actor, now=now)


def audit_trail(campaign):
    return db.rows(
        "SELECT action, reason, detail FROM platform_audit WHERE subject_kind = 'campaign' AND subject_id = %s "
        "ORDER BY id",
        [str(campaign.id)],
    )


def test_until_it_starts_everything_of_a_campaign_can_be_changed():
    store = organization.make_store()
    gift = catalog.make_sku().id
    campaign = create(period=Period(LATER, LATER + DAY), scope=Scope(unit_ids=frozenset({store.unit.id})))
    other = replace(
        campaign,
        code=random_code(),
        name="新品赠饮",
        name_en="Gift",
        period=Period(LATER + DAY, LATER + 2 * DAY),
        kind=CampaignKind.GIFT,
        steps=(Step(5_000, 0, gift, 1),),
        scope=Scope(channels=frozenset({"mall"}), members_only=True),
        shares=Shares(0, 10_000, 0),
        stacks=True,
        priority=3,
    )
    assert change(other, reason="the supplier pays") == other
    assert promotions.campaign(campaign_id=campaign.id) == other
    trail = audit_trail(campaign)
    assert [row["action"] for row in trail] == ["promotions.create_campaign", "promotions.change_campaign"]
    assert trail[1]["reason"] == "the supplier pays"
    assert json.loads(trail[1]["detail"])["kind"] == ["threshold", "gift"]
    topics = db.rows("SELECT topic FROM platform_outbox WHERE aggregate = %s ORDER BY id", [str(campaign.id)])
    assert topics[-1]["topic"] == "promotions.campaign_changed.1"


def test_a_change_that_changes_nothing_leaves_no_trace():
    campaign = create(period=Period(LATER, LATER + DAY))
    assert change(campaign) == campaign
    assert (
        db.value(
            "SELECT count(*) FROM platform_audit WHERE subject_kind = 'campaign' AND subject_id = %s",
            [str(campaign.id)],
        )
        == 1
    )


def test_of_a_running_campaign_the_end_the_name_and_the_priority_can_be_changed():
    campaign = create()
    changed_ = change(
        campaign, name="再送一天", name_en="More", priority=9, period=Period(NOW, NOW + 2 * DAY), now=LATER
    )
    assert (changed_.name, changed_.priority, changed_.period.end) == ("再送一天", 9, NOW + 2 * DAY)
    sooner = change(changed_, period=Period(NOW, LATER + timedelta(minutes=1)), now=LATER)
    assert sooner.period.end == LATER + timedelta(minutes=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "other"},
        {"steps": (Step(10_000, 2_000),)},
        {"period": Period(NOW + timedelta(minutes=1), NOW + DAY)},
        {"scope": Scope(channels=frozenset({"pos"}))},
        {"shares": Shares(0, 10_000, 0)},
        {"repeats": True},
        {"stacks": True},
        {"kind": CampaignKind.NTH, "steps": (), "count": 2, "off_bp": 1},
    ],
)
def test_what_customers_were_promised_stays_once_it_has_started(changes):
    campaign = create()
    with pytest.raises(CampaignFixed):
        change(campaign, now=LATER, **changes)
    assert promotions.campaign(campaign_id=campaign.id) == campaign


def test_a_campaign_that_is_over_or_stopped_cannot_be_changed():
    over = create()
    with pytest.raises(CampaignFixed):
        change(over, name="again", now=NOW + DAY)
    promotions.stop_campaign(campaign_id=over.id, reason="enough", actor=SYSTEM, now=NOW)
    with pytest.raises(CampaignFixed):
        change(over, name="again", now=LATER)
    with pytest.raises(CampaignInvalid) as refusal:
        change(create(), period=Period(NOW, NOW + timedelta(minutes=30)), now=LATER)
    assert refusal.value.field == "period"


def test_a_changed_code_must_be_free():
    taken, campaign = create(), create(period=Period(LATER, LATER + DAY))
    with pytest.raises(CampaignCodeTaken):
        change(campaign, code=taken.code)
    assert promotions.campaign(campaign_id=campaign.id) == campaign


def test_campaigns_are_changed_where_the_permission_reaches():
    region, store = organization.make_region(), organization.make_store()
    own = organization.make_store(parent_id=region.id)
    manager = Actor(ActorKind.STAFF, "1", grants=(Grant(frozenset({"promotions.edit"}), Reach.SUBTREE, region.id),))
    here, there = (Scope(unit_ids=frozenset({each.unit.id})) for each in (own, store))
    mine = create(scope=here, period=Period(LATER, LATER + DAY))
    with pytest.raises(NotFound):
        change(mine, actor=manager, scope=there)
    with pytest.raises(NotFound):
        change(create(scope=there, period=Period(LATER, LATER + DAY)), actor=manager, scope=here)
    assert change(mine, actor=manager, name="ours").name == "ours"


def change_at_once(campaign):
    """Change the steps eight times at once; return what each change says it found and what it wrote."""
    steps = [(Step(10_000, 1_000 + n), Step(20_000, 3_000 + n)) for n in range(8)]
    answers = parallel(8, lambda n: change(campaign, steps=steps[n]))
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    changes = [json.loads(row["detail"])["steps"] for row in audit_trail(campaign)[1:]]
    return [json.dumps(before) for before, _ in changes], [json.dumps(after) for _, after in changes]


@pytest.mark.race
def test_changes_at_once_are_made_one_after_the_other(monkeypatch):
    # Without the lock several find the same and overwrite what they never saw.
    with monkeypatch.context() as guard_off:
        guard_off.setattr(change_campaign.locks, "rows_for_update", lambda rows: None)
        guard_off.setattr(change_campaign.rules, "changed", together(change_campaign.rules.changed))
        found, written = change_at_once(create(period=Period(LATER, LATER + DAY)))
        assert found[1:] != written[:-1]

    campaign = create(period=Period(LATER, LATER + DAY))
    found, written = change_at_once(campaign)
    # Every change found what the one before it wrote.
    assert found[1:] == written[:-1]
    last = promotions.campaign(campaign_id=campaign.id)
    assert [asdict(step) for step in last.steps] == json.loads(written[-1])


def together(deed):
    all_here = all_have_looked(8)

    def waits(*given):
        all_here()
        return deed(*given)

    return waits
