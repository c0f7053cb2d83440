"""The screen of a list: query area, saved views, chosen columns, batch deeds, and one page of rows by keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from quanyu.platform.console import access, filters, keyset, own_lists
from quanyu.platform.console.arrange import NAME as ARRANGE
from quanyu.platform.console.deeds import Deed
from quanyu.platform.console.formats import listed
from quanyu.platform.console.listing import Listing
from quanyu.platform.console.search import search


class ListScreen(ModelAdmin):
    """What every list can do. Its order is its ``ordering`` and the primary key; it must leave no two rows equal."""

    view_permission: ClassVar[str]
    # Names by which other pages link to a part of the list, beside its filters: ``template__id__exact``.
    link_lookups: ClassVar[tuple[str, ...]] = ()
    # Columns that a person can add; the others of ``list_display`` he sees without asking.
    list_extra: ClassVar[tuple[str, ...]] = ()
    # Never more than some thousand rows: then it can be sorted by any of its columns, without an index.
    is_small: ClassVar[bool] = False
    list_note: ClassVar[object] = ""
    change_list_template = "console/list.html"

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        # Refused here, not when somebody turns the page: a key that may be empty, or an expression.
        self.keys = keyset.keys_of(model, self.ordering or model._meta.ordering)

    @cached_property
    def filters(self) -> list[Any]:
        """Return the filters, those by date as periods."""
        return filters.with_periods(self.list_filter)

    @cached_property
    def sort_fields(self) -> dict[str, str]:
        """Return by which columns the list can be sorted, and their fields: where an index serves the order."""
        served = _leading_fields(self.model)
        found = {}
        for name in self.list_display:
            path = self._order_field(str(name)).removeprefix("-")
            try:
                (key, *_rest) = keyset.keys_of(self.model, [path]) if path else ()
            except (TypeError, ValueError):
                continue
            # The name of a relation would sort by its number, which nobody knows.
            if (self.is_small or key.path in served) and key.path == path:
                found[str(name)] = path
        return found

    def _order_field(self, name: str) -> str:
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            order = getattr(getattr(self, name, None), "admin_order_field", None)
            return order if isinstance(order, str) else ""
        return "" if field.is_relation else name

    @property
    def list_address(self) -> str:
        """Return the address of the list."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let other pages link to a part of the list."""
        return lookup in self.link_lookups or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Return the filters."""
        return self.filters

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Return the rows in which the words stand, so that indexes can find them."""
        return search(queryset, [str(field) for field in self.get_search_fields(request)], search_term)

    def get_changelist_instance(self, request: HttpRequest) -> Listing:
        """Return the list as the address asks for it. Raises ``IncorrectLookupParameters``."""
        request.GET = filters.tidy(request.GET)  # type: ignore[assignment]
        return Listing(
            request,
            self.model,
            self.list_display,
            self.list_display_links,
            self.get_list_filter(request),
            None,
            self.get_search_fields(request),
            self.get_list_select_related(request),
            self.list_per_page,
            0,
            (),
            self,
            (),
            self.search_help_text,
        )

    # Columns.

    def known_columns(self, names: Iterable[str]) -> list[str]:
        """Return the names that are columns of the list, once each, the fixed ones first; none: all as declared."""
        every = [*map(str, self.list_display), *self.list_extra]
        chosen = [name for name in dict.fromkeys(names) if name in every and name not in self.fixed_columns]
        return [*self.fixed_columns, *chosen] if chosen else []

    @property
    def fixed_columns(self) -> list[str]:
        """Return the columns that always stand: they lead to the row."""
        shown = [str(name) for name in self.list_display]
        links = [str(name) for name in self.list_display_links or shown[:1]]
        return shown[: shown.index(links[0]) + 1] if links else shown[:1]

    def _columns(self, kept: own_lists.Kept) -> list[str]:
        return self.known_columns(kept.columns) or [str(name) for name in self.list_display]

    def _column_choices(self, shown: Sequence[str]) -> list[tuple[str, str, bool]]:
        """Return the columns to choose from as (name, title, whether shown), those shown in their order first."""
        every = dict.fromkeys([*shown, *map(str, self.list_display), *self.list_extra])
        optional = [name for name in every if name not in self.fixed_columns]
        return [(name, self._title(name), name in shown) for name in optional]

    def _title(self, name: str) -> str:
        return capfirst(str(label_for_field(name, self.model, self))) or gettext("Picture")

    # The screen.

    def kept(self, request: HttpRequest) -> own_lists.Kept:
        """Return what this person keeps of the list; a bare address then means the view it opens with."""
        request.GET = filters.tidy(request.GET)  # type: ignore[assignment]
        kept = own_lists.kept(staff_id=int(access.actor_of(request).id), place=self.place)
        if not request.GET and kept.default is not None:
            opened = QueryDict(kept.default.query, mutable=True)
            opened[filters.VIEW] = str(kept.default.id)
            request.GET = opened  # type: ignore[assignment]
        return kept

    def list_context(self, request: HttpRequest, kept: own_lists.Kept) -> dict[str, Any]:
        """Return everything the list's template draws, but for the buttons."""
        listing = self._listing(request)
        columns = self._columns(kept)
        controls = [filters.control(spec, listing, listing.given) for spec in listing.filter_specs]
        chips = filters.chips(listing.filter_specs, controls, listing.given)
        chips += [
            filters.linked(self.model, name, str(listing.given[name]))
            for name in self.link_lookups
            if name in listing.given
        ]
        return {
            **self.admin_site.each_context(request),
            "title": capfirst(self.opts.verbose_name_plural),
            "cl": listing,
            "list_note": self.list_note,
            "headings": listing.headings(columns),
            "lines": listing.lines(columns),
            "controls": controls,
            "chips": [(chip, filters.without(listing.given, (*chip.names, filters.VIEW))) for chip in chips],
            "search_chip": filters.without(listing.given, (filters.SEARCH, filters.VIEW)) if listing.query else "",
            "is_narrowed": bool(chips or listing.query),
            "batch": self.batch_offered(request),
            **self._views(request, kept, listing),
            "column_choices": self._column_choices(columns),
            "has_own_columns": bool(kept.columns),
        }

    def _views(self, request: HttpRequest, kept: own_lists.Kept, listing: Listing) -> dict[str, Any]:
        """Return the saved views as tabs, and which of them is open."""
        query = filters.without(listing.given, (filters.VIEW,)).removeprefix("?")
        open_id = listing.given.get(filters.VIEW, "")
        tabs = [
            {"saved": one, "address": f"?{one.query}&{filters.VIEW}={one.id}".replace("?&", "?")} for one in kept.saved
        ]
        opened = next((one for one in kept.saved if str(one.id) == open_id), None)
        return {
            "tabs": tabs,
            "view": opened,
            "is_view_changed": opened is not None and _pairs(opened.query) != _pairs(query),
            "everything": f"?{filters.VIEW}=0" if kept.default is not None else self.list_address,
            "keeps_view": opened.id if opened is not None else 0 if kept.default is not None else "",
            "default": kept.default,
            "list_query": query,
            "arrange": f"{self.list_address}act/{ARRANGE}/",
        }

    def arrangement(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the page of one's own views and columns shows."""
        kept = own_lists.kept(staff_id=int(access.actor_of(request).id), place=self.place)
        return {
            "kept": kept,
            "default": kept.default,
            "column_choices": self._column_choices(self._columns(kept)),
            "has_own_columns": bool(kept.columns),
            "list_query": request.GET.get("query", ""),
            "arrange": f"{self.list_address}act/{ARRANGE}/",
        }

    def _listing(self, request: HttpRequest) -> Listing:
        """Return the list; where the address asks for what cannot be, the whole list and a word about it."""
        try:
            listing = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            messages.warning(request, gettext("A filter in the address makes no sense here; it is left out."))
            request.GET = QueryDict(f"{filters.VIEW}=0")
            return self.get_changelist_instance(request)
        for note in listing.notes:
            messages.warning(request, note)
        if listing.unknown_names:
            told = gettext("This list has no filter called %(names)s; it is left out.")
            messages.warning(request, told % {"names": listed(listing.unknown_names)})
        return listing

    @property
    def place(self) -> str:
        """Return where deeds of other modules are hung: ``"orders.order"``."""
        return f"{self.opts.app_label}.{self.opts.model_name}"

    def batch_deeds(self) -> list[Deed]:
        """Return the deeds that are offered on chosen rows."""
        raise NotImplementedError

    def batch_offered(self, request: HttpRequest) -> list[tuple[Deed, str]]:
        """Return the batch deeds this person may do, with their addresses."""
        return [
            (deed, f"{self.list_address}batch/{deed.name}/")
            for deed in self.batch_deeds()
            if access.may(request, deed.permission)
        ]


def _pairs(query: str) -> list[tuple[str, list[str]]]:
    return sorted((name, sorted(values)) for name, values in QueryDict(query).lists())


def _leading_fields(model: type[models.Model]) -> set[str]:
    """Return the columns by which an index over the whole table is sorted first."""
    found = {
        field.attname for field in model._meta.concrete_fields if field.unique or getattr(field, "db_index", False)
    }
    for index in model._meta.indexes:
        if type(index) is models.Index and index.condition is None and index.fields:
            found.add(index.fields[0].removeprefix("-"))
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None and constraint.fields:
            found.add(constraint.fields[0])
    return found
