"""Give members coupons: claimed in the coupon centre, in the new-member pack, or granted by a trigger."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.ids import uuid7
from quanyu.modules.coupons.contracts import (
    CLAIM_TEXTS,
    ClaimReason,
    ClaimRefused,
    Granted,
    Template,
    Via,
    WalletEntry,
)
from quanyu.modules.coupons.ops import unlock_claims
from quanyu.modules.coupons.queries import codes as code_queries
from quanyu.modules.coupons.queries import coupons, templates
from quanyu.modules.coupons.rules import codes, terms
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Member
from quanyu.modules.points import api as points
from quanyu.platform import audit, db

_BATCH = 1000


def claim(*, claim_id: UUID, template_code: str, member_id: UUID, staff_code: str, now: datetime) -> WalletEntry:
    """Claim one coupon; the same ``claim_id`` again returns the coupon it made.

    Raises ``TemplateUnknown``, ``ClaimRefused``, ``UnlockRefused``, and what points refuse.
    """
    template = templates.by_code(template_code)
    known = coupons.entries(ids=[claim_id], at=now).get(claim_id)
    if known is not None:
        if known.coupon.template_code != template_code or known.coupon.member_id != member_id:
            raise _refused(ClaimReason.ID_TAKEN)
        return known
    member = members.member(id=member_id)
    _demand_claimable(template, member=member, now=now)
    via, unlocked = Via.POINTS if template.terms.points_price else Via.CENTRE, None
    if template.terms.needs_staff_code:
        via, unlocked = Via.STAFF, unlock_claims.use(template_id=template.id, text=staff_code, now=now)
    outcome = _issue(
        template,
        [(claim_id, member_id, "")],
        via=via,
        actor=f"member:{member_id}",
        staff_id=unlocked.staff_id if unlocked else None,
        store_id=unlocked.store_id if unlocked else None,
        now=now,
    )[member_id]
    if outcome["outcome"] not in ("issued", "already"):
        raise _refused(ClaimReason(outcome["outcome"]))
    if outcome["outcome"] == "issued" and template.terms.points_price:
        # After the coupon: the order of locks is coupons, then points.
        points.spend(
            member_id=member_id,
            cause_kind="coupon",
            cause_id=str(claim_id),
            points=template.terms.points_price,
            now=now,
        )
    return coupons.entries(ids=[claim_id], at=now)[claim_id]


def give_pack(*, member_id: UUID, now: datetime) -> int:
    """Give a new member every open part of the pack, each once; return how many coupons are new."""
    member = members.member(id=member_id)
    given = 0
    for template in templates.pack(at=now):
        if terms.claim_refusal(template, tier=member.tier, level=member.level, held=0, now=now) is None:
            outcomes = _issue(template, [(uuid7(), member_id, "")], via=Via.PACK, actor="system", now=now)
            given += outcomes[member_id]["outcome"] == "issued"
    return given


def grant(
    *, template: Template, member_ids: Sequence[UUID], trigger: str, cause_id: str, actor: Actor, now: datetime
) -> Granted:
    """Give members one coupon each, once per (trigger, cause, member)."""
    found = members.members(ids=member_ids)
    issued: dict[UUID, UUID] = {}
    already: dict[UUID, UUID] = {}
    refused: dict[UUID, ClaimReason] = {}
    fitting = []
    for member_id in dict.fromkeys(member_ids):
        reason = _unfit(template, found.get(member_id), now=now)
        if reason is None:
            fitting.append(member_id)
        else:
            refused[member_id] = reason
    for start in range(0, len(fitting), _BATCH):
        wanted = [(uuid7(), member_id, cause_id) for member_id in fitting[start : start + _BATCH]]
        outcomes = _issue(template, wanted, via=Via.TRIGGER, trigger=trigger, actor=f"{actor.kind}:{actor.id}", now=now)
        for member_id, outcome in outcomes.items():
            if outcome["outcome"] == "issued":
                issued[member_id] = UUID(outcome["coupon_id"])
            elif outcome["outcome"] == "already":
                already[member_id] = UUID(outcome["coupon_id"])
            else:
                refused[member_id] = ClaimReason(outcome["outcome"])
    if actor.kind is ActorKind.STAFF:
        audit.record(
            actor=actor,
            action="coupons.grant",
            subject_kind="coupon_template",
            subject_id=template.id,
            detail={"code": template.code, "cause": cause_id, "issued": len(issued), "refused": len(refused)},
            unit_id=template.owner_unit_id,
            now=now,
        )
    return Granted(issued=issued, already=already, refused=refused)


def _demand_claimable(template: Template, *, member: Member, now: datetime) -> None:
    offered = template.terms.is_listed or template.terms.needs_staff_code
    if not offered or template.terms.is_new_member_pack:
        raise _refused(ClaimReason.NOT_CLAIMABLE)
    held = coupons.held_counts(member_id=member.id, template_ids=[template.id]).get(template.id, 0)
    reason = terms.claim_refusal(template, tier=member.tier, level=member.level, held=held, now=now)
    if reason is not None:
        raise _refused(reason)


def _unfit(template: Template, member: Member | None, *, now: datetime) -> ClaimReason | None:
    """Return why a member cannot be granted one, as far as the member's file says. Counts are the database's."""
    if member is None:
        return ClaimReason.NOT_CLAIMABLE
    if template.terms.tiers and member.tier not in template.terms.tiers:
        return ClaimReason.TIER
    if template.terms.level == "verified" and member.level != "verified":
        return ClaimReason.LEVEL
    return None if terms.still_of_use(template.terms, now=now) else ClaimReason.OVER


def _issue(
    template: Template,
    wanted: Sequence[tuple[UUID, UUID, str]],
    *,
    via: Via,
    trigger: str = "",
    actor: str,
    staff_id: int | None = None,
    store_id: int | None = None,
    now: datetime,
) -> Mapping[UUID, dict[str, Any]]:
    """Issue (coupon id, member id, cause id) and return what became of each, by member."""
    period = terms.validity(template.terms, now=now)
    made = []
    for coupon_id, member_id, cause_id in wanted:
        code = codes.encode(secrets.token_bytes(codes.CODE_BYTES))
        index, sealed = code_queries.sealed(coupon_id=coupon_id, code=code)
        made.append(
            {
                "id": coupon_id,
                "member_id": member_id,
                "code_index": index.hex(),
                "code_encrypted": sealed.hex(),
                "cause_id": cause_id,
            }
        )
    argument = {
        "template_id": template.id,
        "via": via,
        "trigger": trigger,
        "actor": actor,
        "staff_id": staff_id,
        "store_id": store_id,
        "now": now,
        "valid_from": period.start,
        "valid_until": period.end,
        "coupons": made,
    }
    try:
        outcomes = db.call_json("coupons_issue", argument)
    except IntegrityError as failure:
        # Somebody else is using this claim's id at this very moment: it is no id of this member's claim.
        if "coupons_coupon_pkey" in str(failure):
            raise _refused(ClaimReason.ID_TAKEN) from failure
        raise
    return {UUID(outcome["member_id"]): outcome for outcome in outcomes}


def _refused(reason: ClaimReason) -> ClaimRefused:
    return ClaimRefused(field="template_code", reason=reason.value, text=CLAIM_TEXTS[reason])
