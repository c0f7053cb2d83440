"""How figures look on a screen: yuan, quantities with their unit, times in the stores' zone, names, badges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from quanyu.kernel.money import format_yuan
from quanyu.kernel.quantity import Quantity

NOTHING = "–"


def yuan(fen: int | None) -> str:
    """Return ``"¥1,234.50"`` for 123450 fen; a dash for nothing."""
    if fen is None:
        return NOTHING
    whole, _, cents = format_yuan(abs(fen)).partition(".")
    return f"{'-' if fen < 0 else ''}¥{int(whole):,}.{cents}"


def minus(fen: int) -> str:
    """Return an amount that is taken off: ``"-¥5.00"``, a dash for zero."""
    return yuan(-fen) if fen else NOTHING


def number(value: int | None) -> str:
    """Return ``"12,345"``; a dash for nothing."""
    return NOTHING if value is None else f"{value:,}"


def quantity(base: int | None, scale: int, unit: str = "") -> str:
    """Return base units as a person counts them: ``"3 盒"``, ``"0.525 kg"``."""
    if base is None:
        return NOTHING
    sign = "-" if base < 0 else ""
    text = sign + str(Quantity(abs(base), scale))
    shown = gettext("kg") if scale != 1 else unit
    return f"{text} {shown}".strip()


def moment(at: datetime | None) -> str:
    """Return ``"2026-11-22 17:30"`` in the stores' time zone; a dash for nothing."""
    return NOTHING if at is None else timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def span(start: datetime, end: datetime | None) -> str:
    """Return ``"2026-11-22 17:30-18:30"`` in the stores' time zone; the end with its day where it is another one."""
    if end is None:
        return moment(start)
    first, last = timezone.localtime(start), timezone.localtime(end)
    until = f"{last:%H:%M}" if first.date() == last.date() else f" {last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M}-{until}"


def percent(basis_points: int) -> str:
    """Return ``"13%"`` for 1300 basis points."""
    return f"{basis_points / 100:g}%"


def listed(items: Iterable[object]) -> str:
    """Return things side by side: ``"苹果、梨"``, in English ``"apples, pears"``; nothing for none."""
    return ("、" if _in_chinese() else ", ").join(map(str, items))


def clauses(items: Iterable[object]) -> str:
    """Return statements one after the other: ``"满 99 减 15；满 199 减 40"``; nothing for none."""
    return ("；" if _in_chinese() else "; ").join(map(str, items))


def _in_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def tick(is_so: object) -> SafeString:
    """Return a tick or a dash, with a word for those who cannot see it."""
    if is_so:
        return format_html('<span class="qy-yes" aria-label="{}">✓</span>', gettext("Yes"))
    return format_html('<span class="qy-no" aria-label="{}">{}</span>', gettext("No"), NOTHING)


def badge(text: object, tone: str = "plain") -> SafeString:
    """Return a coloured label; tones: good, warn, bad, info, plain."""
    return format_html('<span class="qy-badge qy-{}">{}</span>', tone, text)


def in_language(name: str, name_en: str) -> str:
    """Return the name that suits the reader; Chinese where there is no English one."""
    return name_en if name_en and not _in_chinese() else name


def name_of(thing: Any) -> str:
    """Return a thing's name in the reader's language; a dash for nothing."""
    if thing is None:
        return NOTHING
    return in_language(str(thing), getattr(thing, "name_en", ""))


def link(url_name: str, key: object, text: object) -> SafeString | str:
    """Return a link to a page of the console, or the bare text where there is no such page."""
    try:
        address = reverse(f"admin:{url_name}", args=[key])
    except NoReverseMatch:
        return str(text)
    return format_html('<a class="qy-link" href="{}">{}</a>', address, text)


def column(
    title: Any, show: Callable[[Any], object], *, order: str | None = None, numeric: bool = False
) -> Callable[[Any, Any], object]:
    """Return a list column from a function of the row; ``order`` names the field it sorts by."""

    @admin.display(description=title, ordering=order)
    def shown(_: Any, row: Any) -> object:
        text = show(row)
        return format_html('<span class="qy-number">{}</span>', text) if numeric else text

    # The heading of figures stands where the figures stand.
    shown.is_number = numeric  # type: ignore[attr-defined]
    return shown


def yuan_column(field: str, title: Any) -> Callable[[Any, Any], object]:
    """Return a list column that shows an amount in fen as yuan."""
    return column(title, lambda row: yuan(getattr(row, field)), order=field, numeric=True)


def moment_column(field: str, title: Any) -> Callable[[Any, Any], object]:
    """Return a list column that shows a moment in the stores' time zone."""
    return column(title, lambda row: moment(getattr(row, field)), order=field)


def name_column(field: str, title: Any, *, order: str | None = None) -> Callable[[Any, Any], object]:
    """Return a list column that shows a related thing's name in the reader's language."""
    return column(title, lambda row: name_of(getattr(row, field)), order=order)


def field_text(row: models.Model, field: models.Field[Any, Any]) -> object:
    """Return a field's value as a person reads it."""
    value = getattr(row, field.name)
    if field.choices:
        return getattr(row, f"get_{field.name}_display")() or NOTHING
    if isinstance(field, models.BooleanField):
        return tick(value)
    if isinstance(field, models.DateTimeField):
        return moment(value)
    if isinstance(field, models.ForeignKey):
        return name_of(value)
    if field.name.endswith("_fen"):
        return yuan(value)
    if field.name.endswith("_bp"):
        return percent(value)
    return NOTHING if value in (None, "") else value
