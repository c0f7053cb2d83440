"""The rows of a price book's grid: what stands, what it is compared with, what comes next, what became of an edit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from quanyu.kernel.clock import system_clock
from quanyu.kernel.money import format_yuan
from quanyu.modules.catalog import api as catalog
from quanyu.modules.organization import api as organization
from quanyu.modules.pricing import api
from quanyu.modules.pricing.contracts import Book, BookKind, PriceState
from quanyu.platform.console import access
from quanyu.platform.console.formats import in_language, moment, yuan

_COMING_MAX = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an edited price: ``typed`` as the editor wrote it, ``text`` what he reads beside it."""

    state: PriceState
    typed: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A SKU of the grid. ``was`` is the price as shown, ``value`` what stands in the field (a refused one as typed)."""

    sku_id: int
    code: str
    name: str
    picture: str
    unit: str
    was: str
    value: str
    compared: str
    gap: str
    gap_tone: str
    member: str
    coming: str
    coming_when: str
    changed_at: str
    changed_by: str
    state: str
    text: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows, and which columns have anything to say."""

    rows: Sequence[Row]
    compared_title: str
    has_member: bool
    has_coming: bool


def rows_of(book: Book, sku_ids: Collection[int], told: dict[int, Told]) -> Rows:
    """Return the rows of SKUs by their codes; a fixed number of queries."""
    now = system_clock.now()
    path = organization.paths(unit_ids=[book.unit_id])[book.unit_id]
    skus = catalog.skus(ids=sku_ids)
    standing = {sku_id: fen for (_, sku_id), fen in api.prices_in_books(book_ids=[book.id], sku_ids=skus).items()}
    here = api.prices(unit_id=book.unit_id, sku_ids=skus, tier="", at=now, path=path)
    above = api.prices(unit_id=book.unit_id, sku_ids=skus, tier="", at=now, path=path[:-1])
    compared = {sku_id: price.base_fen for sku_id, price in (above if book.kind is BookKind.BASE else here).items()}
    members = {} if book.kind is BookKind.MEMBER else {key: price.member_fen for key, price in here.items()}
    coming = _coming(book, path, skus, now)
    changes = api.last_changes(book_id=book.id, sku_ids=skus)
    rows = []
    for sku in sorted(skus.values(), key=lambda one: one.code):
        fen, change, outcome = standing.get(sku.id), changes.get(sku.id), told.get(sku.id)
        was = "" if fen is None else format_yuan(fen)
        is_wrong = outcome is not None and outcome.state is PriceState.REFUSED
        gap, tone = _gap(fen, compared.get(sku.id))
        next_fen, next_when = coming.get(sku.id, (None, ""))
        rows.append(
            Row(
                sku_id=sku.id,
                code=sku.code,
                name=in_language(sku.name, sku.name_en),
                picture=sku.image_thumb,
                unit=gettext("kg") if sku.is_weighed else sku.unit_name,
                was=was,
                value=outcome.typed if outcome and is_wrong else was,
                compared=yuan(compared.get(sku.id)),
                gap=gap,
                gap_tone=tone,
                member=yuan(members.get(sku.id)),
                coming=yuan(next_fen) if next_when else "",
                coming_when=next_when,
                changed_at=moment(change.at) if change else "",
                changed_by=access.person(change.actor) if change else "",
                state=outcome.state.value if outcome and outcome.text else "",
                text=outcome.text if outcome else "",
                is_wrong=is_wrong,
            )
        )
    title = "" if not compared else gettext("Price above") if book.kind is BookKind.BASE else gettext("Base price")
    return Rows(rows, title, any(members.values()), bool(coming))


def _coming(book: Book, path: Collection[int], sku_ids: Collection[int], now: datetime) -> dict[int, tuple[int, str]]:
    """Return the next price that a book to come has for a SKU here, and from when."""
    kinds = {book.kind, BookKind.TIMED}
    later = [
        (one.period.start, one)
        for one in api.books(unit_ids=path)
        if one.is_active and one.kind in kinds and one.tier in ("", book.tier) and one.id != book.id
        if one.period.start is not None and one.period.start > now
    ]
    later = sorted(later, key=lambda pair: pair[0])[:_COMING_MAX]
    amounts = api.prices_in_books(book_ids=[one.id for _, one in later], sku_ids=sku_ids) if later else {}
    found: dict[int, tuple[int, str]] = {}
    for start, one in later:
        for sku_id in sku_ids:
            if (one.id, sku_id) in amounts and sku_id not in found:
                when = gettext("from %(when)s (%(book)s)") % {"when": moment(start), "book": one.name}
                found[sku_id] = (amounts[one.id, sku_id], when)
    return found


def _gap(fen: int | None, other_fen: int | None) -> tuple[str, str]:
    """Return by how much a price differs from another, and its tone."""
    if fen is None or not other_fen or fen == other_fen:
        return "", ""
    return f"{(fen - other_fen) * 100 / other_fen:+.1f}%", "up" if fen > other_fen else "down"
