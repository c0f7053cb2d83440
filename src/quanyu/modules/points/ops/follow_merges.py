"""Points go with a member's file when it is merged, and come back when the merge is undone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.platform import db


class Follower:
    """The ``members.contracts.MergeFollower`` of points."""

    name = "points"

    def follow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Move lots, debts, spendings, uses of offers and open requests of the merged member to the kept one."""
        db.execute("SELECT points_follow(%s, %s, %s, %s)", [merge_id, loser_id, winner_id, now])

    def unfollow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Give back exactly what this merge moved; what the kept member used of it is drawn from its own points."""
        db.execute("SELECT points_unfollow(%s, %s, %s, %s)", [merge_id, loser_id, winner_id, now])
