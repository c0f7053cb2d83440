"""Hang a unit, with all below it, under another parent."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.organization import events
from quanyu.modules.organization.contracts import PlaceRefused, Unit, UnitKind, UnitUnknown
from quanyu.modules.organization.ops import create_unit
from quanyu.modules.organization.queries import units
from quanyu.modules.organization.rules import tree
from quanyu.platform import audit, db, outbox


def move_unit(*, unit_id: int, parent_id: int, actor: Actor, now: datetime) -> Unit:
    """Move a subtree; every path below is rewritten in one statement.

    Raises ``UnitUnknown`` or ``PlaceRefused`` (a cycle, or a parent of the wrong kind). Locks the
    tree's shape. Moving a unit to where it stands changes nothing.
    """
    create_unit.lock_shape()
    unit, parent = units.get(unit_id), units.get(parent_id)
    if unit.kind is UnitKind.ENTERPRISE:
        raise PlaceRefused(field="unit_id", unit_id=unit_id)
    if not parent.active:
        raise UnitUnknown(field="parent_id")
    tree.check_move(unit_id, below=parent.path)
    tree.check_place(unit.kind, parent=parent.kind)
    if unit.path[:-1] == parent.path:
        return unit
    db.execute("UPDATE organization_unit SET parent_id = %s WHERE id = %s", [parent_id, unit_id])
    db.execute(
        # Paths of the subtree: what stood above the unit is replaced, the rest stays.
        "UPDATE organization_unit SET path = %s::bigint[] || path[%s:] WHERE path @> ARRAY[%s]::bigint[]",
        [list(parent.path), len(unit.path), unit_id],
    )
    moved = units.get(unit_id)
    outbox.append(events.UnitMoved(unit_id=unit_id, path_before=unit.path, path=moved.path), now=now)
    audit.record(
        actor=actor,
        action="organization.move_unit",
        subject_kind="unit",
        subject_id=unit_id,
        detail={"before": unit.path, "after": moved.path},
        unit_id=unit_id,
        now=now,
    )
    return moved
