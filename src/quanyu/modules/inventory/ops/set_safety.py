"""Set how much of a stock row online channels must leave untouched."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.inventory.contracts import QuantityInvalid
from quanyu.platform import audit, db


def set_safety(*, location_id: int, owner_id: int, sku_id: int, quantity: int, actor: Actor, now: datetime) -> None:
    """Set the safety stock in base units; the row is made when there is none yet. Audited."""
    if quantity < 0:
        raise QuantityInvalid(field="quantity", reason=N_("it must not be negative"))
    db.execute(
        "INSERT INTO inventory_stock (location_id, sku_id, owner_id, safety, changed_at) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT (location_id, sku_id, owner_id) "
        "DO UPDATE SET safety = excluded.safety, changed_at = excluded.changed_at",
        [location_id, sku_id, owner_id, quantity, now],
    )
    audit.record(
        actor=actor,
        action="inventory.set_safety",
        subject_kind="stock",
        subject_id=f"{location_id}/{sku_id}/{owner_id}",
        detail={"safety": quantity},
        unit_id=location_id,
        now=now,
    )
