"""Send stock from one location to another: it leaves, is in transit, and arrives, perhaps not all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.inventory import rules
from quanyu.modules.inventory.contracts import Arrival, Goods, MovementKind, QuantityInvalid, TransferUnknown
from quanyu.modules.inventory.ops import move_stock
from quanyu.platform import db

CAUSE = "transfer"


def transfer_out(
    *,
    transfer_id: str,
    from_location_id: int,
    to_location_id: int,
    owner_id: int,
    lines: Sequence[Goods],
    actor: Actor,
    now: datetime,
) -> int:
    """Take goods from one place and put them in transit to the other; both in one step.

    Returns the movements made (two per line). Raises ``StockShort`` or ``QuantityInvalid``.
    """
    rules.check_goods(lines)
    if from_location_id == to_location_id:
        raise QuantityInvalid(field="to_location_id", reason=N_("a transfer goes to another place"))
    changes = []
    for index, item in enumerate(lines):
        line = {"line": rules.line_name(item, index), "sku_id": item.sku_id, "owner_id": owner_id}
        changes.append(line | {"location_id": from_location_id, "on_hand": -item.quantity})
        changes.append(line | {"location_id": to_location_id, "in_transit": item.quantity})
    return move_stock.move(
        kind=MovementKind.TRANSFER_OUT, cause_kind=CAUSE, cause_id=transfer_id, lines=changes, actor=actor, now=now
    )


def transfer_in(
    *, transfer_id: str, to_location_id: int, arrivals: Sequence[Arrival] | None, actor: Actor, now: datetime
) -> int:
    """Book what arrived (``None``: everything) and close those lines; what is missing is a shortage.

    Returns the movements made; a line arrives once, so a repeated call makes none. Raises
    ``TransferUnknown``, or ``QuantityInvalid`` when more arrives than was sent.
    """
    sent = _sent(transfer_id, to_location_id)
    if arrivals is None:
        arrivals = [Arrival(line=line, quantity=row["quantity"]) for line, row in sorted(sent.items())]
    if not sent or any(arrival.line not in sent for arrival in arrivals):
        raise TransferUnknown(field="transfer_id", transfer=transfer_id)
    skus = [row["sku_id"] for row in sent.values()]
    # Two people at the same ramp: the second one waits here and then sees what the first has booked.
    db.execute("SELECT inventory_lock(%s::bigint[], %s::bigint[])", [[to_location_id] * len(skus), skus])
    booked = _booked(transfer_id, to_location_id)
    arrived, missing = [], []
    for arrival in arrivals:
        row = sent[arrival.line]
        lost = row["quantity"] - arrival.quantity
        if arrival.quantity < 0 or lost < 0:
            raise QuantityInvalid(field=f"lines.{arrival.line}.quantity", reason=N_("it is not what was sent"))
        line = {
            "line": arrival.line,
            "location_id": to_location_id,
            "sku_id": row["sku_id"],
            "owner_id": row["owner_id"],
        }
        if arrival.line in booked:
            continue
        if arrival.quantity:
            arrived.append(line | {"on_hand": arrival.quantity, "in_transit": -arrival.quantity})
        if lost:
            missing.append(line | {"in_transit": -lost})
    return sum(
        move_stock.move(kind=kind, cause_kind=CAUSE, cause_id=transfer_id, lines=lines, actor=actor, now=now)
        for kind, lines in ((MovementKind.TRANSFER_IN, arrived), (MovementKind.SHORTAGE, missing))
        if lines
    )


def _sent(transfer_id: str, to_location_id: int) -> dict[str, dict[str, Any]]:
    """Return what is on its way, by line. The ledger is append-only: it cannot change under us."""
    rows = db.rows(
        "SELECT cause_line, sku_id, owner_id, in_transit_delta AS quantity FROM inventory_movement "
        "WHERE cause_kind = %s AND cause_id = %s AND kind = 'transfer_out' AND location_id = %s "
        "AND in_transit_delta > 0",
        [CAUSE, transfer_id, to_location_id],
    )
    return {row["cause_line"]: row for row in rows}


def _booked(transfer_id: str, to_location_id: int) -> set[str]:
    rows = db.rows(
        "SELECT DISTINCT cause_line FROM inventory_movement WHERE cause_kind = %s AND cause_id = %s "
        "AND location_id = %s AND in_transit_delta < 0",
        [CAUSE, transfer_id, to_location_id],
    )
    return {row["cause_line"] for row in rows}
