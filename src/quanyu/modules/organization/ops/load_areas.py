"""Load China's administrative areas from the list that ships with the product."""

from __future__ import annotations

import csv
from pathlib import Path

from quanyu.platform import db

# 3,511 areas; names and coordinates from the open-source project cpca (MIT licence, see README.md).
LIST = Path(__file__).parents[1] / "areas.csv"
# Words of the official list that are no part of an address: they only group districts.
GROUPING_NAMES = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
_COLUMNS = ("code", "parent_id", "name", "full_name", "level", "longitude", "latitude")


def load_areas() -> int:
    """Insert or correct every area in one statement; return how many rows changed.

    Safe to repeat: an unchanged list writes nothing. Areas that left the official list stay, because
    addresses point at them.
    """
    areas = _read()
    columns = [[area[name] for area in areas] for name in _COLUMNS]
    return db.execute(
        "INSERT INTO organization_area (code, parent_id, name, full_name, level, longitude, latitude) "
        "SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[], "
        "%s::double precision[], %s::double precision[]) "
        "ON CONFLICT (code) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name, "
        "full_name = excluded.full_name, level = excluded.level, longitude = excluded.longitude, "
        "latitude = excluded.latitude "
        "WHERE (organization_area.parent_id, organization_area.name, organization_area.full_name, "
        "organization_area.level, organization_area.longitude, organization_area.latitude) "
        "IS DISTINCT FROM (excluded.parent_id, excluded.name, excluded.full_name, excluded.level, "
        "excluded.longitude, excluded.latitude)",
        columns,
    )


def _read() -> list[dict[str, object]]:
    with LIST.open(encoding="utf-8", newline="") as stream:
        listed = list(csv.DictReader(stream))
    names = {area["code"]: area["name"] for area in listed}
    return [
        {
            "code": area["code"],
            "parent_id": parent_of(area["code"]),
            "name": area["name"],
            "full_name": _full_name(area["code"], names),
            "level": level_of(area["code"]),
            "longitude": float(area["longitude"]) if area["longitude"] else None,
            "latitude": float(area["latitude"]) if area["latitude"] else None,
        }
        for area in listed
    ]


def level_of(code: str) -> int:
    """Return 1 for a province, 2 for a city, 3 for a district: the zeros at the end say it."""
    return 1 if code.endswith("0000") else 2 if code.endswith("00") else 3


def parent_of(code: str) -> str | None:
    """Return the code of the area around this one; a province has none."""
    level = level_of(code)
    return None if level == 1 else code[: 2 * (level - 1)].ljust(6, "0")


def _full_name(code: str, names: dict[str, str]) -> str:
    parent = parent_of(code)
    above = _full_name(parent, names) if parent else ""
    return above + ("" if names[code] in GROUPING_NAMES else names[code])
