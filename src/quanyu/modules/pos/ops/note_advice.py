"""Counts what was advised during sales, when the sale has become an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from quanyu.modules.orders.contracts import Order, State
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.queries.tills import TillEntry
from quanyu.modules.pos.rules.advice import AdviceOutcome
from quanyu.platform import db


def note_advice(
    *,
    outcomes: Sequence[AdviceOutcome],
    orders: Mapping[UUID, Order],
    entries: Mapping[UUID, TillEntry],
    till: Till,
    now: datetime,
) -> list[UUID]:
    """Count what was advised, once for each sale; return the sales that nothing more is to be said of.

    A sale that is no order yet, or is not paid, is left out of both: it is told again. A cancelled one, and one of
    another till, counts for nothing.
    """
    settled, rows = [], []
    for outcome in {one.sale_id: one for one in outcomes}.values():
        order, entry = orders.get(outcome.sale_id), entries.get(outcome.sale_id)
        if order is None or entry is None or order.state is State.PLACED:
            continue
        settled.append(outcome.sale_id)
        if order.state is not State.CANCELLED and entry.terminal_id == till.device_id:
            rows.append(_row(outcome, order, entry, till))
    if rows:
        db.value("SELECT pos_note_advice(%s::jsonb, %s)", [msgspec.json.encode(rows).decode(), now])
    return settled


def _row(outcome: AdviceOutcome, order: Order, entry: TillEntry, till: Till) -> dict[str, Any]:
    bought = {line.sku_id for line in order.lines if not line.gift_of}
    given = {one.sku_id: one for one in outcome.given}
    return {
        "order_id": order.id,
        "terminal_id": entry.terminal_id,
        "store_id": till.store_id,
        "staff_id": entry.staff_id,
        "day": timezone.localdate(order.placed_at),
        "is_control": outcome.is_control,
        "lines": sum(1 for line in order.lines if not line.gift_of),
        "payable_fen": order.payable_fen,
        "given": [
            {
                "sku_id": one.sku_id,
                "because_sku_id": one.because_sku_id,
                # Nothing was on the screen to be added in the control share.
                "was_added": one.was_added and not outcome.is_control,
                "was_bought": one.sku_id in bought,
            }
            for one in given.values()
        ],
    }
