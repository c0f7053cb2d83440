"""Find out what became of the entries that a shift left open, before it is closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import State
from quanyu.modules.pos.contracts import SaleUnfinished
from quanyu.modules.pos.ops import journal
from quanyu.modules.pos.queries import shifts

# A request lives at most as long as its statements may: what is older and left no order will leave none.
IN_FLIGHT_S_MAX = 120


def settle_entries(*, shift_id: UUID, now: datetime) -> None:
    """End every entry of the shift whose outcome the order book knows.

    Runs under the lock of the shift. Raises ``SaleUnfinished`` when a sale still waits for its payment,
    or is being carried out at this moment.
    """
    entries = shifts.open_entries(shift_id=shift_id)
    placed = orders.orders(ids=[entry["id"] for entry in entries if entry["kind"] == "sale"])
    done: list[UUID] = []
    refused: list[UUID] = []
    for entry in entries:
        order = placed.get(entry["id"])
        if order is not None and order.state is State.PLACED:
            raise SaleUnfinished(seq=entry["seq"])
        if order is not None:
            (refused if order.state is State.CANCELLED else done).append(entry["id"])
        elif now - entry["begun_at"] < timedelta(seconds=IN_FLIGHT_S_MAX):
            raise SaleUnfinished(seq=entry["seq"])
        else:
            refused.append(entry["id"])
    journal.end_entries(done=done, refused=refused, now=now)
