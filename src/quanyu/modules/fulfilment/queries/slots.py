"""How much is left of pickup times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from quanyu.modules.fulfilment.contracts import SlotDay, WayOptions
from quanyu.platform import db


def with_left(days: Sequence[SlotDay], *, store_id: int, options: WayOptions) -> list[SlotDay]:
    """Return pickup times with what is left of them, by one statement. A look, not a promise: placing decides."""
    if not options.slot_capacity or not days:
        return list(days)
    taken = {
        (row["starts_at"], row["ends_at"]): row["taken"]
        for row in db.rows(
            "SELECT starts_at, ends_at, taken FROM fulfilment_pickup_slot "
            "WHERE store_id = %s AND starts_at >= %s AND starts_at <= %s",
            [store_id, days[0].slots[0].starts_at, days[-1].slots[-1].starts_at],
        )
    }
    return [
        replace(
            day,
            slots=tuple(
                replace(slot, left=max(0, options.slot_capacity - taken.get((slot.starts_at, slot.ends_at), 0)))
                for slot in day.slots
            ),
        )
        for day in days
    ]


def is_full(*, store_id: int, starts_at: datetime, ends_at: datetime, capacity: int) -> bool:
    """Tell whether a pickup time seems to be taken."""
    taken = db.value(
        "SELECT taken FROM fulfilment_pickup_slot WHERE store_id = %s AND starts_at = %s AND ends_at = %s",
        [store_id, starts_at, ends_at],
    )
    return bool(capacity) and (taken or 0) >= capacity


def ready(*, order_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return since when orders lie ready to be fetched."""
    found = db.rows("SELECT order_id, at FROM fulfilment_readiness WHERE order_id = ANY(%s)", [list(order_ids)])
    return {row["order_id"]: row["at"] for row in found}
