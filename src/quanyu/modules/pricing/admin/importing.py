"""Prices from files: a row is the price of one SKU in one book."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.catalog import api as catalog
from quanyu.modules.organization import api as organization
from quanyu.modules.pricing import api
from quanyu.modules.pricing.contracts import Book, NewPrice
from quanyu.platform.files import importer
from quanyu.platform.files.columns import Column, Kind, Value
from quanyu.platform.files.importer import Deed, Importer, Known, Row, RowError, error

COLUMNS = (
    Column(
        "book",
        "价目表编码",
        "Price book code",
        Kind.CODE,
        ("价格表编码", "价格本编码", "价目表", "价格表", "价格本", "book", "price book"),
        hint=N_("As the list of price books shows it"),
        sample=("BASE", "BASE"),
        longest=40,
    ),
    Column(
        "sku",
        "商品编码",
        "Item code",
        Kind.CODE,
        ("编码", "货号", "SKU编码", "SKU", "条码", "商品条码", "barcode", "sku code"),
        hint=N_("The item code, or one of its barcodes"),
        sample=("AP-001", "6901234567892"),
        longest=48,
    ),
    Column(
        "price",
        "价格",
        "Price",
        Kind.MONEY,
        ("售价", "零售价", "会员价", "销售价", "单价", "新价格", "amount", "retail price"),
        is_needed=True,
        is_clearable=True,
        hint=N_("Tax included, per piece or kilogram; a dash takes the item out of the book"),
        sample=("12.80", "6.50"),
    ),
)


def look_up(rows: Sequence[Row], actor: Actor, now: datetime, hold: bool) -> list[Known]:  # noqa: FBT001 - the protocol of importers
    """Return the prices that stand; with ``hold`` nobody else changes these books until the transaction ends."""
    named = {row.text("book") for row in rows}
    books = {book.code: book for book in api.books() if book.code in named}
    paths = organization.paths(unit_ids={book.unit_id for book in books.values()})
    codes = {row.text("sku") for row in rows}
    skus = catalog.sku_ids_by_code(codes=codes)
    by_barcode = catalog.sku_codes_of_barcodes(codes=[code for code in codes if code not in skus])
    of_barcodes = catalog.sku_ids_by_code(codes=by_barcode.values())
    skus |= {code: of_barcodes[sku] for code, sku in by_barcode.items()}
    standing = api.prices_in_books(book_ids=[book.id for book in books.values()], sku_ids=skus.values(), hold=hold)
    seen: dict[tuple[int, int], int] = {}
    found = []
    for row in rows:
        book, sku_id = books.get(row.text("book")), skus.get(row.text("sku"))
        errors = _errors(row, book, sku_id, actor, paths, now)
        if book is None or sku_id is None or errors:
            found.append(Known(errors=errors))
            continue
        # A barcode and a code may name the same item.
        earlier = seen.setdefault((book.id, sku_id), row.number)
        if earlier != row.number:
            found.append(Known(errors=[error("repeated", "sku", row=earlier)]))
            continue
        amount = standing.get((book.id, sku_id))
        values: dict[str, Value | None] = {"book": row.text("book"), "sku": row.text("sku"), "price": amount}
        found.append(Known(amount is not None, values if amount is not None else {}, thing=(book.id, sku_id)))
    return found


def write(deeds: Sequence[Deed], import_id: str, actor: Actor, now: datetime) -> None:
    """Ring at pricing's door once for each book."""
    by_book: dict[int, list[NewPrice]] = {}
    for deed in deeds:
        book_id, sku_id = deed.known.thing
        amount = deed.row.values["price"]
        by_book.setdefault(book_id, []).append(NewPrice(sku_id, amount if isinstance(amount, int) else None))
    for book_id in sorted(by_book):
        api.set_prices(book_id=book_id, prices=by_book[book_id], actor=actor, now=now)


def _errors(
    row: Row,
    book: Book | None,
    sku_id: int | None,
    actor: Actor,
    paths: dict[int, tuple[int, ...]],
    now: datetime,
) -> list[RowError]:
    errors = []
    if book is None or not actor.reaches(api.EDIT, unit_path=paths.get(book.unit_id, ())):
        errors.append(error("unknown", "book", shown=row.text("book")))
    elif not book.is_active or (book.period.end is not None and book.period.end <= now):
        errors.append(
            RowError(
                "pricing.book_closed", "book", N_("This price book has ended"), N_("Write the code of one that holds.")
            )
        )
    if sku_id is None:
        errors.append(error("unknown", "sku", shown=row.text("sku")))
    return errors


importer.add(
    Importer(
        name="prices",
        title=_("Prices"),
        note=_("Prices of items in price books: base, member and timed prices."),
        icon="price_change",
        permission=api.EDIT,
        columns=COLUMNS,
        keys=("book", "sku"),
        look_up=look_up,
        write=write,
        columns_of={"amount_fen": "price", "sku_id": "sku", "book_id": "book"},
        order=20,
    )
)
