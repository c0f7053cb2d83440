"""Orders follow their member when two files become one, and go back when that is undone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.platform import db


class OrdersFollowMerges:
    """Moves orders inside the transaction of a merge (``members.contracts.MergeFollower``); the first to lock."""

    name = "orders"

    def follow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Move the loser's orders to the winner and keep which they were."""
        db.execute("SELECT orders_follow(%s, %s, %s)", [merge_id, loser_id, winner_id])

    def unfollow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Give back exactly the orders that this merge moved; later ones stay with the winner."""
        db.execute("SELECT orders_unfollow(%s, %s, %s)", [merge_id, loser_id, winner_id])
