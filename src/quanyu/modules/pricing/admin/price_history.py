"""How the price of a SKU in a book went: a line over time, and every change with who made it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.pricing import api
from quanyu.modules.pricing.contracts import PriceHistoryEntry
from quanyu.modules.pricing.models import PriceBook
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import in_language, link, moment, yuan

ENTRIES = 100
# The picture's own measure, in units of its view box.
WIDTH, HEIGHT, EDGE = 640, 120, 6


def shown(book: PriceBook, sku_id: int) -> dict[str, Any]:
    """Return what the page says of a SKU's prices in a book. Raises ``Http404`` where there is no such SKU."""
    sku = catalog.skus(ids=[sku_id]).get(sku_id)
    if sku is None:
        raise Http404
    entries = api.history(sku_id=sku_id, book_id=book.pk, limit=ENTRIES)
    rows = [(moment(one.at), yuan(one.before_fen), yuan(one.after_fen), access.person(one.actor)) for one in entries]
    columns = [
        Column(gettext("When"), is_time=True),
        Column(gettext("Before"), is_number=True),
        Column(gettext("After"), is_number=True),
        Column(gettext("By")),
    ]
    known = [fen for one in entries for fen in (one.before_fen, one.after_fen) if fen is not None]
    return {
        "heading": in_language(sku.name, sku.name_en),
        "sku_link": link("catalog_sku_change", sku_id, sku.code),
        "line": _line(entries),
        "width": WIDTH,
        "height": HEIGHT,
        "highest": yuan(max(known, default=None)),
        "lowest": yuan(min(known, default=None)),
        "since": moment(entries[-1].at) if entries else "",
        "card": Table(gettext("Price changes"), columns, rows, empty=gettext("No changes yet.")),
    }


def _line(entries: list[PriceHistoryEntry]) -> str:
    """Return the SVG path of the price from its first change until now: steps, with gaps where it was in no book."""
    steps = [(one.at.timestamp(), one.after_fen) for one in reversed(entries)]
    amounts = [fen for _at, fen in steps if fen is not None]
    if not amounts:
        return ""
    now, first = system_clock.now().timestamp(), steps[0][0]
    span, low = max(now - first, 1.0), min(amounts)
    spread = max(max(amounts) - low, 1)

    def across(at: float) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * min(max((at - first) / span, 0.0), 1.0), 1)

    drawn = []
    for index, (at, fen) in enumerate(steps):
        if fen is None:
            continue
        until = steps[index + 1][0] if index + 1 < len(steps) else now
        down = round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (fen - low) / spread, 1)
        pen = "L" if index and steps[index - 1][1] is not None else "M"
        drawn.append(f"{pen}{across(at)} {down}H{across(until)}")
    return "".join(drawn)
