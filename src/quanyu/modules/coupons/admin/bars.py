"""Figures of coupons as tables with bars: how much of what was claimed was used, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from quanyu.modules.coupons.contracts import Figures
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import NOTHING, number, yuan

_WIDTH = 120
COLUMNS = (
    Column(_("Claimed"), is_number=True),
    Column(_("Used"), is_number=True),
    Column(_("Share used")),
    Column(_("Sales with it"), is_number=True),
    Column(_("Taken off"), is_number=True),
)


def bar(part: int, whole: int) -> SafeString | str:
    """Return a bar as long as the part of the whole, with the percentage beside it."""
    if not whole:
        return NOTHING
    share = min(part / whole, 1)
    return format_html(
        '<span style="display:inline-flex;align-items:center;gap:.6rem;white-space:nowrap">'
        '<svg width="{}" height="8" role="img" aria-hidden="true"><rect width="{}" height="8" rx="4" '
        'fill="var(--qy-line)"/><rect width="{}" height="8" rx="4" fill="var(--color-primary-500)"/></svg>{}</span>',
        _WIDTH,
        _WIDTH,
        round(share * _WIDTH),
        f"{share:.0%}",
    )


def cells(figures: Figures) -> tuple[object, ...]:
    """Return the figures of one row, as ``COLUMNS`` name them."""
    return (
        number(figures.claimed),
        number(figures.used),
        bar(figures.used, figures.claimed) if figures.claimed else NOTHING,
        yuan(figures.sales_fen),
        yuan(figures.cost_fen),
    )


def table(title: object, who: object, rows: Iterable[tuple[object, Figures]], *, empty: object = "") -> Table:
    """Return a table of figures by whatever ``who`` says."""
    return Table(title, (Column(who), *COLUMNS), [(name, *cells(figures)) for name, figures in rows], empty=empty)
