"""The units of the demo chain: enterprise, brand, regions, dealers, suppliers, warehouses and stores."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from quanyu.entrypoints.demo import places
from quanyu.entrypoints.demo.progress import Told
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, Ownership, Tier, Unit, UnitKind

BRAND = "QY"
_HOURS = (("08:00", "22:00"),) * 7


class Chain(NamedTuple):
    """The units of the chain by code."""

    units: dict[str, Unit]
    locations: dict[str, Location]

    @property
    def stores(self) -> list[Location]:
        return [self.locations[store.code] for store in places.STORES]


def make(told: Told, *, now: datetime) -> Chain:
    """Make the units, parents first."""
    organization.load_reference()
    chain = Chain({}, {})
    told.part("units", len(places.STORES))
    _unit(chain, UnitKind.ENTERPRISE, ("HQ", "全域优选商业有限公司", "Quanyu Select Ltd."), None, now=now)
    _unit(chain, UnitKind.BRAND, (BRAND, "全域优选", "Quanyu Select"), "HQ", now=now)
    for supplier in places.SUPPLIERS:
        _unit(chain, UnitKind.SUPPLIER, supplier, "HQ", now=now)
    for dealer in places.DEALERS:
        _unit(chain, UnitKind.DEALER, dealer, BRAND, now=now)
    _warehouse(chain, places.CENTRAL, parent=BRAND, tier=Tier.CENTRAL, now=now)
    for region in places.REGIONS:
        _unit(chain, UnitKind.REGION, (region.code, region.name, region.name_en), BRAND, now=now)
        _warehouse(chain, region, parent=region.code, tier=Tier.REGIONAL, now=now)
    for store in places.STORES:
        _store(chain, store, now=now)
        told.step()
    return chain


def _unit(chain: Chain, kind: UnitKind, names: tuple[str, str, str], parent: str | None, *, now: datetime) -> None:
    code, name, name_en = names
    chain.units[code] = organization.create_unit(
        kind=kind,
        code=code,
        name=name,
        name_en=name_en,
        parent_id=chain.units[parent].id if parent else None,
        actor=SYSTEM,
        now=now,
    )


def _warehouse(chain: Chain, place: places.Region, *, parent: str, tier: Tier, now: datetime) -> None:
    code = place.code if place.code.startswith("WH-") else f"WH-{place.code}"
    location = organization.create_location(
        kind=UnitKind.WAREHOUSE,
        code=code,
        name=place.warehouse,
        name_en=place.warehouse_en,
        parent_id=chain.units[parent].id,
        tier=tier,
        area_code=place.area,
        address="物流园 1 号",
        longitude=place.longitude,
        latitude=place.latitude,
        phone="",
        opening_hours=_HOURS,
        offers_pickup=False,
        offers_instant=False,
        offers_in_store=False,
        actor=SYSTEM,
        now=now,
    )
    chain.units[code], chain.locations[code] = location.unit, location


def _store(chain: Chain, store: places.Store, *, now: datetime) -> None:
    dealer = chain.units[store.dealer] if store.dealer else None
    location = organization.create_location(
        kind=UnitKind.STORE,
        code=store.code,
        name=f"{store.city}{store.name}",
        name_en=f"{store.city_en} {store.name_en}",
        parent_id=chain.units[store.region].id,
        tier=Tier.STORE,
        ownership=Ownership.FRANCHISE if dealer else Ownership.DIRECT,
        owner_id=dealer.id if dealer else None,
        area_code=store.area,
        address=store.street,
        longitude=store.longitude,
        latitude=store.latitude,
        phone=f"400-000-{store.code}",
        opening_hours=_HOURS,
        actor=SYSTEM,
        now=now,
    )
    chain.units[store.code], chain.locations[store.code] = location.unit, location
