"""Coupons follow their member when two files become one, and go back when that is undone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.platform import db


class CouponsFollowMerges:
    """Moves coupons and counts inside the transaction of a merge (``members.contracts.MergeFollower``)."""

    name = "coupons"

    def follow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Move what the loser has to the winner; what the loser was given counts against the winner's limits."""
        db.execute("SELECT coupons_follow(%s, %s, %s, %s)", [merge_id, loser_id, winner_id, now])

    def unfollow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Give back what this merge moved and the winner still holds, used or not."""
        db.execute("SELECT coupons_unfollow(%s, %s, %s, %s)", [merge_id, loser_id, winner_id, now])
