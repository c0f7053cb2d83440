"""Give a member a paid tier until a moment, once per cause."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.tiers.contracts import TierInvalid, TierKind, TierUnknown
from quanyu.modules.tiers.ops import settle
from quanyu.modules.tiers.queries import tiers as definitions
from quanyu.platform import audit, db


def grant_paid(
    *,
    member_id: UUID,
    tier: str,
    until: datetime,
    cause_kind: str,
    cause_id: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Write the grant; ``False`` when the cause has granted before. The best running grant counts."""
    known = definitions.tiers()
    wanted = next((found for found in known if found.code == tier and found.kind is TierKind.PAID), None)
    if wanted is None or not wanted.is_active:
        raise TierUnknown(field="tier")
    if until <= now:
        raise TierInvalid(field="until", reason=N_("The end lies in the past."))
    db.execute("SELECT tiers_lock(%s, %s)", [[member_id], now])
    written = db.execute(
        "INSERT INTO tiers_paid_grant (member_id, tier_id, until, cause_kind, cause_id, reason, actor, at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [member_id, tier, until, cause_kind, cause_id, reason, f"{actor.kind}:{actor.id}", now],
    )
    if written == 0:
        return False
    position = settle.position_of(member_id, now=now)
    best, best_until = settle.best_grant(member_id, now=now)
    settle.set_paid(position, tier=best, until=best_until, reason="paid", now=now)
    settle.finish(position, known, now=now)
    audit.record(
        actor=actor,
        action="tiers.grant_paid",
        subject_kind="member",
        subject_id=str(member_id),
        reason=reason,
        detail={"tier": tier, "until": until, "cause": f"{cause_kind}:{cause_id}"},
        now=now,
    )
    return True
