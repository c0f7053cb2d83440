"""What tills sold by themselves, as it was noted."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from quanyu.platform import db


def booked(*, sale_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return which of these sales are orders. One query."""
    rows = db.rows("SELECT id FROM pos_till_sale WHERE id = ANY(%s) AND state = 'booked'", [list(sale_ids)])
    return frozenset(row["id"] for row in rows)


def noted(*, sale_id: UUID) -> dict[str, Any] | None:
    """Return the row of one sale with its content."""
    row = db.row(
        "SELECT id, terminal_id, seq, previous, digest, staff_id, sold_at, received_at, payable_fen, content::text, "
        "state, problem, number, gap_fen FROM pos_till_sale WHERE id = %s",
        [sale_id],
    )
    return row and {**row, "content": json.loads(row["content"])}
