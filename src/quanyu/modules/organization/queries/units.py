"""Units of the tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quanyu.modules.organization.contracts import Unit, UnitKind, UnitUnknown
from quanyu.platform import db

_SELECT = "SELECT id, kind, code, name, name_en, path, is_active FROM organization_unit "


def units(ids: Iterable[int]) -> dict[int, Unit]:
    """Return the units with these ids; closed ones too, unknown ids are left out."""
    return {row["id"]: made(row) for row in db.rows(_SELECT + "WHERE id = ANY(%s)", [list(ids)])}


def get(unit_id: int) -> Unit:
    """Return one unit. Raises ``UnitUnknown``."""
    found = units([unit_id]).get(unit_id)
    if found is None:
        raise UnitUnknown
    return found


def by_code(code: str) -> Unit:
    """Return the unit with this code. Raises ``UnitUnknown``."""
    row = db.row(_SELECT + "WHERE code = %s", [code])
    if row is None:
        raise UnitUnknown(field="code")
    return made(row)


def by_codes(codes: Iterable[str]) -> dict[str, Unit]:
    """Return the units with these codes; closed ones too, unknown codes are left out."""
    return {row["code"]: made(row) for row in db.rows(_SELECT + "WHERE code = ANY(%s)", [list(codes)])}


def find_enterprise() -> Unit | None:
    """Return the root of the tree, if it was created."""
    row = db.row(_SELECT + "WHERE kind = 'enterprise'")
    return made(row) if row else None


def enterprise() -> Unit:
    """Return the root of the tree. Raises ``UnitUnknown`` before it was created."""
    root = find_enterprise()
    if root is None:
        raise UnitUnknown
    return root


def of_kind(kind: UnitKind | None, *, below: int | None) -> list[Unit]:
    """Return the open units of a kind (or all) below a unit (or anywhere), parents first, then by code."""
    found = db.rows(
        _SELECT + "WHERE is_active AND (%(kind)s::text IS NULL OR kind = %(kind)s) "
        "AND (%(below)s::bigint IS NULL OR path @> ARRAY[%(below)s]::bigint[]) ORDER BY cardinality(path), code",
        {"kind": kind.value if kind else None, "below": below},
    )
    return [made(row) for row in found]


def child_ids(*, unit_id: int, kind: UnitKind | None) -> list[int]:
    """Return the ids of the open units directly below, by code."""
    found = db.rows(
        "SELECT id FROM organization_unit WHERE parent_id = %(id)s AND is_active "
        "AND (%(kind)s::text IS NULL OR kind = %(kind)s) ORDER BY code",
        {"id": unit_id, "kind": kind.value if kind else None},
    )
    return [row["id"] for row in found]


def subtree_ids(*, unit_id: int, kind: UnitKind | None, with_closed: bool = False) -> list[int]:
    """Return the ids of the open (or all) units at and below the unit, in ascending order."""
    found = db.rows(
        "SELECT id FROM organization_unit WHERE path @> ARRAY[%(id)s]::bigint[] AND (is_active OR %(with_closed)s) "
        "AND (%(kind)s::text IS NULL OR kind = %(kind)s) ORDER BY id",
        {"id": unit_id, "kind": kind.value if kind else None, "with_closed": with_closed},
    )
    return [row["id"] for row in found]


def paths(unit_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Return the path of each unit, root first, the unit itself last."""
    found = db.rows("SELECT id, path FROM organization_unit WHERE id = ANY(%s)", [list(unit_ids)])
    return {row["id"]: tuple(row["path"]) for row in found}


def settings_path(*, unit_id: int, terminal_id: str | None) -> tuple[str, ...]:
    """Return the nodes of the settings tree from the brand to the unit or the terminal in it."""
    nodes = ("brand", *(f"unit:{part}" for part in get(unit_id).path))
    return nodes if terminal_id is None else (*nodes, f"terminal:{terminal_id}")


def made(row: dict[str, Any]) -> Unit:
    """Make the contract of a row with the columns of the unit."""
    return Unit(
        id=row["id"],
        kind=UnitKind(row["kind"]),
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        path=tuple(row["path"]),
        active=row["is_active"],
    )
