"""Offers from draft to taken down: who may what, what fits together, and that live terms stay as they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import (
    OwnProposal,
    TemplateCodeTaken,
    TemplateFixed,
    TemplateInvalid,
    TemplateState,
    TemplateUnknown,
)
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import OneHand
from quanyu.modules.promotions.contracts import CouponKind, Shares
from quanyu.platform import db
from tests.harness.coupons import CLAIM_PERIOD, NOW, make_coupon, make_template, terms
from tests.harness.identity import make_person, turn_totp_on
from tests.harness.organization import make_store, random_code

DAY = timedelta(days=1)


def propose(person, unit_id, **given):
    return api.propose(
        unit_id=unit_id, code=random_code("S"), name="门店券", terms=terms(**given), actor=person.actor, now=NOW
    )


@pytest.fixture(scope="module")
def shop():
    """A store, its manager and somebody at head office."""
    unit = make_store().unit
    return unit, make_person("store_manager", unit_id=unit.id), make_person("head_office")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("amount_fen", {"amount_fen": 0}),
        ("amount_fen", {"amount_fen": 1000, "threshold_fen": 1000}),
        ("percent_off_bp", {"kind": CouponKind.PERCENT, "percent_off_bp": 0}),
        ("percent_off_bp", {"kind": CouponKind.PERCENT, "percent_off_bp": 10_000}),
        ("cap_fen", {"kind": CouponKind.PERCENT, "percent_off_bp": 500, "cap_fen": 0}),
        ("gift_sku_id", {"kind": CouponKind.GIFT, "gift_quantity": 1}),
        ("gift_quantity", {"kind": CouponKind.GIFT, "gift_sku_id": 1}),
        ("threshold_fen", {"threshold_fen": -1}),
        ("claim_period", {"claim_period": Period(NOW, None)}),
        ("lasts_days", {"lasts_days": None}),
        ("lasts_days", {"use_period": Period(NOW, NOW + DAY)}),
        ("lasts_days", {"lasts_days": 0}),
        ("use_period", {"lasts_days": None, "use_period": Period(NOW, None)}),
        ("use_period", {"lasts_days": None, "use_period": Period(NOW - 9 * DAY, NOW - 8 * DAY)}),
        ("starts_after_days", {"starts_after_days": -1}),
        ("weekdays", {"weekdays": frozenset({7})}),
        ("hours", {"hours": ((600, 600),)}),
        ("hours", {"hours": ((600, 1441),)}),
        ("extension_days", {"extension_days": 366}),
        ("per_person_limit", {"per_person_limit": 0}),
        ("total_limit", {"total_limit": 0}),
        ("budget_fen", {"budget_fen": 0}),
        ("points_price", {"points_price": -1}),
        ("shares", {"shares": Shares(9999, 0, 0)}),
        ("shares", {"shares": Shares(11_000, -1000, 0)}),
        ("level", {"level": "famous"}),
        ("is_new_member_pack", {"is_new_member_pack": True, "points_price": 1}),
    ],
)
def test_terms_that_do_not_fit_together_are_refused_with_the_field(field, given):
    with pytest.raises(TemplateInvalid) as refused:
        make_template(**given)
    assert refused.value.field == field


def test_what_was_written_is_read_back():
    template = make_template(live=False, hours=((0, 1440),), budget_fen=99_900, shares=Shares(0, 10_000, 0))
    assert api.template(template_id=template.id) == template == api.template_by_code(code=template.code)
    assert template.terms == terms(hours=((0, 1440),), budget_fen=99_900, shares=Shares(0, 10_000, 0))
    assert (template.state, template.revision, template.issued) == (TemplateState.DRAFT, 1, 0)
    assert template in api.templates(states=[TemplateState.DRAFT])
    with pytest.raises(TemplateCodeTaken):
        api.create_template(code=template.code, name="x", terms=terms(), actor=SYSTEM, now=NOW)
    with pytest.raises(TemplateUnknown):
        api.template(template_id=0)


def test_a_draft_changes_and_a_live_offer_does_not():
    draft = make_template(live=False)
    changed = api.update_template(
        template_id=draft.id, name="二十元券", terms=terms(amount_fen=2000), actor=SYSTEM, now=NOW
    )
    assert (changed.name, changed.terms.amount_fen, changed.revision) == ("二十元券", 2000, 2)
    live = api.publish(template_id=draft.id, actor=SYSTEM, now=NOW)
    assert live.state is TemplateState.LIVE
    for deed in (
        lambda: api.update_template(template_id=draft.id, name="x", terms=terms(), actor=SYSTEM, now=NOW),
        lambda: api.publish(template_id=draft.id, actor=SYSTEM, now=NOW),
    ):
        with pytest.raises(TemplateFixed):
            deed()
    assert api.template(template_id=draft.id) == live


def test_a_store_proposes_and_head_office_approves(shop):
    unit, manager, boss = shop
    proposal = propose(manager, unit.id)
    assert (proposal.state, proposal.is_proposal) == (TemplateState.WAITING, True)
    # A store's offer that names no place holds in that store alone.
    assert proposal.terms.unit_ids == {unit.id}
    live = api.approve(template_id=proposal.id, revision=1, actor=boss.actor, now=NOW)
    assert (live.state, live.decided_by, live.decided_at) == (TemplateState.LIVE, f"staff:{boss.id}", NOW)
    make_coupon(live)
    acts = db.rows(
        "SELECT action FROM platform_audit WHERE subject_kind = 'coupon_template' AND subject_id = %s ORDER BY id",
        [str(proposal.id)],
    )
    assert [row["action"] for row in acts] == ["coupons.create_template", "coupons.approve"]


def test_who_proposed_or_changed_an_offer_does_not_approve_it(shop):
    unit, manager, boss = shop
    other_boss = make_person("head_office")
    own = propose(boss, unit.id)
    with pytest.raises(OwnProposal):
        api.approve(template_id=own.id, revision=1, actor=boss.actor, now=NOW)
    changed = api.update_template(template_id=own.id, name="改", terms=terms(), actor=other_boss.actor, now=NOW)
    with pytest.raises(OwnProposal):
        api.approve(template_id=own.id, revision=changed.revision, actor=other_boss.actor, now=NOW)
    assert api.template(template_id=own.id).state is TemplateState.WAITING
    third = make_person("head_office")
    assert (
        api.approve(template_id=own.id, revision=changed.revision, actor=third.actor, now=NOW).state
        is TemplateState.LIVE
    )
    assert manager.id != third.id


def test_nobody_approves_what_was_changed_while_it_was_looked_at(shop):
    unit, manager, boss = shop
    proposal = propose(manager, unit.id)
    api.update_template(
        template_id=proposal.id, name="换", terms=terms(amount_fen=90_000), actor=manager.actor, now=NOW
    )
    with pytest.raises(TemplateFixed):
        api.approve(template_id=proposal.id, revision=proposal.revision, actor=boss.actor, now=NOW)
    assert api.template(template_id=proposal.id).state is TemplateState.WAITING


def test_a_refused_proposal_is_changed_and_waits_again(shop):
    unit, manager, boss = shop
    proposal = propose(manager, unit.id)
    refused = api.refuse(template_id=proposal.id, revision=1, reason="too much", actor=boss.actor, now=NOW)
    assert (refused.state, refused.reason) == (TemplateState.REFUSED, "too much")
    again = api.update_template(
        template_id=proposal.id, name="小", terms=terms(amount_fen=100), actor=manager.actor, now=NOW
    )
    assert (again.state, again.decided_by, again.revision) == (TemplateState.WAITING, "", 2)


def test_whom_the_proposer_took_on_does_not_approve(shop):
    unit, _manager, boss = shop
    proposer = make_person("head_office")
    helper = identity.create_staff(
        username=f"n{uuid7().hex[-12:]}", name="新人", unit_id=unit.id, actor=proposer.actor, now=NOW
    )
    identity.assign_role(staff_id=helper.id, role_code="head_office", scope=Scope.ALL, actor=SYSTEM, now=NOW)
    turn_totp_on(helper.id, now=NOW)
    proposal = propose(proposer, unit.id)
    with pytest.raises(OneHand):
        api.approve(template_id=proposal.id, revision=1, actor=identity.actor_for_staff(staff_id=helper.id), now=NOW)
    assert api.template(template_id=proposal.id).state is TemplateState.WAITING
    assert api.approve(template_id=proposal.id, revision=1, actor=boss.actor, now=NOW).decided_by == f"staff:{boss.id}"


def test_a_store_neither_approves_nor_reaches_other_stores(shop):
    unit, manager, _boss = shop
    proposal, elsewhere = propose(manager, unit.id), make_store().unit
    with pytest.raises(Forbidden):
        api.approve(template_id=proposal.id, revision=1, actor=manager.actor, now=NOW)
    with pytest.raises(NotFound):
        propose(manager, elsewhere.id)
    with pytest.raises(NotFound):
        propose(manager, unit.id, unit_ids=frozenset({elsewhere.id}))
    with pytest.raises(Forbidden):
        api.create_template(code=random_code("X"), name="x", terms=terms(), actor=manager.actor, now=NOW)
    with pytest.raises(Forbidden):
        api.force_off(template_id=proposal.id, reason="mine", actor=manager.actor, now=NOW)


def test_a_store_stops_its_own_offer_and_no_others(shop):
    unit, manager, boss = shop
    proposal = propose(manager, unit.id)
    api.approve(template_id=proposal.id, revision=1, actor=boss.actor, now=NOW)
    stopped = api.stop(template_id=proposal.id, reason="sold", actor=manager.actor, now=NOW)
    assert stopped.state is TemplateState.STOPPED
    with pytest.raises(Forbidden):
        api.stop(template_id=make_template().id, reason="x", actor=manager.actor, now=NOW)


def test_taking_down_needs_a_reason_and_is_final():
    template = make_template()
    with pytest.raises(TemplateInvalid):
        api.force_off(template_id=template.id, reason=" ", actor=SYSTEM, now=NOW)
    down = api.force_off(template_id=template.id, reason="misprint", actor=SYSTEM, now=NOW)
    assert (down.state, down.reason) == (TemplateState.FORCED_OFF, "misprint")
    for deed in (
        lambda: api.publish(template_id=template.id, actor=SYSTEM, now=NOW),
        lambda: api.stop(template_id=template.id, reason="x", actor=SYSTEM, now=NOW),
        lambda: api.extend(template_id=template.id, total_limit=9, actor=SYSTEM, now=NOW),
        lambda: api.force_off(template_id=template.id, reason="x", actor=SYSTEM, now=NOW),
    ):
        with pytest.raises(TemplateFixed):
            deed()


def test_limits_of_a_live_offer_are_raised_and_never_lowered():
    template = make_template(total_limit=1, budget_fen=1000)
    make_coupon(template)
    until = CLAIM_PERIOD.end + DAY
    raised = api.extend(
        template_id=template.id, total_limit=2, budget_fen=3000, claim_until=until, actor=SYSTEM, now=NOW
    )
    assert raised.terms == replace(
        template.terms, total_limit=2, budget_fen=3000, claim_period=Period(CLAIM_PERIOD.start, until)
    )
    make_coupon(template)
    for field, given in (
        ("total_limit", {"total_limit": 1}),
        ("budget_fen", {"budget_fen": 2999}),
        ("claim_until", {"claim_until": CLAIM_PERIOD.end}),
    ):
        with pytest.raises(TemplateInvalid) as refused:
            api.extend(template_id=template.id, actor=SYSTEM, now=NOW, **given)
        assert refused.value.field == field
    with pytest.raises(TemplateInvalid):
        api.extend(template_id=make_template().id, total_limit=5, actor=SYSTEM, now=NOW)
    assert api.template(template_id=template.id).terms == raised.terms
