"""The Complete Journey (84.51 degrees, CC0): eight stores, 750 households, their receipts.

Import makes stores, categories, products, members, base prices and opening stock (what the file sells, so the
replay ends on the last piece). A basket becomes one order of the till: a journal order, sold at the price on the
receipt, paid in cash. Money in the file is what the shop received (``sales_value``); the discounts beside it make
the list price. Ids are derived from the file, so import and replay can be repeated and resumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from quanyu.entrypoints.imports import chain, parquet
from quanyu.entrypoints.imports.progress import bar
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.money import divide_half_up, line_amount
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import NewProduct, NewSku
from quanyu.modules.checkout.contracts import JournalPrice, PlaceOrder, TenderGiven, WantedLine
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization import api as organization
from quanyu.modules.payments.contracts import Tender

SOURCE = "complete-journey"
PREFIX = "CJ"
_NAMESPACE = UUID("6f0f1a3a-6a3e-5b0e-9d55-0c1ab3a8b6c1")
_ZONE = ZoneInfo("Asia/Shanghai")
# More base units than this on one line are not pieces but thousandths of a measure (petrol by volume).
_MEASURED_FROM = 1_000

# One row per receipt line, in time order. A line with money and no count is one piece; one with neither is
# nothing sold. Signs of the discount columns differ between cuts of the data.
_LINES = """
    SELECT basket_id, store_id, household_id, transaction_timestamp,
           product_id, CASE WHEN quantity = 0 THEN 1 ELSE quantity END AS quantity,
           CAST(round(sales_value * 100) AS BIGINT) AS net_fen,
           CAST(round((sales_value + abs(retail_disc) + abs(coupon_match_disc)) * 100) AS BIGINT) AS list_fen
    FROM {transactions}
    WHERE quantity > 0 OR sales_value > 0
"""


@dataclass(frozen=True, slots=True)
class FileTotals:
    """What the file says: orders, lines and money that were sold, and those in which nothing was."""

    orders: int
    lines: int
    net_fen: int
    empty_lines: int
    empty_orders: int


@dataclass(frozen=True, slots=True)
class Directory:
    """From the file's numbers to ours."""

    stores: dict[int, int]
    skus: dict[int, int]
    scales: dict[int, int]
    members: dict[int, UUID]


def _files(folder: Path) -> dict[str, Path]:
    return {"transactions": folder / "transactions.parquet"}


def totals(folder: Path) -> FileTotals:
    """Return what a replay must reach."""
    orders, lines, net = next(
        parquet.rows(
            f"SELECT count(DISTINCT basket_id), count(*), sum(net_fen)::BIGINT FROM ({_LINES})",  # noqa: S608
            **_files(folder),
        )
    )
    baskets_of_file, lines_of_file = next(
        parquet.rows("SELECT count(DISTINCT basket_id), count(*) FROM {transactions}", **_files(folder))
    )
    return FileTotals(
        orders=orders,
        lines=lines,
        net_fen=net,
        empty_lines=lines_of_file - lines,
        empty_orders=baskets_of_file - orders,
    )


def import_chain(folder: Path, *, now: datetime) -> Directory:
    """Make stores, products, members, prices and opening stock from the files; safe to repeat."""
    parent = chain.region(code=PREFIX, name="完整旅程", name_en="The Complete Journey", now=now)
    _import_stores(folder, parent=parent, now=now)
    _import_products(folder, now=now)
    directory = read_directory(folder, now=now)
    _import_prices(folder, directory, parent=parent, now=now)
    _import_stock(folder, directory, now=now)
    return directory


def _import_stores(folder: Path, *, parent: Any, now: datetime) -> None:
    ids = [row[0] for row in parquet.rows("SELECT DISTINCT store_id FROM {transactions} ORDER BY 1", **_files(folder))]
    with bar("stores", len(ids)) as advance:
        for place, store_id in enumerate(ids):
            chain.store(
                code=f"{PREFIX}-{store_id}",
                name=f"{store_id} 号店",
                name_en=f"Store {store_id}",
                parent=parent,
                place=place,
                now=now,
            )
            advance(1)


def _import_products(folder: Path, *, now: datetime) -> None:
    """Products of both files: some are sold that the product list does not know."""
    query = """
        SELECT t.product_id, coalesce(p.department, 'OTHER'), coalesce(p.product_category, 'OTHER'),
               coalesce(p.product_type, 'Product ' || t.product_id), coalesce(p.package_size, ''), t.most
        FROM (SELECT product_id, max(quantity) AS most FROM {transactions} GROUP BY product_id) t
        LEFT JOIN {products} p ON p.product_id = t.product_id ORDER BY 1
    """
    found = list(parquet.rows(query, **_files(folder), products=folder / "products.parquet"))
    known = catalog.product_ids_by_code(codes=[f"{PREFIX}-{row[0]}" for row in found])
    fresh = [row for row in found if f"{PREFIX}-{row[0]}" not in known]
    categories = chain.Categories(prefix=PREFIX, now=now)
    with bar("products", len(fresh)) as advance:
        for batch in chain.batches(fresh):
            catalog.create_products(products=[_product(row, categories) for row in batch], actor=SYSTEM, now=now)
            advance(len(batch))


