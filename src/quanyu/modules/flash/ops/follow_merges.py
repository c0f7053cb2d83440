"""What members took follows their files when they are merged; what is kept of them is handed out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.platform import db


class Follower:
    """The ``members.contracts.MergeFollower`` of flash sales."""

    name = "flash"

    def follow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Move what the merged member took to the kept one, whose limit it counts against from now on."""
        db.execute("SELECT flash_follow(%s, %s, %s)", [merge_id, loser_id, winner_id])

    def unfollow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Give back exactly what this merge moved."""
        db.execute("SELECT flash_unfollow(%s, %s, %s, %s)", [merge_id, loser_id, winner_id, now])


class Holder:
    """Flash sales as a holder of members' data (``members.contracts.DataHolder``)."""

    name = "flash"

    def export(self, *, member_ids: Sequence[UUID], now: datetime) -> Mapping[str, Any]:
        """Return what the member's orders took of flash sales."""
        rows = db.rows(
            "SELECT sale_id, order_id, quantity, state, at FROM flash_taking WHERE member_id = ANY(%s) ORDER BY id",
            [list(member_ids)],
        )
        return {"flash_sales": rows}

    def open_business(self, *, member_ids: Sequence[UUID], now: datetime) -> int:
        """Return 0: what is unpaid or not handed over, the orders say."""
        return 0

    def erase(self, *, member_ids: Sequence[UUID], now: datetime) -> None:
        """Forget nothing: the books name the member by an id only, which leads nowhere once the file is erased."""
