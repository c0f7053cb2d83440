"""Close a unit for good business reasons; its past stays."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.organization import events
from quanyu.modules.organization.contracts import PlaceRefused, Unit, UnitInUse, UnitKind
from quanyu.modules.organization.ops import create_unit
from quanyu.modules.organization.queries import units
from quanyu.platform import audit, db, outbox


def close_unit(*, unit_id: int, actor: Actor, now: datetime) -> Unit:
    """Close a unit without open units below it; closing a closed one changes nothing.

    Raises ``UnitUnknown``, ``UnitInUse`` or, for the enterprise, ``PlaceRefused``. Locks the tree's shape.
    """
    create_unit.lock_shape()
    unit = units.get(unit_id)
    if unit.kind is UnitKind.ENTERPRISE:
        raise PlaceRefused(field="unit_id", unit_id=unit_id)
    below = len(units.subtree_ids(unit_id=unit_id, kind=None)) - int(unit.active)
    if below:
        raise UnitInUse(field="unit_id", open_units=below)
    if not db.execute("UPDATE organization_unit SET is_active = false WHERE id = %s AND is_active", [unit_id]):
        return unit
    outbox.append(events.UnitClosed(unit_id=unit_id, kind=unit.kind.value), now=now)
    audit.record(
        actor=actor,
        action="organization.close_unit",
        subject_kind="unit",
        subject_id=unit_id,
        unit_id=unit_id,
        now=now,
    )
    return units.get(unit_id)
