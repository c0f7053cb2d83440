"""The prices of a book as a grid: searched, edited in place, saved with one outcome a cell; and a SKU's history."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.money import format_yuan, parse_yuan
from quanyu.kernel.problem import Invalid
from quanyu.modules.catalog import api as catalog
from quanyu.modules.pricing import api
from quanyu.modules.pricing.admin import price_history
from quanyu.modules.pricing.admin.price_rows import Rows, Told, rows_of
from quanyu.modules.pricing.contracts import PriceCell, PriceOutcome, PriceState
from quanyu.modules.pricing.models import PriceBook
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import clauses, in_language, moment, name_of, number, yuan
from quanyu.platform.console.registry import Lead, SitePage

VIEW = "pricing.view"
ROWS, HITS_PAGES, BOOKS, CELLS_MAX = 100, 10, 200, 2_000
_DIGITS_MAX = 18


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the grid; a POST writes its changed cells first."""
    books = _books(request)
    asked = request.GET.get("book", "")
    book = _one(books, asked) if asked else None
    content = {
        **context,
        "title": PAGE.title,
        "list_address": reverse("admin:pricing_pricebook_changelist"),
        "list_title": gettext("Price books"),
        "book": asked,
        "query": request.GET.get("q", ""),
        "category": request.GET.get("category", ""),
        "goods": "all" if request.GET.get("goods") == "all" else "",
    }
    if book is None:
        if request.method == "POST":
            raise Http404
        return TemplateResponse(request, "pricing/prices.html", {**content, "books": _choices(books, None)})
    content |= {
        "row_title": book.name,
        "row_address": reverse("admin:pricing_pricebook_change", args=[book.pk]),
        "back": address_of(book),
    }
    if request.GET.get("history"):
        shown = price_history.shown(book, _number(request.GET["history"]))
        return TemplateResponse(request, "pricing/price_history.html", {**content, **shown})
    is_editable = _is_editable(request, book)
    if request.method == "POST" and not is_editable:
        raise PermissionDenied
    told = _written(request, book) if request.method == "POST" else {}
    sku_ids, following = _skus(request, book)
    grid: Rows = rows_of(api.book(book_id=book.pk), [*sku_ids, *told], told)
    kept = {name: request.GET[name] for name in ("book", "q", "category", "goods") if request.GET.get(name)}
    start, end = moment(book.period.lower), moment(book.period.upper)
    period = f"{start} – {end}" if book.period.upper else gettext("from %(when)s") % {"when": start}
    content |= {
        "heading": book.name,
        "subtitle": clauses([book.get_kind_display(), name_of(book.unit), period]),
        "total": gettext("%(count)s prices") % {"count": number(book.prices.count())},
        "books": _choices(books, book),
        "categories": _categories(),
        "grid": grid,
        "is_editable": is_editable,
        "outcome": _summary(told),
        "has_trouble": _has_trouble(told),
        "first": f"?{urlencode(kept)}" if request.GET.get("after") else "",
        "following": f"?{urlencode({**kept, 'after': following})}" if following else "",
        "history": f"?{urlencode({'book': book.pk})}&history=",
    }
    return TemplateResponse(request, "pricing/prices.html", content, status=422 if _has_trouble(told) else 200)


def address_of(book: PriceBook) -> str:
    """Return the address of a book's grid."""
    return f"{reverse(f'admin:{PAGE.name}')}?book={book.pk}"


def _books(request: HttpRequest) -> Any:
    """Return the books within the reader's reach."""
    listed: Any = admin.site._registry[PriceBook]  # noqa: SLF001 - Django's own admin reads it so
    return listed.get_queryset(request).select_related("unit")


def _one(books: Any, asked: str) -> PriceBook:
    found: PriceBook | None = books.filter(pk=_number(asked)).first()
    if found is None:
        raise Http404
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
        raise Http404
    return int(text)


def _choices(books: Any, chosen: PriceBook | None) -> list[tuple[str, str]]:
    first = list(books.filter(is_active=True).order_by("code")[:BOOKS])
    if chosen is not None and chosen.pk not in {one.pk for one in first}:
        first.insert(0, chosen)
    return [(str(one.pk), f"{one.name} ({one.code})") for one in first]


def _categories() -> list[tuple[str, str]]:
    """Return the tree as choices, set in by depth; each stands below its parent."""
    return [
        (str(one.id), "\u3000" * (len(one.path) - 1) + in_language(one.name, one.name_en))
        for one in catalog.categories()
    ]


def _is_editable(request: HttpRequest, book: PriceBook) -> bool:
    """Tell whether the reader may change the book's prices, and it still holds or will."""
    if not access.may(request, api.EDIT):
        return False
    units = access.units_of(request, api.EDIT)
    is_over = book.period.upper is not None and book.period.upper <= system_clock.now()
    return book.is_active and not is_over and (units is None or book.unit_id in units)


