"""A whole small chain, made through the doors: stores, goods with prices and stock, people, a till."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog.contracts import CategoryInfo, SkuInfo
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import DeviceKind
from quanyu.modules.organization.contracts import Location, Unit
from tests.harness import catalog, inventory, organization, pricing
from tests.harness import identity as people
from tests.harness.identity import Person

# Fen per piece, and per kilogram of the weighed SKU.
MILK_FEN, BREAD_FEN, TEA_FEN, APPLES_FEN = 650, 1280, 8800, 1990
STOCK = 20
APPLES_GRAMS = 50_000


@dataclass(frozen=True)
class Chain:
    """What was made. ``store`` and ``other_store`` belong to head office, ``franchise`` to the dealer."""

    region: Unit
    dealer: Unit
    supplier: Unit
    store: Location
    other_store: Location
    franchise: Location
    warehouse: Location
    category: CategoryInfo
    milk: SkuInfo
    bread: SkuInfo
    tea: SkuInfo
    apples: SkuInfo
    cashier: Person
    manager: Person
    associate: Person

    @property
    def skus(self) -> list[SkuInfo]:
        """All four SKUs."""
        return [self.milk, self.bread, self.tea, self.apples]

    def stocked(self, location: Location, sku: SkuInfo) -> inventory.Shelf:
        """Return the shelf of a SKU at one of the chain's locations."""
        return inventory.Shelf(location.unit.id, location.owner_id, sku.id)


def make_chain(*, stock: int = STOCK, member_milk_fen: int | None = None) -> Chain:
    """Make a region with two stores and a warehouse, a dealer with a franchise store, goods, prices and people.

    Every store holds ``stock`` pieces of each SKU (and 50 kg of apples), the warehouse the same. Each chain
    lies somewhere else: the franchise store 1 km east of ``store``, ``other_store`` 4 km.
    """
    longitude, latitude = 80 + secrets.randbelow(40_000) / 1_000, 24 + secrets.randbelow(20_000) / 1_000
    region, dealer, supplier = organization.make_region(), organization.make_dealer(), organization.make_supplier()
    store = organization.make_store(parent_id=region.id, longitude=longitude, latitude=latitude)
    other_store = organization.make_store(parent_id=region.id, longitude=longitude + 0.04, latitude=latitude)
    franchise = organization.make_franchise_store(dealer=dealer, longitude=longitude + 0.01, latitude=latitude)
    warehouse = organization.make_warehouse(parent_id=region.id)
    category = catalog.make_category()
    milk, bread, tea = (
        catalog.make_sku(name=name, category_id=category.id, cost_fen=cost, supplier_id=supplier.id)
        for name, cost in (("纯牛奶", 400), ("全麦面包", 700), ("龙井茶", 5000))
    )
    apples = catalog.make_sku(name="红富士苹果", is_weighed=True, category_id=category.id, cost_fen=900)
    prices = {milk.id: MILK_FEN, bread.id: BREAD_FEN, tea.id: TEA_FEN, apples.id: APPLES_FEN}
    for unit_id in (region.id, dealer.id):
        pricing.make_book(unit_id=unit_id, prices=prices)
        if member_milk_fen is not None:
            pricing.make_book(unit_id=unit_id, kind="member", prices={milk.id: member_milk_fen})
    for location in (store, other_store, franchise, warehouse):
        for sku in (milk, bread, tea):
            if stock:
                put(location, sku, stock)
        put(location, apples, APPLES_GRAMS)
    return Chain(
        region=region,
        dealer=dealer,
        supplier=supplier,
        store=store,
        other_store=other_store,
        franchise=franchise,
        warehouse=warehouse,
        category=category,
        milk=milk,
        bread=bread,
        tea=tea,
        apples=apples,
        cashier=people.make_person("cashier", unit_id=store.unit.id),
        manager=people.make_person("store_manager", unit_id=store.unit.id),
        associate=people.make_person("associate", unit_id=store.unit.id),
    )


def put(location: Location, sku: SkuInfo, quantity: int) -> None:
    """Put stock of the location's own owner there."""
    inventory.receive(inventory.Shelf(location.unit.id, location.owner_id, sku.id), quantity)


def enrolment_code(store: Location) -> str:
    """Return the code with which a till of the store is enrolled."""
    code = identity.enrol_code(
        kind=DeviceKind.POS,
        unit_id=store.unit.id,
        name=organization.random_code("T"),
        actor=SYSTEM,
        now=system_clock.now(),
    )
    return code.code
