"""Provinces, cities and districts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quanyu.modules.organization.contracts import Area, AreaUnknown
from quanyu.platform import db

_SELECT = "SELECT code, parent_id, name, full_name, level, longitude, latitude FROM organization_area "


def areas(parent_code: str | None) -> list[Area]:
    """Return the areas directly below one, or the provinces, by code."""
    return [
        _made(row) for row in db.rows(_SELECT + "WHERE parent_id IS NOT DISTINCT FROM %s ORDER BY code", [parent_code])
    ]


def by_codes(codes: Iterable[str]) -> dict[str, Area]:
    """Return the areas that have these codes; unknown codes are left out."""
    return {row["code"]: _made(row) for row in db.rows(_SELECT + "WHERE code = ANY(%s)", [list(codes)])}


def get(code: str) -> Area:
    """Return one area. Raises ``AreaUnknown``."""
    row = db.row(_SELECT + "WHERE code = %s", [code])
    if row is None:
        raise AreaUnknown(field="area_code")
    return _made(row)


def is_fine_enough(code: str) -> bool:
    """Tell whether an address may name the area: a city or district, or a province without any."""
    return bool(
        db.value(
            "SELECT level >= 2 OR NOT EXISTS (SELECT 1 FROM organization_area AS inner_area "
            "WHERE inner_area.parent_id = area.code) FROM organization_area AS area WHERE area.code = %s",
            [code],
        )
    )


def _made(row: dict[str, Any]) -> Area:
    return Area(
        code=row["code"],
        parent_code=row["parent_id"],
        name=row["name"],
        full_name=row["full_name"],
        level=row["level"],
        longitude=row["longitude"],
        latitude=row["latitude"],
    )