def _product(row: tuple[Any, ...], categories: chain.Categories) -> NewProduct:
    product_id, department, category, kind, size, most = row
    code = f"{PREFIX}-{product_id}"
    name = f"{kind} {size}".strip()[:110]
    measured = most >= _MEASURED_FROM
    return NewProduct(
        code=code,
        name=name,
        name_en=name,
        category_id=categories.id_of(department, category),
        unit_name="kg" if measured else "件",
        is_weighed=measured,
        skus=(NewSku(code=code, name=name, name_en=name),),
    )


def read_directory(folder: Path, *, now: datetime) -> Directory:
    """Return the ids that the import gave; members are found or made by their household number."""
    stores = [row[0] for row in parquet.rows("SELECT DISTINCT store_id FROM {transactions}", **_files(folder))]
    products = [row[0] for row in parquet.rows("SELECT DISTINCT product_id FROM {transactions}", **_files(folder))]
    codes = {f"{PREFIX}-{product_id}": product_id for product_id in products}
    skus = {codes[code]: sku_id for code, sku_id in catalog.sku_ids_by_code(codes=list(codes)).items()}
    scales: dict[int, int] = {}
    for batch in chain.batches(skus.values()):
        scales.update((sku.id, sku.quantity_scale) for sku in catalog.skus(ids=batch).values())
    return Directory(
        stores={store_id: organization.unit_by_code(code=f"{PREFIX}-{store_id}").id for store_id in stores},
        skus=skus,
        scales=scales,
        members=_members(folder, now=now),
    )


def _members(folder: Path, *, now: datetime) -> dict[int, UUID]:
    query = "SELECT DISTINCT household_id FROM {transactions} WHERE household_id > 0 ORDER BY 1"
    households = [row[0] for row in parquet.rows(query, **_files(folder))]
    found = {}
    with bar("members", len(households)) as advance:
        for household in households:
            key = Key(kind=KeyKind.EXTERNAL, value=str(household), namespace=SOURCE)
            found[household] = members.find_or_create(keys=[key], channel="import", now=now).id
            advance(1)
    return found


def _import_prices(folder: Path, directory: Directory, *, parent: Any, now: datetime) -> None:
    query = f"SELECT product_id, median(list_fen * 1.0 / quantity) FROM ({_LINES}) GROUP BY 1"  # noqa: S608
    prices = []
    for product_id, per_unit in parquet.rows(query, **_files(folder)):
        sku_id = directory.skus[product_id]
        prices.append((sku_id, max(0, round(per_unit * directory.scales[sku_id]))))
    first = parquet.value("SELECT min(transaction_timestamp) FROM {transactions}", **_files(folder))
    with bar("prices", len(prices)) as advance:
        chain.set_base_prices(code=f"{PREFIX}-BASE", unit=parent, prices=prices, since=_moment(first), now=now)
        advance(len(prices))


def _import_stock(folder: Path, directory: Directory, *, now: datetime) -> None:
    query = f"SELECT store_id, product_id, sum(quantity)::BIGINT FROM ({_LINES}) GROUP BY 1, 2 ORDER BY 1, 2"  # noqa: S608
    rows = list(parquet.rows(query, **_files(folder)))
    locations = organization.locations(ids=directory.stores.values())
    with bar("opening stock", len(rows)) as advance:
        for store_id, of_store in groupby(rows, key=lambda row: row[0]):
            goods = [
                Goods(sku_id=directory.skus[product_id], quantity=quantity, line=str(product_id))
                for _, product_id, quantity in of_store
            ]
            chain.open_stock(location=locations[directory.stores[store_id]], source=SOURCE, goods=goods, now=now)
            advance(len(goods))


def baskets(folder: Path, directory: Directory) -> Iterator[PlaceOrder]:
    """Yield the file's baskets as commands in time order."""
    lines = parquet.rows(_LINES + " ORDER BY transaction_timestamp, basket_id, product_id", **_files(folder))
    for basket_id, of_basket in groupby(lines, key=lambda line: line[0]):
        rows = list(of_basket)
        paid = sum(row[6] for row in rows)
        _, store_id, household, moment, *_ = rows[0]
        yield PlaceOrder(
            id=uuid5(_NAMESPACE, str(basket_id)),
            channel=Channel.POS,
            store_id=directory.stores[store_id],
            delivery=Delivery.CARRY_OUT,
            lines=tuple(_line(row, directory) for row in rows),
            member_id=directory.members.get(household),
            tenders=(TenderGiven(tender=Tender.CASH.value, amount_fen=paid),) if paid else (),
            happened_at=_moment(moment),
            source=SOURCE,
        )


def _line(row: tuple[Any, ...], directory: Directory) -> WantedLine:
    *_, product_id, quantity, net_fen, list_fen = row
    sku_id = directory.skus[product_id]
    return WantedLine(
        sku_id=sku_id,
        quantity=quantity,
        journal=JournalPrice(
            unit_price_fen=unit_price(
                list_fen=max(list_fen, net_fen), net_fen=net_fen, quantity=quantity, scale=directory.scales[sku_id]
            ),
            net_fen=net_fen,
        ),
    )


def unit_price(*, list_fen: int, net_fen: int, quantity: int, scale: int) -> int:
    """Return the unit price in fen whose line amount is nearest to ``list_fen`` and not below ``net_fen``.

    Receipts tell amounts, not unit prices; the rest of the division is part of the line's discount.
    """
    price = divide_half_up(list_fen * scale, quantity)
    while line_amount(unit_price_fen=price, quantity=quantity, quantity_scale=scale) < net_fen:
        price += 1
    return price


def _moment(timestamp: datetime) -> datetime:
    return timestamp.replace(tzinfo=_ZONE).astimezone(UTC)
