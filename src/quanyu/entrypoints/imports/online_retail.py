"""Online Retail (D. Chen, UCI, CC BY 4.0): an online shop's invoices, with returns.

An invoice becomes one journal order of the mall, paid and handed over. A row of a credit note (number starting
with C) becomes a return of earlier lines of the same customer, product and price; what has no such line in the
file is listed, never guessed. Rows that move no goods for money (stock corrections, bad debts) are listed too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from quanyu.entrypoints.imports import chain, parquet
from quanyu.entrypoints.imports.complete_journey import unit_price
from quanyu.entrypoints.imports.progress import bar
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import NewProduct, NewSku
from quanyu.modules.checkout.contracts import JournalPrice, PlaceOrder, TenderGiven, WantedLine
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization import api as organization
from quanyu.modules.payments.contracts import Tender

SOURCE = "online-retail"
PREFIX = "OR"
_NAMESPACE = UUID("1d4c8a52-77a2-5a60-8f9f-64be53a86a4f")
_ZONE = ZoneInfo("Asia/Shanghai")

# ``row`` keeps the file's order: the lines of an invoice are numbered by it.
_ROWS = """
    SELECT InvoiceNo AS invoice, upper(trim(StockCode)) AS code, coalesce(Description, '') AS description,
           Quantity AS quantity, CAST(round(Quantity * UnitPrice * 100) AS BIGINT) AS net_fen,
           strptime(InvoiceDate, ['%m/%d/%y %H:%M', '%m/%d/%Y %H:%M', '%Y-%m-%d %H:%M:%S']) AS moment,
           coalesce(CustomerID, 0) AS customer, row_number() OVER () AS position
    FROM {invoices}
"""
_SOLD = f"SELECT * FROM ({_ROWS}) WHERE invoice NOT LIKE 'C%' AND quantity > 0 AND net_fen >= 0"  # noqa: S608
_RETURNED = f"SELECT * FROM ({_ROWS}) WHERE invoice LIKE 'C%' AND quantity < 0 AND net_fen <= 0"  # noqa: S608


@dataclass(frozen=True, slots=True)
class FileTotals:
    """What the file says; amounts in fen of its own currency."""

    orders: int
    lines: int
    net_fen: int
    return_rows: int
    returned_fen: int
    other_rows: int


@dataclass(frozen=True, slots=True)
class Directory:
    """From the file's codes to ours."""

    store_id: int
    skus: dict[str, int]
    members: dict[int, UUID]


def file_of(path: Path) -> Path:
    """Return the file itself, or the one Parquet file of the folder."""
    if path.is_dir():
        found = sorted(path.glob("*.parquet"))
        return found[0] if found else path / "online_retail.parquet"
    return path


def totals(path: Path) -> FileTotals:
    """Return what a replay must reach."""
    file = file_of(path)
    orders, lines, net = next(
        parquet.rows(
            f"SELECT count(DISTINCT invoice), count(*), coalesce(sum(net_fen), 0)::BIGINT FROM ({_SOLD})",  # noqa: S608
            invoices=file,
        )
    )
    back, back_fen = next(
        parquet.rows(
            f"SELECT count(*), coalesce(-sum(net_fen), 0)::BIGINT FROM ({_RETURNED})",  # noqa: S608
            invoices=file,
        )
    )
    every = parquet.value("SELECT count(*) FROM {invoices}", invoices=file)
    return FileTotals(
        orders=orders,
        lines=lines,
        net_fen=net,
        return_rows=back,
        returned_fen=back_fen,
        other_rows=every - lines - back,
    )


def import_chain(path: Path, *, now: datetime) -> Directory:
    """Make the web shop, products, members, prices and opening stock from the file; safe to repeat."""
    file = file_of(path)
    parent = chain.region(code=PREFIX, name="网上零售", name_en="Online Retail", now=now)
    shop = chain.store(code=f"{PREFIX}-WEB", name="网店", name_en="Web shop", parent=parent, place=0, now=now)
    rows = list(
        parquet.rows(
            f"SELECT code, max(description), sum(quantity)::BIGINT, median(net_fen * 1.0 / quantity), min(moment) "  # noqa: S608
            f"FROM ({_SOLD}) GROUP BY code ORDER BY code",
            invoices=file,
        )
    )
    _import_products(rows, now=now)
    directory = read_directory(path, now=now)
    prices = [(directory.skus[code], round(price)) for code, _, _, price, _ in rows]
    since = min(row[4] for row in rows)
    chain.set_base_prices(code=f"{PREFIX}-BASE", unit=parent, prices=prices, since=_moment(since), now=now)
    with bar("opening stock", len(rows)) as advance:
        goods = [Goods(sku_id=directory.skus[code], quantity=quantity, line=code) for code, _, quantity, *_ in rows]
        chain.open_stock(location=shop, source=SOURCE, goods=goods, now=now)
        advance(len(rows))
    return directory


def _import_products(rows: list[tuple[Any, ...]], *, now: datetime) -> None:
    known = catalog.product_ids_by_code(codes=[f"{PREFIX}-{row[0]}" for row in rows])
    fresh = [row for row in rows if f"{PREFIX}-{row[0]}" not in known]
    category = chain.Categories(prefix=PREFIX, now=now).id_of("Gifts")
    with bar("products", len(fresh)) as advance:
        for batch in chain.batches(fresh):
            products = []
            for code, description, *_ in batch:
                name = description.strip()[:110] or code
                sku = NewSku(code=f"{PREFIX}-{code}", name=name, name_en=name)
                products.append(
                    NewProduct(
                        code=sku.code, name=name, name_en=name, category_id=category, unit_name="件", skus=(sku,)
                    )
                )
            catalog.create_products(products=products, actor=SYSTEM, now=now)
            advance(len(batch))


