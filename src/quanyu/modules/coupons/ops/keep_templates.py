"""Set up templates, decide on those that stores propose, extend, stop and take them down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.coupons.contracts import (
    OwnProposal,
    Template,
    TemplateCodeTaken,
    TemplateFixed,
    TemplateInvalid,
    TemplateState,
    Terms,
)
from quanyu.modules.coupons.events import TemplateMoved
from quanyu.modules.coupons.queries import templates
from quanyu.modules.coupons.rules import terms as rules
from quanyu.platform import audit, db, outbox

Figure = TypeVar("Figure", int, datetime)
_EDITABLE = (TemplateState.DRAFT, TemplateState.WAITING, TemplateState.REFUSED)


def create(
    *,
    code: str,
    name: str,
    name_en: str,
    description: str,
    owner_unit_id: int,
    is_proposal: bool,
    terms: Terms,
    actor: Actor,
    now: datetime,
) -> Template:
    """Create a draft of head office, or a proposal of a store. Raises ``TemplateInvalid``, ``TemplateCodeTaken``."""
    rules.check(code=code, name=name, terms=terms)
    who = _name(actor)
    fields = _fields(name=name, name_en=name_en, description=description, terms=terms) | {
        "code": code.strip(),
        "owner_unit_id": owner_unit_id,
        "is_proposal": is_proposal,
        "state": TemplateState.WAITING if is_proposal else TemplateState.DRAFT,
        "revision": 1,
        "created_by": who,
        "changed_by": who,
        "decided_by": "",
        "reason": "",
        "created_at": now,
    }
    # The names are this module's own; only values come from the caller.
    template_id = db.value(
        f"INSERT INTO coupons_template ({', '.join(fields)}, claim_period, use_period) "  # noqa: S608
        f"VALUES ({', '.join(['%s'] * len(fields))}, tstzrange(%s, %s), "
        "CASE WHEN %s THEN tstzrange(%s, %s) END) ON CONFLICT (code) DO NOTHING RETURNING id",
        [*fields.values(), *_periods(terms)],
    )
    if template_id is None:
        raise TemplateCodeTaken(field="code", code=code.strip())
    db.execute(
        "INSERT INTO coupons_counter (template_id, total_limit, budget_fen, per_person_limit) VALUES (%s, %s, %s, %s)",
        [template_id, terms.total_limit, terms.budget_fen, terms.per_person_limit],
    )
    _set_units(template_id, terms)
    made = templates.template(template_id)
    _tell(made, "coupons.create_template", actor=actor, detail=_detail(made), now=now)
    return made


def update(
    *, template: Template, name: str, name_en: str, description: str, terms: Terms, actor: Actor, now: datetime
) -> Template:
    """Change a template before members hold coupons of it; a refused proposal waits again.

    Raises ``TemplateInvalid``, ``TemplateFixed``.
    """
    rules.check(code=template.code, name=name, terms=terms)
    fields = _fields(name=name, name_en=name_en, description=description, terms=terms) | {
        "state": TemplateState.WAITING if template.is_proposal else TemplateState.DRAFT,
        "changed_by": _name(actor),
        "decided_by": "",
        "decided_at": None,
        "reason": "",
    }
    changed = db.execute(
        f"UPDATE coupons_template SET {', '.join(f'{name} = %s' for name in fields)}, "  # noqa: S608
        "claim_period = tstzrange(%s, %s), use_period = CASE WHEN %s THEN tstzrange(%s, %s) END, "
        "revision = revision + 1 WHERE id = %s AND revision = %s AND state = ANY (%s)",
        [*fields.values(), *_periods(terms), template.id, template.revision, [str(state) for state in _EDITABLE]],
    )
    if not changed:
        raise TemplateFixed(field="template_id")
    db.execute(
        "UPDATE coupons_counter SET total_limit = %s, budget_fen = %s, per_person_limit = %s WHERE template_id = %s",
        [terms.total_limit, terms.budget_fen, terms.per_person_limit, template.id],
    )
    db.execute("DELETE FROM coupons_template_units WHERE template_id = %s", [template.id])
    _set_units(template.id, terms)
    made = templates.template(template.id)
    _tell(made, "coupons.update_template", actor=actor, detail=_detail(made), now=now)
    return made


def publish(*, template: Template, actor: Actor, now: datetime) -> Template:
    """Open a draft of head office. Raises ``TemplateFixed``."""
    return _move(template, TemplateState.LIVE, "coupons.publish", {}, frm=[TemplateState.DRAFT], actor=actor, now=now)


def decide(*, template: Template, revision: int, approved: bool, reason: str, actor: Actor, now: datetime) -> Template:
    """Approve or refuse a proposal as it was looked at. Raises ``OwnProposal``, ``TemplateFixed``."""
    who = _name(actor)
    if who in (template.created_by, template.changed_by):
        raise OwnProposal(field="template_id")
    return _move(
        template,
        TemplateState.LIVE if approved else TemplateState.REFUSED,
        "coupons.approve" if approved else "coupons.refuse",
        {"decided_by": who, "decided_at": now, "reason": reason[:200]},
        frm=[TemplateState.WAITING],
        revision=revision,
        actor=actor,
        now=now,
    )


def stop(*, template: Template, reason: str, actor: Actor, now: datetime) -> Template:
    """Issue no more coupons; those that members hold stay good. Raises ``TemplateFixed``."""
    return _move(
        template,
        TemplateState.STOPPED,
        "coupons.stop",
        {"reason": reason[:200]},
        frm=[TemplateState.LIVE],
        actor=actor,
        now=now,
    )


def force_off(*, template: Template, reason: str, actor: Actor, now: datetime) -> Template:
    """Take a template down: no more coupons, and those that members hold are taken nowhere from now on.

    What an order has reserved already is kept. Raises ``TemplateInvalid`` without a reason, ``TemplateFixed``.
    """
    if not reason.strip():
        raise TemplateInvalid(field="reason", reason=N_("it is empty"))
    return _move(
        template,
        TemplateState.FORCED_OFF,
        "coupons.force_off",
        {"reason": reason.strip()[:200]},
        frm=[TemplateState.LIVE, TemplateState.STOPPED, TemplateState.WAITING],
        actor=actor,
        now=now,
    )


def extend(
    *,
    template: Template,
    total_limit: int | None,
    budget_fen: int | None,
    claim_until: datetime | None,
    actor: Actor,
    now: datetime,
) -> Template:
    """Raise the total limit or the budget, or lengthen the time of claim, of a live template.

    ``None`` leaves as it is. What has no limit gets none. Raises ``TemplateInvalid``, ``TemplateFixed``.
    """
    if template.state is not TemplateState.LIVE:
        raise TemplateFixed(field="template_id")
    _demand_more("total_limit", total_limit, template.terms.total_limit)
    _demand_more("budget_fen", budget_fen, template.terms.budget_fen)
    _demand_more("claim_until", claim_until, template.terms.claim_period.end)
    db.execute(
        "UPDATE coupons_counter SET total_limit = greatest(total_limit, %s), budget_fen = greatest(budget_fen, %s) "
        "WHERE template_id = %s",
        [total_limit, budget_fen, template.id],
    )
    db.execute(
        "UPDATE coupons_template SET claim_period = tstzrange(lower(claim_period), "
        "greatest(upper(claim_period), %s)), revision = revision + 1 WHERE id = %s",
        [claim_until, template.id],
    )
    extended = templates.template(template.id)
    detail = {"total_limit": total_limit, "budget_fen": budget_fen, "claim_until": claim_until}
    _tell(extended, "coupons.extend", actor=actor, detail=detail, now=now)
    return extended


def _demand_more(field: str, wanted: Figure | None, known: Figure | None) -> None:
    if wanted is not None and (known is None or wanted < known):
        raise TemplateInvalid(field=field, reason=N_("it can only be raised"))


def _move(
    template: Template,
    state: TemplateState,
    action: str,
    fields: Mapping[str, Any],
    *,
    frm: list[TemplateState],
    revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> Template:
    # Issuing locks this row first: whoever is issuing finishes, whoever comes later sees the new state.
    db.execute("UPDATE coupons_counter SET issued = issued WHERE template_id = %s", [template.id])
    sets = "".join(f", {name} = %s" for name in fields)
    moved = db.execute(
        f"UPDATE coupons_template SET state = %s{sets} "  # noqa: S608 - the names are this module's own
        "WHERE id = %s AND state = ANY (%s) AND (%s::int IS NULL OR revision = %s)",
        [state, *fields.values(), template.id, [str(one) for one in frm], revision, revision],
    )
    if not moved:
        raise TemplateFixed(field="template_id")
    made = templates.template(template.id)
    outbox.append(TemplateMoved(template_id=made.id, code=made.code, state=made.state), now=now)
    _tell(made, action, actor=actor, reason=str(fields.get("reason", "")), detail={"code": made.code}, now=now)
    return made


def _tell(
    template: Template, action: str, *, actor: Actor, reason: str = "", detail: Mapping[str, Any], now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="coupon_template",
        subject_id=template.id,
        reason=reason,
        detail=detail,
        unit_id=template.owner_unit_id,
        now=now,
    )


def _detail(template: Template) -> dict[str, Any]:
    return {"code": template.code, "revision": template.revision, "terms": msgspec.to_builtins(template.terms)}


def _set_units(template_id: int, terms: Terms) -> None:
    db.execute(
        "INSERT INTO coupons_template_units (template_id, unit_id) SELECT %s, unnest(%s::bigint[])",
        [template_id, sorted(terms.unit_ids)],
    )


def _periods(terms: Terms) -> list[Any]:
    use = terms.use_period
    return [
        terms.claim_period.start,
        terms.claim_period.end,
        use is not None,
        use.start if use else None,
        use.end if use else None,
    ]


def _fields(*, name: str, name_en: str, description: str, terms: Terms) -> dict[str, Any]:
    """Return the columns that may change, by name."""
    return {
        "name": name.strip(),
        "name_en": name_en.strip(),
        "description": description.strip(),
        "kind": terms.kind,
        "amount_fen": terms.amount_fen,
        "percent_off_bp": terms.percent_off_bp,
        "cap_fen": terms.cap_fen,
        "threshold_fen": terms.threshold_fen,
        "gift_sku_id": terms.gift_sku_id,
        "gift_quantity": terms.gift_quantity,
        "category_ids": sorted(terms.category_ids),
        "sku_ids": sorted(terms.sku_ids),
        "excluded_sku_ids": sorted(terms.excluded_sku_ids),
        "starts_after_days": terms.starts_after_days,
        "lasts_days": terms.lasts_days,
        "weekdays": sorted(terms.weekdays),
        "hours": msgspec.json.encode(terms.hours).decode(),
        "excluded_dates": sorted(terms.excluded_dates),
        "scope": terms.scope,
        "tiers": sorted(terms.tiers),
        "level": terms.level,
        "brand_share_bp": terms.shares.brand_bp,
        "store_share_bp": terms.shares.store_bp,
        "supplier_share_bp": terms.shares.supplier_bp,
        "stacks_with_campaigns": terms.stacks_with_campaigns,
        "stacks_with_coupons": terms.stacks_with_coupons,
        "transferable": terms.transferable,
        "points_price": terms.points_price,
        "needs_staff_code": terms.needs_staff_code,
        "is_new_member_pack": terms.is_new_member_pack,
        "is_listed": terms.is_listed,
        "extension_days": terms.extension_days,
    }


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"
