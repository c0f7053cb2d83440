"""Builders of the chain's tree. Every unit gets a random code, so tests share one enterprise without meeting."""

from __future__ import annotations

import functools
import math
import secrets
from datetime import UTC, datetime
from typing import Any

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.organization import api
from quanyu.modules.organization.contracts import (
    CodeTaken,
    EnterpriseExists,
    Location,
    Ownership,
    Tier,
    Unit,
    UnitKind,
)
from quanyu.modules.organization.rules.coordinates import Point

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday noon in Shanghai
ALL_DAY = (("00:00", "24:00"),) * 7
NANSHAN = "440305"  # 广东省深圳市南山区
# A place in the district: GCJ-02.
LONGITUDE, LATITUDE = 113.930413, 22.533191

_EARTH_RADIUS_M = 6_371_008.8


def distance_m(one: Point, other: Point) -> float:
    """Return the metres between two points by vectors: another way than the product's, so that both are right."""

    def vector(point: Point) -> tuple[float, float, float]:
        phi, theta = math.radians(point.latitude), math.radians(point.longitude)
        return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)

    chord = math.dist(vector(one), vector(other))
    return 2 * _EARTH_RADIUS_M * math.asin(min(1.0, chord / 2))


def random_code(prefix: str) -> str:
    """Return a code that no other test has."""
    return f"{prefix}-{secrets.token_hex(5)}"


@functools.cache
def enterprise() -> Unit:
    """Return the one enterprise of the test database; it and the list of areas are made when first asked for."""
    api.load_reference()
    try:
        return api.create_unit(
            kind=UnitKind.ENTERPRISE,
            code="HQ",
            name="全域零售",
            name_en="Quanyu",
            parent_id=None,
            actor=SYSTEM,
            now=NOW,
        )
    except (CodeTaken, EnterpriseExists):
        return api.enterprise()


def make_unit(kind: UnitKind, *, parent_id: int | None = None, **given: Any) -> Unit:
    """Create a unit of a kind without an address, below the enterprise unless a parent is given."""
    code = given.pop("code", None) or random_code(kind.value[:3].upper())
    settings = {"name": f"测试{code}", "name_en": code, "actor": SYSTEM, "now": NOW} | given
    parent = enterprise().id if parent_id is None else parent_id
    return api.create_unit(kind=kind, code=code, parent_id=parent, **settings)


def make_region(**given: Any) -> Unit:
    """Create a region."""
    return make_unit(UnitKind.REGION, **given)


def make_dealer(**given: Any) -> Unit:
    """Create a dealer (franchisee)."""
    return make_unit(UnitKind.DEALER, **given)


def make_supplier(**given: Any) -> Unit:
    """Create a supplier."""
    return make_unit(UnitKind.SUPPLIER, **given)


def make_location(kind: UnitKind, *, parent_id: int | None = None, **given: Any) -> Location:
    """Create a store or warehouse below the enterprise unless a parent is given; any field can be given."""
    code = given.pop("code", None) or random_code(kind.value[:2].upper())
    settings: dict[str, Any] = {
        "name": f"测试{code}",
        "name_en": code,
        "area_code": NANSHAN,
        "address": "科技园路 1 号",
        "longitude": LONGITUDE,
        "latitude": LATITUDE,
        "phone": "0755-26001234",
        "opening_hours": ALL_DAY,
        "actor": SYSTEM,
        "now": NOW,
    } | given
    parent = enterprise().id if parent_id is None else parent_id
    return api.create_location(kind=kind, code=code, parent_id=parent, **settings)


def make_store(**given: Any) -> Location:
    """Create a directly operated store, open day and night, with every service."""
    return make_location(UnitKind.STORE, **given)


def make_franchise_store(*, dealer: Unit | None = None, **given: Any) -> Location:
    """Create a franchise store whose stock belongs to its dealer."""
    owner = dealer or make_dealer()
    return make_location(
        UnitKind.STORE, **({"parent_id": owner.id, "owner_id": owner.id, "ownership": Ownership.FRANCHISE} | given)
    )


def make_warehouse(*, tier: Tier = Tier.CENTRAL, **given: Any) -> Location:
    """Create a warehouse of a tier."""
    return make_location(UnitKind.WAREHOUSE, tier=tier, **given)
