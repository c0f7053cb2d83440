"""What the mall keeps of a member: the cart. For the member's copy, and for forgetting the member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.modules.catalog import api as catalog
from quanyu.platform import db


class CartHolder:
    """The mall as a holder of members' data (``members.contracts.DataHolder``)."""

    name = "mall"

    def export(self, *, member_ids: Sequence[UUID], now: datetime) -> Mapping[str, Any]:
        """Return what lies in the cart, and in which stores goods were taken over from a screen."""
        rows = db.rows(
            "SELECT store_id, sku_id, quantity, changed_at FROM mall_cart_line WHERE member_id = ANY(%s) ORDER BY id",
            [list(member_ids)],
        )
        skus = catalog.skus(ids={row["sku_id"] for row in rows})
        taken = db.rows(
            "SELECT store_id, taken_at FROM mall_handover WHERE taken_by_id = ANY(%s) ORDER BY taken_at",
            [list(member_ids)],
        )
        return {"cart": [{**row, "name": skus[row["sku_id"]].name} for row in rows], "taken_from_screens": taken}

    def open_business(self, *, member_ids: Sequence[UUID], now: datetime) -> int:
        """Return 0: a cart is nothing that anybody waits for."""
        return 0

    def erase(self, *, member_ids: Sequence[UUID], now: datetime) -> None:
        """Empty the cart, and forget what was taken over from screens."""
        db.execute("DELETE FROM mall_cart_line WHERE member_id = ANY(%s)", [list(member_ids)])
        db.execute(
            "DELETE FROM mall_handover_line WHERE handover_id IN "
            "(SELECT id FROM mall_handover WHERE taken_by_id = ANY(%s))",
            [list(member_ids)],
        )
        db.execute("DELETE FROM mall_handover WHERE taken_by_id = ANY(%s)", [list(member_ids)])
