"""Add a unit to the tree of the enterprise."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.organization import events
from quanyu.modules.organization.contracts import CodeTaken, EnterpriseExists, PlaceRefused, Unit, UnitKind, UnitUnknown
from quanyu.modules.organization.queries import units
from quanyu.modules.organization.rules import tree
from quanyu.platform import audit, db, locks, outbox

# The whole tree changes shape under one lock: a path is copied from the parent, which must not move meanwhile.
_TREE = 0


def create_unit(
    *, kind: UnitKind, code: str, name: str, name_en: str, parent_id: int | None, actor: Actor, now: datetime
) -> Unit:
    """Add a unit that is not a location. Raises ``Invalid``, ``PlaceRefused``, ``CodeTaken``, ``EnterpriseExists``."""
    if kind in tree.LOCATION_KINDS:
        raise Invalid(field="kind", reason=N_("a store or warehouse is created with its address"))
    unit = insert(kind=kind, code=code, name=name, name_en=name_en, parent_id=parent_id, now=now)
    announce(unit, actor=actor, now=now)
    return unit


def insert(*, kind: UnitKind, code: str, name: str, name_en: str, parent_id: int | None, now: datetime) -> Unit:
    """Insert the row of a unit under its parent. Locks the tree's shape until the transaction ends."""
    tree.check_names(code=code, name=name, name_en=name_en)
    lock_shape()
    path = _parent_path(kind, parent_id)
    inserted = db.row(
        "INSERT INTO organization_unit (id, kind, parent_id, path, code, name, name_en, created_at) "
        "SELECT id, %s, %s, %s::bigint[] || id, %s, %s, %s, %s "
        "FROM nextval(pg_get_serial_sequence('organization_unit', 'id')) AS id "
        "ON CONFLICT (code) DO NOTHING RETURNING id",
        [kind.value, parent_id, list(path), code, name.strip(), name_en.strip(), now],
    )
    if inserted is None:
        raise CodeTaken(field="code", code=code)
    return units.get(inserted["id"])


def announce(unit: Unit, *, actor: Actor, now: datetime) -> None:
    """Append the event and the audit row of a new unit."""
    outbox.append(
        events.UnitCreated(unit_id=unit.id, kind=unit.kind.value, code=unit.code, path=unit.path),
        now=now,
    )
    audit.record(
        actor=actor,
        action="organization.create_unit",
        subject_kind="unit",
        subject_id=unit.id,
        detail={"kind": unit.kind.value, "code": unit.code, "path": unit.path},
        unit_id=unit.id,
        now=now,
    )


def lock_shape() -> None:
    """Wait for other changes of the tree's shape, and keep them waiting until the transaction ends."""
    locks.advisory(locks.Space.UNIT_TREE, _TREE)


def _parent_path(kind: UnitKind, parent_id: int | None) -> tuple[int, ...]:
    if kind is UnitKind.ENTERPRISE:
        if parent_id is not None:
            raise PlaceRefused(field="parent_id", kind=kind.value)
        if units.find_enterprise() is not None:
            raise EnterpriseExists(field="kind")
        return ()
    if parent_id is None:
        raise PlaceRefused(field="parent_id", kind=kind.value)
    parent = units.get(parent_id)
    if not parent.active:
        raise UnitUnknown(field="parent_id")
    tree.check_place(kind, parent=parent.kind)
    return parent.path
