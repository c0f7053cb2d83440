"""When two files become one, growth and tier follow; when the merge is undone, they go back exactly."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.tiers.contracts import Tier
from quanyu.modules.tiers.ops import settle
from quanyu.modules.tiers.ops.settle import Position
from quanyu.modules.tiers.queries import tiers as definitions
from quanyu.modules.tiers.rules import standing as rules
from quanyu.modules.tiers.rules.standing import Held, Step
from quanyu.platform import db


class TierFollower:
    """Moves growth and tier with a merge of two members' files."""

    name = "tiers"

    def follow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Move the loser's growth to the winner, who keeps the better tier of the two; may be called again."""
        db.execute("SELECT tiers_lock(%s, %s)", [[loser_id, winner_id], now])
        tiers = definitions.tiers()
        loser, winner = settle.position_of(loser_id, now=now), settle.position_of(winner_id, now=now)
        is_first = db.execute(
            "INSERT INTO tiers_follow (merge_id, loser_id, winner_id, before) VALUES (%s, %s, %s, %s::jsonb) "
            "ON CONFLICT DO NOTHING",
            [merge_id, loser_id, winner_id, msgspec.json.encode([_kept(loser), _kept(winner)]).decode()],
        )
        _move(loser_id, winner_id, kind="merge", cause=str(merge_id), merge_id=None, now=now)
        if is_first:
            _hand_over(loser, winner, tiers, now=now)
        for member_id in (winner_id, loser_id):
            settle.settle(member_id=member_id, now=now, reason="merged")

    def unfollow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Give the loser back what is left of its growth, and both the tiers that they had."""
        db.execute("SELECT tiers_lock(%s, %s)", [[loser_id, winner_id], now])
        before = db.json_value(
            "UPDATE tiers_follow SET undone_at = %s WHERE merge_id = %s AND undone_at IS NULL RETURNING before",
            [now, merge_id],
        )
        if before is None:
            return
        _move(winner_id, loser_id, kind="unmerge", cause=str(merge_id), merge_id=merge_id, now=now)
        tiers = definitions.tiers()
        was_loser, was_winner = (msgspec.convert(part, _Kept) for part in before)
        loser, winner = settle.position_of(loser_id, now=now), settle.position_of(winner_id, now=now)
        _restore(loser, was_loser, now=now)
        _restore_winner(winner, was_winner, tiers, now=now)
        for member_id in (winner_id, loser_id):
            settle.settle(member_id=member_id, now=now, reason="unmerged")


class _Kept(msgspec.Struct):
    """Where a member stood before a merge."""

    tier: str
    valid_until: datetime | None
    paid_tier: str | None
    paid_until: datetime | None


def _kept(position: Position) -> dict[str, Any]:
    return {**asdict(position.held), "paid_tier": position.paid_tier, "paid_until": position.paid_until}


def _move(giver: UUID, taker: UUID, *, kind: str, cause: str, merge_id: UUID | None, now: datetime) -> None:
    db.execute(
        "SELECT tiers_move(%s, %s, %s, %s, %s, %s)",
        [giver, taker, kind, cause, None if merge_id is None else str(merge_id), now],
    )


def _hand_over(loser: Position, winner: Position, tiers: list[Tier], *, now: datetime) -> None:
    """Leave the loser in the lowest tier and give the winner what was better."""
    gain = rules.rank_of(tiers, loser.held.tier) - rules.rank_of(tiers, winner.held.tier)
    if gain > 0 or (gain == 0 and _later(loser.held, winner.held)):
        settle.take(winner, Step(loser.held, "merged", now))
    if loser.paid_tier is not None and _is_better_paid(loser, winner, tiers):
        settle.set_paid(winner, tier=loser.paid_tier, until=loser.paid_until, reason="merged", now=now)
    lowest = rules.growth_tiers(tiers)[0]
    if loser.held.tier != lowest.code:
        settle.take(loser, Step(Held(lowest.code, None), "merged", now))
    settle.set_paid(loser, tier=None, until=None, reason="merged", now=now)


def _restore(position: Position, kept: _Kept, *, now: datetime) -> None:
    held = Held(kept.tier, kept.valid_until)
    if held != position.held:
        settle.take(position, Step(held, "unmerged", now))
    if kept.paid_tier is not None:
        settle.set_paid(position, tier=kept.paid_tier, until=kept.paid_until, reason="unmerged", now=now)


def _restore_winner(winner: Position, kept: _Kept, tiers: list[Tier], *, now: datetime) -> None:
    """Take from the winner the tier that only the merge gave; what its own growth reached meanwhile stays."""
    own = rules.reached(tiers, growth=winner.window_growth, level=winner.level)
    held, present = Held(kept.tier, kept.valid_until), rules.rank_of(tiers, winner.held.tier)
    if own.rank > rules.rank_of(tiers, held.tier):
        held = Held(own.code, winner.held.valid_until or rules.end_of_validity(own, now))
    came_with_merge = rules.rank_of(tiers, held.tier) < present or _later(winner.held, held)
    if held != winner.held and came_with_merge:
        settle.take(winner, Step(held, "unmerged", now))
    tier, until = settle.best_grant(winner.member_id, now=now)
    settle.set_paid(winner, tier=tier, until=until, reason="unmerged", now=now)


def _later(one: Held, other: Held) -> bool:
    if one.valid_until is None or other.valid_until is None:
        return False
    return one.valid_until > other.valid_until


def _is_better_paid(loser: Position, winner: Position, tiers: list[Tier]) -> bool:
    if winner.paid_tier is None or winner.paid_until is None or loser.paid_tier is None or loser.paid_until is None:
        return True
    gain = rules.rank_of(tiers, loser.paid_tier) - rules.rank_of(tiers, winner.paid_tier)
    return gain > 0 or (gain == 0 and loser.paid_until > winner.paid_until)
