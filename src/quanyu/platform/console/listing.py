"""A list as it is shown: the page of rows that an address asks for, by keys instead of page numbers.

Django's machinery of filters and search does the narrowing; order, paging, counting and drawing are our own. Rows are
never all counted: from ``COUNTED_MAX`` on, or when counting takes too long, a list says "more than".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db import OperationalError, connection, models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext
from psycopg import errors

from quanyu.platform import db
from quanyu.platform.console import filters, keyset
from quanyu.platform.console.formats import NOTHING, field_text, number
from quanyu.platform.console.keyset import Cursor, Key, Slice

COUNTED_MAX = 1_000
# A rare thing among a million rows may take its time to count; the page does not wait for it.
COUNTED_MS = 500
ONE_LINE = 32


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column. ``sorted_by``: ``ascending``, ``descending``, ``none``, or empty where nobody can."""

    name: str
    title: str
    is_number: bool
    sorted_by: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its address, and a cell for each heading as (text, class, whether it leads to the row)."""

    key: object
    address: str
    cells: Sequence[tuple[object, str, bool]]


class Listing(ChangeList):
    """Django's list of a model with its filters, cut by keys."""

    model_admin: Any

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.request = request
        self.notes: list[str] = []
        super().__init__(request, *args)

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """Return what the list knows of the address; the rest is never asked of the database."""
        found = super().get_filters_params(params)
        return {name: values for name, values in found.items() if name in self.known_names}

    @cached_property
    def known_names(self) -> set[str]:
        """Return the names by which an address may narrow this list."""
        return filters.known_names(self.model, self.list_filter, self.model_admin.link_lookups)

    @property
    def unknown_names(self) -> list[str]:
        """Return what the address says that the list does not know."""
        said = set(self.filter_params) - self.known_names - set(filters.OWN)
        return sorted(said)

    @cached_property
    def sorted_by(self) -> tuple[str, bool]:
        """Return the column that the address sorts by and whether downwards; an empty name: the list's own order."""
        asked = str(self.params.get(filters.SORT, ""))
        name = asked.removeprefix("-")
        return (name, asked.startswith("-")) if name in self.model_admin.sort_fields else ("", False)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Return the total order of the rows."""
        name, is_descending = self.sorted_by
        if not name:
            return self.model_admin.keys  # type: ignore[no-any-return]
        field = self.model_admin.sort_fields[name]
        return keyset.keys_of(self.model, [f"-{field}" if is_descending else field])

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return the order as Django writes it."""
        return [key.name for key in self.keys]

    def get_results(self, request: HttpRequest) -> None:
        """Read one page."""
        start, end = self._place(filters.AFTER), self._place(filters.BEFORE)
        page = keyset.cut(self.queryset, self.keys, size=self.list_per_page, start=start, end=end)
        if not page.rows and (start is not None or end is not None):
            # What stood there is gone, or never was: the beginning says more than an empty page.
            page = keyset.cut(self.queryset, self.keys, size=self.list_per_page, start=None, end=None)
        self._show(page)

    def _place(self, name: str) -> Cursor | None:
        text = self.params.get(name)
        if not text:
            return None
        try:
            return keyset.decode(self.keys, str(text))
        except keyset.BadCursor:
            self.notes.append(gettext("That place in the list is not known any more. Here is its beginning."))
            return None

    def _show(self, page: Slice) -> None:
        self.result_list: Any = page.rows
        self.rank, self.has_before, self.has_after = page.rank, page.has_before, page.has_after
        is_whole = not (page.has_before or page.has_after)
        # Counting stops where nobody reads the number any more.
        counted = len(page.rows) if is_whole else self._counted()
        self.is_more = counted is None or counted > COUNTED_MAX
        self.result_count = page.rank + len(page.rows) if counted is None else min(counted, COUNTED_MAX)
        self.full_result_count = self.result_count
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = False
        self.multi_page = not is_whole

    def _counted(self) -> int | None:
        """Return how many rows there are, at most one more than anybody reads; ``None``: it takes too long."""
        rows = self.queryset.order_by().values("pk")[: COUNTED_MAX + 1]
        is_alone = not connection.in_atomic_block
        try:
            with transaction.atomic():
                db.execute("SELECT set_config('statement_timeout', %s, true)", [str(COUNTED_MS)])
                counted: int = rows.count()
                if not is_alone:
                    # A transaction around this one goes on without our limit.
                    db.execute("SET LOCAL statement_timeout TO DEFAULT")
                return counted
        except OperationalError as late:
            if not isinstance(late.__cause__, errors.QueryCanceled):
                raise
            return None

    # What the screen says.

    @property
    def count_text(self) -> str:
        """Return how many rows there are, as far as they were counted."""
        if self.is_more:
            return gettext("more than %(count)s rows") % {"count": number(self.result_count)}
        if self.result_count == 1:
            return gettext("1 row")
        return gettext("%(count)s rows") % {"count": number(self.result_count)}

    @property
    def range_text(self) -> str:
        """Return which rows these are."""
        if not self.result_list:
            return ""
        first, last = number(self.rank + 1), number(self.rank + len(self.result_list))
        return gettext("Rows %(first)s–%(last)s") % {"first": first, "last": last}

    @property
    def after(self) -> str:
        """Return the address of the next page; empty at the end."""
        if not self.has_after or not self.result_list:
            return ""
        place = keyset.encode(self.keys, self.result_list[-1], self.rank + len(self.result_list))
        return filters.without(self.given, (), {filters.AFTER: place})

    @property
    def before(self) -> str:
        """Return the address of the page before; empty at the beginning."""
        if not self.has_before or not self.result_list:
            return ""
        place = keyset.encode(self.keys, self.result_list[0], self.rank)
        return filters.without(self.given, (), {filters.BEFORE: place})

    @property
    def first(self) -> str:
        """Return the address of the beginning."""
        return filters.without(self.given, ())

    @cached_property
    def given(self) -> QueryDict:
        """Return the address as far as the list knows it, without a place in the list."""
        left = self.request.GET.copy()
        for name in (filters.AFTER, filters.BEFORE, *self.unknown_names):
            left.pop(name, None)
        return left

    # Drawing.

    def headings(self, names: Sequence[str]) -> list[Heading]:
        """Return the headings of some columns; those that an index serves lead to the list sorted by them."""
        return [self._heading(name) for name in names]

    def _heading(self, name: str) -> Heading:
        title = capfirst(str(label_for_field(name, self.model, self.model_admin)))
        shown = getattr(self.model_admin, name, None)
        is_number = bool(getattr(shown, "is_number", False))
        if name not in self.model_admin.sort_fields:
            return Heading(name, title, is_number)
        by, is_descending = self.sorted_by
        following = f"-{name}" if by == name and not is_descending else name
        now = "none" if by != name else "descending" if is_descending else "ascending"
        return Heading(name, title, is_number, now, filters.without(self.given, (), {filters.SORT: following}))

    def lines(self, names: Sequence[str]) -> list[Line]:
        """Return the rows of the page with a cell for each column."""
        links = set(self.model_admin.list_display_links or names[:1])
        return [
            Line(row.pk, self.model_admin.address(row), [(*self._cell(row, name), name in links) for name in names])
            for row in self.result_list
        ]

    def _cell(self, row: Any, name: str) -> tuple[object, str]:
        shown = getattr(self.model_admin, name, None)
        if callable(shown):
            text = _or_dash(shown(row))
            return text, "qy-of-figures" if getattr(shown, "is_number", False) else _look(text)
        try:
            field = row._meta.get_field(name)
        except FieldDoesNotExist:
            value = getattr(row, name)
            text = _or_dash(value() if callable(value) else value)
            return text, _look(text)
        is_number = isinstance(field, models.IntegerField) and not field.choices
        text = field_text(row, field)
        return text, "qy-of-figures" if is_number else _look(text)


def _or_dash(value: object) -> object:
    return NOTHING if value in (None, "") else value


def _look(text: object) -> str:
    """Return the class of a cell: short ones stay on one line, sentences are broken."""
    return "qy-wrap" if len(strip_tags(str(text)).strip()) > ONE_LINE else ""
