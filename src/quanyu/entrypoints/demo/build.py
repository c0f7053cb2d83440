"""Make the demo chain through the doors, deterministically; what stands already is left as it is."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.db import connection

from quanyu.entrypoints.demo import campaigns, goods, history, members, people, places, rewards
from quanyu.entrypoints.imports.progress import bar
from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import NewProduct, NewSku, SkuInfo
from quanyu.modules.identity import api as identity
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, Ownership, Tier, Unit, UnitKind
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import BookKind, NewPrice

SEED = 20261122
BRAND = "QY"
_HOURS = (("08:00", "22:00"),) * 7
_CHECK_WEIGHTS = (1, 3) * 6
PICTURES = Path(__file__).parent / "pictures"


class Chain(NamedTuple):
    """The units of the chain by code."""

    units: dict[str, Unit]
    locations: dict[str, Location]


def exists() -> bool:
    """Tell whether the demo chain (or another chain) stands already."""
    return bool(organization.units_of_kind(kind=UnitKind.ENTERPRISE))


def build(*, now: datetime) -> None:
    """Make the whole chain in dependency order, as it was a week ago, and then a week of trade."""
    opened = now - timedelta(days=history.DAYS + 1)
    chain = _units(now=opened)
    skus = _catalogue(chain, now=opened)
    _prices(chain, skus, now=opened)
    _stock(chain, list(skus.values()), now=opened)
    campaigns.make(skus, now=opened)
    _staff(chain, now=now)
    member_ids = members.make(chain.units, now=opened)
    rewards.make(chain.units, skus, member_ids, now=opened)
    stores = [chain.locations[store.code] for store in places.STORES]
    chance = random.Random(SEED)  # noqa: S311 - a demo must be the same every time
    history.make(history.Trade(stores, list(skus.values()), member_ids, chance), now=now)


def _units(*, now: datetime) -> Chain:
    organization.load_reference()
    chain = Chain({}, {})

    def unit(kind: UnitKind, code: str, name: str, name_en: str, parent: str | None) -> Unit:
        chain.units[code] = organization.create_unit(
            kind=kind,
            code=code,
            name=name,
            name_en=name_en,
            parent_id=chain.units[parent].id if parent else None,
            actor=SYSTEM,
            now=now,
        )
        return chain.units[code]

    total = 2 + 2 * len(places.REGIONS) + len(places.DEALERS) + len(places.SUPPLIERS) + len(places.STORES) + 1
    with bar("units", total) as advance:
        unit(UnitKind.ENTERPRISE, "HQ", "全域优选商业有限公司", "Quanyu Select Ltd.", None)
        unit(UnitKind.BRAND, BRAND, "全域优选", "Quanyu Select", "HQ")
        for code, name, name_en in places.SUPPLIERS:
            unit(UnitKind.SUPPLIER, code, name, name_en, "HQ")
        for code, name, name_en in places.DEALERS:
            unit(UnitKind.DEALER, code, name, name_en, BRAND)
        _warehouse(chain, places.CENTRAL, parent=BRAND, tier=Tier.CENTRAL, now=now)
        for region in places.REGIONS:
            unit(UnitKind.REGION, region.code, region.name, region.name_en, BRAND)
            _warehouse(chain, region, parent=region.code, tier=Tier.REGIONAL, now=now)
        advance(total - len(places.STORES))
        for store in places.STORES:
            _store(chain, store, now=now)
            advance(1)
    return chain


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


def _catalogue(chain: Chain, *, now: datetime) -> dict[str, SkuInfo]:
    categories = {
        code: catalog.create_category(
            code=code, name=name, name_en=name_en, position=position, actor=SYSTEM, now=now
        ).id
        for position, (code, name, name_en) in enumerate(goods.CATEGORIES)
    }
    serial = iter(range(1, 10_000))
    products = [_product(item, chain, categories, serial) for item in goods.ITEMS]
    with bar("products", len(products)) as advance:
        made = catalog.create_products(products=products, actor=SYSTEM, now=now)
        advance(len(made))
    _pictures({product.code: product.id for product in made}, now=now)
    ids = [sku_id for product in made for sku_id in product.sku_ids]
    return {sku.code: sku for sku in catalog.skus(ids=ids).values()}


def _pictures(products: dict[str, int], *, now: datetime) -> None:
    """Hang the pictures up; one product without a picture does not matter."""
    with bar("pictures", len(products)) as advance:
        for code, product_id in products.items():
            file = PICTURES / f"{code}.webp"
            if file.exists():
                catalog.add_image(product_id=product_id, content=file.read_bytes(), actor=SYSTEM, now=now)
            advance(1)


def _product(item: goods.Item, chain: Chain, categories: dict[str, int], serial: Iterable[int]) -> NewProduct:
    numbers = iter(serial)
    variants: tuple[tuple[str, str] | None, ...] = item.variants or (None,)
    skus = []
    for position, variant in enumerate(variants, start=1):
        number = next(numbers)
        suffix, suffix_en = variant or ("", "")
        skus.append(
            NewSku(
                code=item.code if variant is None else f"{item.code}-{position}",
                name=f"{item.name} {suffix}".strip(),
                name_en=f"{item.name_en} {suffix_en}".strip(),
                specification={item.attribute: suffix} if variant else {},
                cost_fen=item.cost_fen,
                plu=f"{number:05d}" if item.weighed else None,
                barcodes=() if item.weighed else (ean13(number),),
            )
        )
    return NewProduct(
        code=item.code,
        name=item.name,
        name_en=item.name_en,
        category_id=categories[item.category],
        unit_name=item.unit,
        supplier_id=chain.units[item.supplier].id,
        is_weighed=item.weighed,
        tax_rate_bp=900 if item.category in ("FRUIT", "STAPLE") else 1300,
        specification_names=(item.attribute,) if item.attribute else (),
        description_html=f"<p>{item.name}。</p>",
        skus=tuple(skus),
    )


def ean13(number: int) -> str:
    """Return a valid EAN-13 of the demo's own range (prefix 690) for a serial number."""
    body = f"6901234{number:05d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _CHECK_WEIGHTS, strict=True))
    return f"{body}{-total % 10}"


