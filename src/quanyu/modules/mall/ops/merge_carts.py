"""Let a cart follow its member when two members turn out to be one person, and go back when they were not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.platform import db


class CartFollower:
    """Moves cart lines with merges (``members.contracts.MergeFollower``); runs in the merge's transaction."""

    name = "mall"

    def follow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Give the loser's lines to the winner; where the winner has the same product, its own line stays.

        Two lines of the same product are the same wish: adding them up would order twice.
        """
        db.execute(
            "WITH mine AS (SELECT line.*, kept.id AS kept_id FROM mall_cart_line line LEFT JOIN mall_cart_line kept "
            "ON kept.member_id = %s AND kept.store_id = line.store_id AND kept.sku_id = line.sku_id "
            "WHERE line.member_id = %s ORDER BY line.id FOR UPDATE OF line"
            "), noted AS ("
            "INSERT INTO mall_cart_move (merge_id, line_id, store_id, sku_id, quantity, is_selected, changed_at) "
            "SELECT %s, CASE WHEN kept_id IS NULL THEN id END, store_id, sku_id, quantity, is_selected, changed_at "
            "FROM mine ON CONFLICT DO NOTHING"
            "), put_aside AS (DELETE FROM mall_cart_line line USING mine "
            "WHERE line.id = mine.id AND mine.kept_id IS NOT NULL"
            ") UPDATE mall_cart_line line SET member_id = %s FROM mine "
            "WHERE line.id = mine.id AND mine.kept_id IS NULL",
            [winner_id, loser_id, merge_id, winner_id],
        )

    def unfollow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Give the lines back that are still there, as they are now, and those that were put aside, as they were."""
        db.execute(
            "WITH moved AS (DELETE FROM mall_cart_move WHERE merge_id = %s RETURNING *"
            "), given_back AS (UPDATE mall_cart_line line SET member_id = %s FROM moved "
            "WHERE line.id = moved.line_id AND line.member_id = %s AND NOT EXISTS (SELECT FROM mall_cart_line own "
            "WHERE own.member_id = %s AND own.store_id = moved.store_id AND own.sku_id = moved.sku_id)"
            ") INSERT INTO mall_cart_line (member_id, store_id, sku_id, quantity, is_selected, changed_at) "
            "SELECT %s, store_id, sku_id, quantity, is_selected, changed_at FROM moved WHERE line_id IS NULL "
            "ON CONFLICT DO NOTHING",
            [merge_id, loser_id, winner_id, loser_id, loser_id],
        )
