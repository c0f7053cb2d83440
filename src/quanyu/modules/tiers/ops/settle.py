"""Decide where a member stands now and write it: the one place where a tier changes.

The caller holds the standing (``tiers_lock``); everything is written in its transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.members import api as members
from quanyu.modules.tiers.contracts import Tier
from quanyu.modules.tiers.events import TierChanged
from quanyu.modules.tiers.queries import tiers as definitions
from quanyu.modules.tiers.rules import settings
from quanyu.modules.tiers.rules import standing as rules
from quanyu.modules.tiers.rules.standing import Held, PastStep, Step
from quanyu.platform import db, outbox

PAST_STEPS_MAX = 24


@dataclass
class Position:
    """A standing while it is being settled; ``reason`` is that of the last step taken."""

    member_id: UUID
    held: Held
    paid_tier: str | None
    paid_until: datetime | None
    level: str
    tier: str
    window_growth: int
    awaits_level: bool
    reason: str = ""


def settle(*, member_id: UUID, now: datetime, is_refund: bool = False, reason: str = "") -> None:
    """Let ended tiers end, undo what a refund took the ground from, rise where growth reaches; in this order.

    ``reason`` is why the tier may have changed before: by a step that the caller has written itself.
    """
    tiers = definitions.tiers()
    position = position_of(member_id, now=now)
    position.reason = reason
    _end(position, tiers, now=now)
    if is_refund:
        _undo_refunded(position, tiers, now=now)
        _end(position, tiers, now=now)
    _rise(position, tiers, now=now)
    finish(position, tiers, now=now)


def settle_due(*, member_id: UUID, now: datetime) -> None:
    """Settle a member whose time has come, alone."""
    db.execute("SELECT tiers_lock(%s, %s)", [[member_id], now])
    settle(member_id=member_id, now=now)


def position_of(member_id: UUID, *, now: datetime) -> Position:
    """Read where a member stands. The standing is held."""
    facts = db.json_value("SELECT tiers_standing_of(%s, %s, %s)", [member_id, settings.window_days(), now])
    return Position(
        member_id=member_id,
        held=Held(facts["growth_tier"], _moment(facts["valid_until"])),
        paid_tier=facts["paid_tier"],
        paid_until=_moment(facts["paid_until"]),
        level=facts["level"],
        tier=facts["tier"],
        window_growth=facts["window_growth"],
        awaits_level=facts["awaits_level"],
    )


def take(position: Position, step: Step) -> None:
    """Write one step by growth."""
    db.call_json(
        "tiers_step",
        {
            "member_id": position.member_id,
            "tier": step.to.tier,
            "valid_until": step.to.valid_until,
            "reason": step.reason,
            "at": step.at,
        },
    )
    position.held, position.reason = step.to, step.reason


def set_paid(position: Position, *, tier: str | None, until: datetime | None, reason: str, now: datetime) -> None:
    """Write the paid tier that runs now, or that none does."""
    if (tier, until) == (position.paid_tier, position.paid_until):
        return
    db.call_json(
        "tiers_set_paid",
        {"member_id": position.member_id, "tier": tier, "until": until, "reason": reason, "at": now},
    )
    position.paid_tier, position.paid_until, position.reason = tier, until, reason


def best_grant(member_id: UUID, *, now: datetime) -> tuple[str | None, datetime | None]:
    """Return the best paid tier that was granted to this very member and still runs."""
    row = db.row(
        "SELECT paid.tier_id, max(paid.until) AS until FROM tiers_paid_grant AS paid "
        "JOIN tiers_tier AS tier ON tier.code = paid.tier_id WHERE paid.member_id = %s AND paid.until > %s "
        "GROUP BY paid.tier_id, tier.rank ORDER BY tier.rank DESC LIMIT 1",
        [member_id, now],
    )
    return (row["tier_id"], row["until"]) if row else (None, None)


def finish(position: Position, tiers: list[Tier], *, now: datetime) -> None:
    """Write the effective tier into the member's file and tell the world when it changed."""
    _note_wait(position, tiers)
    tier = rules.effective(tiers, growth_tier=position.held.tier, paid_tier=position.paid_tier)
    if tier == position.tier:
        return
    members.set_tier(member_id=position.member_id, tier=tier)
    known = {known.code: known.rank for known in tiers}
    outbox.append(
        TierChanged(
            member_id=str(position.member_id),
            from_tier=position.tier,
            to_tier=tier,
            is_upgrade=known[tier] > known.get(position.tier, -1),
            reason=position.reason,
            valid_until=position.paid_until if tier == position.paid_tier else position.held.valid_until,
        ),
        now=now,
    )
    position.tier = tier


def _end(position: Position, tiers: list[Tier], *, now: datetime) -> None:
    """Let every validity end that is over: one that nobody looked at for years ends year by year."""
    while position.held.valid_until is not None and position.held.valid_until <= now:
        end = position.held.valid_until
        validity = timedelta(days=rules.tier_of(tiers, position.held.tier).validity_days or 0)
        growth = db.value("SELECT tiers_growth_between(%s, %s, %s)", [position.member_id, end - validity, end])
        take(position, rules.at_end(position.held, tiers, growth=growth, level=position.level))
    if position.paid_until is not None and position.paid_until <= now:
        tier, until = best_grant(position.member_id, now=now)
        set_paid(position, tier=tier, until=until, reason="paid_ended", now=now)


def _undo_refunded(position: Position, tiers: list[Tier], *, now: datetime) -> None:
    past = db.json_value(
        "SELECT tiers_past_steps(%s, %s, %s)", [position.member_id, settings.window_days(), PAST_STEPS_MAX]
    )
    step = rules.after_refund(
        position.held,
        tiers,
        past=msgspec.convert(past, list[PastStep]),
        window_growth=position.window_growth,
        level=position.level,
        now=now,
    )
    if step is not None:
        take(position, step)


def _rise(position: Position, tiers: list[Tier], *, now: datetime) -> None:
    step = rules.upgraded(
        position.held,
        tiers,
        window_growth=position.window_growth,
        level=position.level,
        now=now,
        reason="level" if position.awaits_level else "growth",
    )
    if step is not None:
        take(position, step)


def _note_wait(position: Position, tiers: list[Tier]) -> None:
    """Remember that only the level of identification stands between the member and a higher tier."""
    reached = rules.reached(tiers, growth=position.window_growth, level=rules.LEVELS[-1])
    waits = not rules.allows(reached, position.level) and reached.rank > rules.rank_of(tiers, position.held.tier)
    if waits != position.awaits_level:
        db.execute("UPDATE tiers_standing SET awaits_level = %s WHERE member_id = %s", [waits, position.member_id])
        position.awaits_level = waits


def _moment(text: Any) -> datetime | None:
    return None if text is None else msgspec.convert(text, datetime)
