"""The coupon centre: what can be claimed, by whom, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.modules.coupons.contracts import Offer, Template
from quanyu.modules.coupons.queries import coupons, templates
from quanyu.modules.coupons.rules import terms as rules
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Member


def centre(*, member_id: UUID | None, text: str, path: Sequence[int] | None, at: datetime, limit: int) -> list[Offer]:
    """Return the listed offers with what the member was given so far and why no more can be had."""
    found = templates.listed(text=text, path=path, at=at, limit=limit)
    if member_id is None:
        return [_offer(template, member=None, held=0, at=at) for template in found]
    member = members.member(id=member_id)
    held = coupons.held_counts(member_id=member_id, template_ids=[template.id for template in found])
    return [_offer(template, member=member, held=held.get(template.id, 0), at=at) for template in found]


def _offer(template: Template, *, member: Member | None, held: int, at: datetime) -> Offer:
    terms = template.terms
    # Somebody unknown sees what anybody could have: tier and level are asked of a member only.
    tier = member.tier if member else next(iter(terms.tiers), "")
    level = member.level if member else terms.level
    return Offer(
        template_code=template.code,
        name=template.name,
        name_en=template.name_en,
        description=template.description,
        kind=terms.kind,
        amount_fen=terms.amount_fen,
        percent_off_bp=terms.percent_off_bp,
        cap_fen=terms.cap_fen,
        threshold_fen=terms.threshold_fen,
        scope=terms.scope,
        unit_ids=terms.unit_ids,
        claim_until=terms.claim_period.end,
        use_from=terms.use_period.start if terms.use_period else None,
        use_until=terms.use_period.end if terms.use_period else None,
        lasts_days=terms.lasts_days,
        starts_after_days=terms.starts_after_days,
        points_price=terms.points_price,
        needs_staff_code=terms.needs_staff_code,
        left=None if terms.total_limit is None else terms.total_limit - template.issued,
        held=held,
        refusal=rules.claim_refusal(template, tier=tier, level=level, held=held, now=at),
    )