def _prices(chain: Chain, skus: dict[str, SkuInfo], *, now: datetime) -> None:
    always = Period(now - timedelta(days=365), None)
    brand_id = chain.units[BRAND].id
    by_item = {sku.code: item for item in goods.ITEMS for sku in skus.values() if sku.code.split("-")[0] == item.code}
    weeks = Period(now, now + timedelta(days=30))
    books: list[tuple[str, str, BookKind, int, Period, dict[str, int]]] = [
        (
            "BASE",
            "全国零售价",
            BookKind.BASE,
            brand_id,
            always,
            {code: item.price_fen for code, item in by_item.items()},
        ),
        (
            "MEMBER",
            "会员价",
            BookKind.MEMBER,
            brand_id,
            always,
            {code: item.member_fen for code, item in by_item.items() if item.member_fen is not None},
        ),
        ("WEEKS", "限时特价", BookKind.TIMED, brand_id, weeks, goods.TIMED_FEN),
        (
            "AIRPORT",
            "陆家嘴店价",
            BookKind.BASE,
            chain.units["0009"].id,
            always,
            {code: item.price_fen + 200 for code, item in by_item.items() if item.category == "DRINK"},
        ),
    ]
    with bar("prices", len(books)) as advance:
        for code, name, kind, unit_id, period, amounts in books:
            book = pricing.create_book(
                code=code, name=name, kind=kind, unit_id=unit_id, period=period, actor=SYSTEM, now=now
            )
            pricing.set_prices(
                book_id=book.id,
                prices=[NewPrice(sku_id=skus[sku].id, amount_fen=fen) for sku, fen in amounts.items()],
                actor=SYSTEM,
                now=now,
            )
            advance(1)


def _stock(chain: Chain, skus: list[SkuInfo], *, now: datetime) -> None:
    """Opening stock: plenty in warehouses, a shelf's worth in stores, a few gaps so that screens tell something."""
    chance = random.Random(SEED)  # noqa: S311 - a demo must be the same every time
    with bar("opening stock", len(chain.locations)) as advance:
        for code, location in chain.locations.items():
            lines = []
            for sku in skus:
                pieces = (
                    chance.randint(200, 900)
                    if code.startswith("WH-")
                    else chance.choice((0, 12, 24, 24, 40, 40, 60, 60, 80))
                )
                if pieces:
                    lines.append(Goods(sku_id=sku.id, quantity=pieces * sku.quantity_scale, line=sku.code))
            inventory.receive(
                location_id=location.unit.id,
                owner_id=location.owner_id,
                lines=lines,
                cause_kind="demo",
                cause_id=f"opening:{code}",
                kind="opening",
                actor=SYSTEM,
                now=now,
            )
            advance(1)


def _staff(chain: Chain, *, now: datetime) -> None:
    for role in identity.roles():
        if role.needs_totp:
            # A visitor of the demo has no authenticator app; a real chain keeps the product's choice.
            identity.change_role(code=role.code, needs_totp=False, actor=SYSTEM, now=now)
    # Side by side: a password and a PIN are hashed for each, slowly on purpose.
    with bar("staff", len(people.STAFF)) as advance, ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda person: _person(person, chain, now=now), people.STAFF):
            advance(1)


def _person(person: people.Person, chain: Chain, *, now: datetime) -> None:
    unit_id = chain.units[person.unit].id
    try:
        member = identity.create_staff(
            username=person.username,
            name=person.name,
            unit_id=unit_id,
            password=people.PASSWORD,
            pin=person.pin,
            language=person.language,
            actor=SYSTEM,
            now=now,
        )
        identity.assign_role(
            staff_id=member.id,
            role_code=person.role,
            scope=person.scope,
            unit_id=unit_id if person.scope is not Scope.ALL else None,
            actor=SYSTEM,
            now=now,
        )
    finally:
        connection.close()  # the thread's own
