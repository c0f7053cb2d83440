"""The demo's catalogue: categories, brands, products with pictures, what each store lists, and the price books."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection

from quanyu.entrypoints.demo import goods, places, rhythm
from quanyu.entrypoints.demo.chain import BRAND, Chain
from quanyu.entrypoints.demo.progress import Told
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import ListingChange, NewProduct, NewSku, SkuInfo
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import BookKind, NewPrice

PICTURES = Path(__file__).parent / "pictures"
_CHECK_WEIGHTS = (1, 3) * 6
_LOW_TAX = ("FRUIT", "STAPLE")
_PRODUCTS_AT_ONCE = 64


def make(chain: Chain, told: Told, *, now: datetime) -> dict[str, SkuInfo]:
    """Make the catalogue and return its SKUs by code; the pictures are hung up with ``hang_up``."""
    categories: dict[str, int] = {}
    for position, (code, name, name_en) in enumerate(goods.CATEGORIES):
        parent, _, below = code.partition("-")
        categories[code] = catalog.create_category(
            code=code,
            name=name,
            name_en=name_en,
            parent_id=categories[parent] if below else None,
            position=position,
            actor=SYSTEM,
            now=now,
        ).id
    brands = {
        code: catalog.create_brand(code=code, name=brand.name, name_en=brand.name_en, actor=SYSTEM, now=now).id
        for code, brand in goods.BRANDS.items()
    }
    numbers = iter(range(1, 100_000))
    products = [_product(item, chain, categories, brands, numbers) for item in goods.ITEMS]
    told.part("products", len(products))
    ids: list[int] = []
    for start in range(0, len(products), _PRODUCTS_AT_ONCE):
        made = catalog.create_products(products=products[start : start + _PRODUCTS_AT_ONCE], actor=SYSTEM, now=now)
        ids += [sku_id for product in made for sku_id in product.sku_ids]
        told.step(len(made))
    skus = {sku.code: sku for sku in catalog.skus(ids=ids).values()}
    _listings(chain, skus, now=now)
    return skus


def _product(
    item: goods.Item, chain: Chain, categories: Mapping[str, int], brands: Mapping[str, int], numbers: Iterator[int]
) -> NewProduct:
    skus = []
    for variant in item.variants:
        number = next(numbers)
        skus.append(
            NewSku(
                code=f"{item.code}{variant.suffix}",
                name=f"{item.name} {variant.label}".strip(),
                name_en=f"{item.name_en} {variant.label_en}".strip(),
                specification=variant.specification,
                cost_fen=variant.cost_fen,
                plu=f"{number:05d}" if item.weighed else None,
                barcodes=() if item.weighed else (ean13(number),),
            )
        )
    return NewProduct(
        code=item.code,
        name=item.name,
        name_en=item.name_en,
        category_id=categories[item.category],
        brand_id=brands[goods.BRAND_CODES[item.brand]],
        unit_name=item.unit,
        supplier_id=chain.units[item.brand.supplier].id,
        is_weighed=item.weighed,
        tax_rate_bp=900 if item.group in _LOW_TAX else 1300,
        specification_names=item.attributes,
        description_html=_description(item),
        skus=tuple(skus),
    )


def _description(item: goods.Item) -> str:
    size = f"<li>规格:{item.spec}</li>" if item.spec else ""
    return f"<p>{item.brand.name} {item.name}。</p><ul><li>产地:{item.origin}</li>{size}</ul>"


def ean13(number: int) -> str:
    """Return a valid EAN-13 of the demo's own range (prefix 690) for a serial number."""
    body = f"6901234{number:05d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _CHECK_WEIGHTS, strict=True))
    return f"{body}{-total % 10}"


def _listings(chain: Chain, skus: Mapping[str, SkuInfo], *, now: datetime) -> None:
    """Take out of the smaller stores what they do not sell."""
    for store in places.STORES:
        left_out = [
            ListingChange(skus[f"{item.code}{variant.suffix}"].id, is_listed=False)
            for item in goods.ITEMS
            if item.group in places.FORMATS[store.format]
            for variant in item.variants
        ]
        if left_out:
            catalog.set_listings(unit_id=chain.units[store.code].id, listings=left_out, actor=SYSTEM, now=now)


def hang_up(pool: ThreadPoolExecutor, products: Mapping[str, int], *, now: datetime) -> list[Future[None]]:
    """Hang the pictures up beside other work: they are encoded at three sizes each."""
    return [
        pool.submit(_hang_up_one, product_id, (PICTURES / f"{code}.webp").read_bytes(), now)
        for code, product_id in products.items()
    ]


def _hang_up_one(product_id: int, content: bytes, now: datetime) -> None:
    catalog.add_image(product_id=product_id, content=content, actor=SYSTEM, now=now)


def picture_pool() -> ThreadPoolExecutor:
    """Return the threads for ``hang_up``: encoding needs no lock of Python's, so it runs on the other cores."""
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 2) - 1), thread_name_prefix="pictures")


def close_connections(pool: ThreadPoolExecutor) -> None:
    """Let the threads give their database connections back, and end them."""
    for _ in range(pool._max_workers):  # noqa: SLF001 - one closing per thread
        pool.submit(connection.close)
    pool.shutdown()


def prices(chain: Chain, skus: Mapping[str, SkuInfo], told: Told, *, opened: datetime, now: datetime) -> None:
    """Set up the books: base and member prices, a time of lower ones, a dearer store, and one that is planned."""
    always = Period(opened - timedelta(days=365), None)
    brand_id = chain.units[BRAND].id
    every = [(f"{item.code}{variant.suffix}", item, variant) for item in goods.ITEMS for variant in item.variants]
    base = {code: variant.price_fen for code, _, variant in every}
    member = {code: variant.member_fen for code, _, variant in every if variant.member_fen is not None}
    drinks = {code: variant.price_fen + 200 for code, item, variant in every if item.group == "DRINK"}
    planned = {code: fen * 105 // 1000 * 10 for code, fen in base.items() if code.startswith("D")}
    books: tuple[tuple[str, str, BookKind, int, Period, Mapping[str, int]], ...] = (
        ("BASE", "全国零售价", BookKind.BASE, brand_id, always, base),
        ("MEMBER", "会员价", BookKind.MEMBER, brand_id, always, member),
        (
            "WEEKS",
            "限时特价",
            BookKind.TIMED,
            brand_id,
            Period(opened, rhythm.at(now.astimezone(rhythm.SHANGHAI).date() + timedelta(days=14), 0)),
            goods.TIMED_FEN,
        ),
        ("AIRPORT", "陆家嘴店价", BookKind.BASE, chain.units["0009"].id, always, drinks),
        # Planned for one region: a second base book of the brand would overlap with the first.
        ("MILK-UP", "华东乳品调价(下周)", BookKind.BASE, chain.units["R-E"].id, _from_next_week(now), planned),
    )
    told.part("prices", len(books))
    for code, name, kind, unit_id, period, amounts in books:
        book = pricing.create_book(
            code=code, name=name, kind=kind, unit_id=unit_id, period=period, actor=SYSTEM, now=opened
        )
        changes = [NewPrice(sku_id=skus[sku].id, amount_fen=fen) for sku, fen in amounts.items()]
        pricing.set_prices(book_id=book.id, prices=changes, actor=SYSTEM, now=opened)
        told.step()


def _from_next_week(now: datetime) -> Period:
    return Period(rhythm.at(now.astimezone(rhythm.SHANGHAI).date() + timedelta(days=7), 0), None)