def read_directory(path: Path, *, now: datetime) -> Directory:
    """Return the ids that the import gave; members are found or made by their customer number."""
    file = file_of(path)
    codes = [row[0] for row in parquet.rows(f"SELECT DISTINCT code FROM ({_SOLD})", invoices=file)]  # noqa: S608
    skus = catalog.sku_ids_by_code(codes=[f"{PREFIX}-{code}" for code in codes])
    customers = parquet.rows(
        f"SELECT DISTINCT customer FROM ({_SOLD}) WHERE customer > 0 ORDER BY 1",  # noqa: S608
        invoices=file,
    )
    found = {}
    ids = [row[0] for row in customers]
    with bar("members", len(ids)) as advance:
        for customer in ids:
            key = Key(kind=KeyKind.EXTERNAL, value=str(customer), namespace=SOURCE)
            found[customer] = members.find_or_create(keys=[key], channel="import", now=now).id
            advance(1)
    return Directory(
        store_id=organization.unit_by_code(code=f"{PREFIX}-WEB").id,
        skus={code: skus[f"{PREFIX}-{code}"] for code in codes},
        members=found,
    )


def orders(path: Path, directory: Directory) -> Iterator[PlaceOrder]:
    """Yield the file's invoices as commands in time order."""
    rows = parquet.rows(f"{_SOLD} ORDER BY moment, invoice, position", invoices=file_of(path))
    for invoice, of_invoice in groupby(rows, key=lambda row: row[0]):
        lines = list(of_invoice)
        paid = sum(row[4] for row in lines)
        yield PlaceOrder(
            id=uuid5(_NAMESPACE, invoice),
            channel=Channel.MALL,
            store_id=directory.store_id,
            delivery=Delivery.EXPRESS,
            lines=tuple(_line(row, directory) for row in lines),
            member_id=directory.members.get(lines[0][6]),
            tenders=(TenderGiven(tender=Tender.CARD.value, amount_fen=paid),) if paid else (),
            happened_at=_moment(lines[0][5]),
            source=SOURCE,
        )


def _line(row: tuple[Any, ...], directory: Directory) -> WantedLine:
    _, code, _, quantity, net_fen, *_ = row
    price = unit_price(list_fen=net_fen, net_fen=net_fen, quantity=quantity, scale=1)
    return WantedLine(
        sku_id=directory.skus[code],
        quantity=quantity,
        journal=JournalPrice(unit_price_fen=price, net_fen=net_fen),
    )


@dataclass(slots=True)
class Returns:
    """The credit notes as return commands, and what could not be matched: (reason -> rows, fen)."""

    commands: list[ReturnCommand] = field(default_factory=list)
    unmatched_rows: Counter[str] = field(default_factory=Counter)
    unmatched_fen: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _SoldLine:
    order_id: UUID
    number: int
    quantity: int
    net_fen: int
    moment: datetime
    left: int


def returns(path: Path) -> Returns:
    """Match credit notes to sold lines: same customer and product, sold before, same price; newest sale first."""
    file = file_of(path)
    sold: dict[tuple[int, str], list[_SoldLine]] = defaultdict(list)
    rows = parquet.rows(f"{_SOLD} ORDER BY moment, invoice, position", invoices=file)
    for invoice, of_invoice in groupby(rows, key=lambda row: row[0]):
        for number, (_, code, _, quantity, net_fen, moment, customer, _) in enumerate(of_invoice, start=1):
            if customer:
                line = _SoldLine(uuid5(_NAMESPACE, invoice), number, quantity, net_fen, moment, quantity)
                sold[customer, code].append(line)
    result = Returns()
    for row in parquet.rows(f"{_RETURNED} ORDER BY moment, invoice, position", invoices=file):
        _match(row, sold, result)
    return result


def _match(row: tuple[Any, ...], sold: dict[tuple[int, str], list[_SoldLine]], result: Returns) -> None:
    invoice, code, _, quantity, net_fen, moment, customer, position = row
    back, back_fen = -quantity, -net_fen
    # Same price and enough of it left on one line: the refund is then exactly what the file says.
    candidates = [
        line
        for line in reversed(sold.get((customer, code), []))
        if line.moment <= moment and line.left >= back and line.net_fen * back == back_fen * line.quantity
    ]
    if not candidates:
        reason = "guest" if not customer else "no such sale in the file"
        result.unmatched_rows[reason] += 1
        result.unmatched_fen[reason] += back_fen
        return
    line = candidates[0]
    line.left -= back
    result.commands.append(
        ReturnCommand(
            id=uuid5(_NAMESPACE, f"{invoice}:{position}"),
            order_id=line.order_id,
            lines=(ReturnedLine(line_number=line.number, quantity=back),),
            reason="credit_note",
            happened_at=_moment(moment),
        )
    )


def _moment(timestamp: datetime) -> datetime:
    return timestamp.replace(tzinfo=_ZONE).astimezone(UTC)
