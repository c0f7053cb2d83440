"""Set how much of a stock row online channels must leave untouched."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.inventory.contracts import QuantityInvalid
from quanyu.platform import audit, db


def set_safety(*, location_id: int, owner_id: int, sku_id: int, quantity: int, actor: Actor, now: datetime) -> None:
    """Set the safety stock in base units; the row is made when there is none yet. Audited.

    Publishes ``StockChanged``.
    """
    if quantity < 0:
        raise QuantityInvalid(field="quantity", reason=N_("it must not be negative"))
    db.value("SELECT inventory_set_safety(%s, %s, %s, %s, %s)", [location_id, sku_id, owner_id, quantity, now])
    audit.record(
        actor=actor,
        action="inventory.set_safety",
        subject_kind="stock",
        subject_id=f"{location_id}/{sku_id}/{owner_id}",
        detail={"safety": quantity},
        unit_id=location_id,
        now=now,
    )
