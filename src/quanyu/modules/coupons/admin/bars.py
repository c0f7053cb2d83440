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


def cells(figures: Figures, *, whole: int | None = None) -> tuple[object, ...]:
    """Return the figures of one row, as ``COLUMNS`` name them; the bar is what was used of ``whole`` or the claims."""
    return (
        number(figures.claimed),
        number(figures.used),
        bar(figures.used, figures.claimed if whole is None else whole),
        yuan(figures.sales_fen),
        yuan(figures.cost_fen),
    )


def by_staff(rows: Iterable[tuple[object, Figures]]) -> Table:
    """Return what came of the claims that members of staff unlocked."""
    title = _("By staff: claims they unlocked, and what came of these")
    return Table(title, (Column(_("Staff")), *COLUMNS), [(name, *cells(figures)) for name, figures in rows])


def by_store(rows: Iterable[tuple[object, Figures]], *, used: int) -> Table:
    """Return what was claimed and used where; a coupon claimed here may be used there, so the bar is of all uses."""
    columns = [Column(_("Store")), *COLUMNS]
    columns[3] = Column(_("Share of all uses"))
    title = _("By store: claimed there, used there")
    return Table(title, columns, [(name, *cells(figures, whole=used)) for name, figures in rows])