def _skus(request: HttpRequest, book: PriceBook) -> tuple[list[int], str]:
    """Return a page of the SKUs asked for, and where the next one begins (nothing on the last)."""
    text, after = (request.GET.get(name, "").replace("\0", "").strip() for name in ("q", "after"))
    category = _number(request.GET["category"]) if request.GET.get("category") else None
    if request.GET.get("goods") == "all":
        try:
            page = catalog.search(text=text, category_id=category, cursor=after or None, limit=ROWS)
        except Invalid:
            raise Http404 from None
        return list(page.sku_ids), page.next_cursor or ""
    rows = book.prices.order_by("sku__code").filter(sku__code__gt=after)
    if category is not None:
        below = [one.id for one in catalog.categories() if category in one.path]
        rows = rows.filter(sku__product__category_id__in=below)
    if text:
        rows = rows.filter(sku_id__in=_hits(text))
    found = list(rows.values_list("sku_id", "sku__code")[: ROWS + 1])
    return [sku_id for sku_id, _code in found[:ROWS]], found[ROWS - 1][1] if len(found) > ROWS else ""


def _hits(text: str) -> set[int]:
    """Return what a text finds among the goods on sale; a whole code or barcode finds what is off sale too."""
    found, cursor = set(catalog.sku_ids_by_code(codes=[text]).values()), None
    of_barcode = catalog.sku_codes_of_barcodes(codes=[text])
    found |= set(catalog.sku_ids_by_code(codes=of_barcode.values()).values())
    for _page in range(HITS_PAGES):
        page = catalog.search(text=text, cursor=cursor, limit=100)
        found |= set(page.sku_ids)
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


def _written(request: HttpRequest, book: PriceBook) -> dict[int, Told]:
    """Write what can be read as a price; return what became of each cell, by SKU. Raises ``Http404`` for nonsense."""
    try:
        changes = msgspec.json.decode(request.POST.get("changes", ""), type=list[tuple[str, str, str]])
    except msgspec.DecodeError:
        raise Http404 from None
    if len(changes) > CELLS_MAX:
        raise Http404
    told, cells = {}, []
    for key, was, wanted in changes:
        sku_id = _number(key)
        try:
            seen = _fen(was)
        except ValueError:
            raise Http404 from None
        try:
            cells.append(PriceCell(sku_id, seen, _fen(wanted)))
        except ValueError:
            told[sku_id] = Told(PriceState.REFUSED, wanted[:40], gettext("Enter an amount in yuan, such as 12.50."))
    actor, now = access.actor_of(request), system_clock.now()
    outcomes = api.write_prices(book_id=book.pk, cells=cells, actor=actor, now=now) if cells else []
    return told | {one.cell.sku_id: Told(one.state, _typed(one), _text(one)) for one in outcomes}


def _fen(text: str) -> int | None:
    """Return the fen of an amount as people type it; ``None`` for an empty cell. Raises ``ValueError``."""
    text = unicodedata.normalize("NFKC", text).replace(",", "").replace("¥", "").strip()
    return parse_yuan(text) if text else None


def _typed(outcome: PriceOutcome) -> str:
    return "" if outcome.cell.wanted_fen is None else format_yuan(outcome.cell.wanted_fen)


def _text(outcome: PriceOutcome) -> str:
    if outcome.state is PriceState.SAVED:
        return gettext("Saved")
    if outcome.state is PriceState.REFUSED:
        return gettext("Not saved: %(reason)s") % {"reason": gettext(outcome.reason)}
    if outcome.state is PriceState.STALE:
        values = {
            "who": access.person(outcome.actor) or gettext("Somebody else"),
            "when": moment(outcome.at),
            "now": yuan(outcome.now_fen) if outcome.now_fen is not None else gettext("not in this book"),
            "mine": yuan(outcome.cell.wanted_fen) if outcome.cell.wanted_fen is not None else gettext("empty"),
        }
        return gettext("%(who)s made it %(now)s at %(when)s; yours (%(mine)s) is not saved") % values
    return ""


def _summary(told: Mapping[int, Told]) -> str:
    if not told:
        return ""
    count = Counter(one.state for one in told.values())
    return gettext("%(saved)s saved, %(stale)s changed by others meanwhile, %(refused)s refused.") % {
        "saved": count[PriceState.SAVED] + count[PriceState.SAME],
        "stale": count[PriceState.STALE],
        "refused": count[PriceState.REFUSED],
    }


def _has_trouble(told: Mapping[int, Told]) -> bool:
    trouble: Sequence[PriceState] = (PriceState.STALE, PriceState.REFUSED)
    return any(one.state in trouble for one in told.values())


PAGE = SitePage("price_grid", "pricing/prices", _("Prices of a book"), VIEW, view)
registry.add_page(PAGE)
registry.hang_lead("pricing.pricebook", Lead(_("All prices"), "table_edit", VIEW, address_of))
