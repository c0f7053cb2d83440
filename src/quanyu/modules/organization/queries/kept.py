"""Locations and areas as the order path keeps them in memory, by id and code."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.modules.organization.contracts import Location, Tier
from quanyu.modules.organization.queries import locations
from quanyu.platform import marks

_TOPICS = ["organization.location"]


def _locations_part(ids: Sequence[int]) -> marks.Part[dict[int, Location]]:
    return marks.Part(
        locations.BY_ID, [list(ids)], lambda rows: {row["id"]: locations.made(row, at=None) for row in rows}
    )


def _warehouses_part(keys: Sequence[None]) -> marks.Part[dict[None, tuple[Location, ...]]]:
    return marks.Part(
        locations.WAREHOUSES,
        [Tier.STORE.value],
        lambda rows: dict.fromkeys(keys, tuple(locations.made(row, at=None) for row in rows)),
    )


def _areas_part(codes: Sequence[str]) -> marks.Part[dict[str, str]]:
    return marks.Part(
        "SELECT code, full_name FROM organization_area WHERE code = ANY(%s)",
        [list(codes)],
        lambda rows: {row["code"]: row["full_name"] for row in rows},
    )


LOCATIONS: marks.Kept[int, Location] = marks.Kept(topics=_TOPICS, part=_locations_part, most=20_000)
# All open ones that are no store; there is one fact.
WAREHOUSES: marks.Kept[None, tuple[Location, ...]] = marks.Kept(topics=_TOPICS, part=_warehouses_part, most=8)
AREA_NAMES: marks.Kept[str, str] = marks.Kept(topics=_TOPICS, part=_areas_part, most=10_000)
