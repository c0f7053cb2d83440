"""Lists and pages of a model, read-only, for whoever's permission reaches the row; everything else does not exist.

Nothing is ever written through Django's model forms: there is no address for it. Rows change by deeds, and a deed
calls the module's api.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanyu.platform.console import access, arrange, batch, filters, registry
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Facts, Page
from quanyu.platform.console.deeds import Deed, perform
from quanyu.platform.console.formats import field_text
from quanyu.platform.console.list_screen import ListScreen

Row = TypeVar("Row", bound=models.Model)
EVERYWHERE: tuple[str, ...] = ()
# A page that htmx asks for goes into the drawer beside a list; on its own it stands in the site's frame.
FRAME, DRAWER = "admin/base.html", "console/drawer.html"


class ScopedAdmin(ListScreen, Generic[Row]):
    """The base of every list. A subclass names its permission and its units; without both it does not load."""

    # Paths to the units a row belongs to; any of them within reach shows it. EVERYWHERE: master data without units.
    unit_lookups: ClassVar[tuple[str, ...]]
    deeds: ClassVar[tuple[Deed, ...]] = ()
    list_deeds: ClassVar[tuple[Deed, ...]] = ()
    detail_fields: ClassVar[tuple[str, ...]] = ()
    detail_template: ClassVar[str] = "console/detail.html"

    actions = None
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        missing = [name for name in ("view_permission", "unit_lookups") if not hasattr(cls, name)]
        if missing:
            raise TypeError(f"{cls.__name__} must say {' and '.join(missing)}: default deny")

    # Who sees what.

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the list in menus to whoever holds its permission anywhere."""
        return access.may(request, self.view_permission)

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Let whoever holds the permission in; rows out of reach are not found by then."""
        return access.may(request, self.view_permission)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: rows are made by deeds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Never: rows change by deeds."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Never: nothing is deleted from a screen."""
        return False

    def reach(self, units: frozenset[int]) -> Q:
        """Return which rows belong to the units."""
        found = Q(pk__in=[]) if self.unit_lookups else Q()
        for lookup in self.unit_lookups:
            found |= Q(**{f"{lookup}__in": units})
        return found

    def units_of_row(self, row: Row) -> set[int]:
        """Return the units a row belongs to, for deeds; the same paths as :meth:`reach`."""
        return {unit for unit in (_follow(row, lookup) for lookup in self.unit_lookups) if unit is not None}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        """Return the rows within reach."""
        rows: QuerySet[Row] = super().get_queryset(request)
        units = access.units_of(request, self.view_permission)
        return rows if units is None else rows.filter(self.reach(units))

    def row(self, request: HttpRequest, object_id: str) -> Row:
        """Return one row within reach. Raises ``Http404`` for any other, existing or not."""
        try:
            return self.get_queryset(request).get(pk=unquote(object_id))
        except (self.model.DoesNotExist, ValidationError, ValueError, OverflowError):
            raise Http404 from None

    # Addresses.

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses there are: the list, a row, deeds on either and on chosen rows."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        list_view: Callable[..., HttpResponse] = require_safe(self.changelist_view)
        deed_view = require_http_methods(["GET", "POST"])(self.deed_view)
        return [
            path("", wrap(list_view), name=f"{name}_changelist"),
            path("act/<slug:deed_name>/", wrap(deed_view), name=f"{name}_act"),
            path("batch/<slug:deed_name>/", wrap(require_POST(self.batch_view)), name=f"{name}_batch"),
            path("<path:object_id>/act/<slug:deed_name>/", wrap(deed_view), name=f"{name}_act_on"),
            path("<path:object_id>/", wrap(require_safe(self.detail_view)), name=f"{name}_change"),
        ]

    def address(self, row: Row) -> str:
        """Return the address of a row's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[quote(row.pk)])

    def deed_address(self, deed: Deed, row: Row | None) -> str:
        """Return the address of a deed."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_act"
        if row is None:
            return reverse(name, args=[deed.name])
        return reverse(f"{name}_on", args=[quote(row.pk), deed.name])

    # Screens.

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the list with the deeds that make new rows."""
        self._demand_view(request)
        kept = self.kept(request)
        offered = [deed for deed in self.all_list_deeds() if not deed.is_quiet and access.may(request, deed.permission)]
        # What is filtered now goes along, so that a deed on the list can mean what is on the screen.
        seen = filters.without(request.GET, (filters.VIEW,)).removeprefix("?")
        following = f"?{urlencode({'filters': seen})}" if seen else ""
        buttons = [(deed, f"{self.deed_address(deed, None)}{following}") for deed in offered]
        shown = {**self.list_context(request, kept), "buttons": buttons, **(extra_context or {})}
        return TemplateResponse(request, self.change_list_template, shown)

    def detail_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show one row."""
        self._demand_view(request)
        row = self.row(request, object_id)
        page = self.page(request, row)
        page.main.extend(registry.cards_at(self.place, row))
        buttons = [(deed, self.deed_address(deed, row)) for deed in self.offered(request, row)]
        leads = [(lead, lead.to(row)) for lead in registry.leads_at(self.place) if access.may(request, lead.permission)]
        shown = {"title": page.title, "page": page, "buttons": buttons, "leads": leads, **page.extra}
        context = {**self._context(request, row), **shown}
        answer = TemplateResponse(request, self.detail_template, context)
        patch_vary_headers(answer, ["HX-Request"])
        return answer

    def page(self, request: HttpRequest, row: Row) -> Page:
        """Return what stands on a row's page: by default its ``detail_fields``."""
        return Page(title=str(row), main=[Facts("", self.facts(row))])

    def name_of_row(self, row: Row) -> str:
        """Return what a row is called above a deed on it."""
        return str(row)

    def facts(self, row: Row, names: Iterable[str] = ()) -> list[tuple[object, object]]:
        """Return fields of a row as labelled values."""
        return [_fact(row, name) for name in (names or self.detail_fields or self._all_fields())]

    def all_deeds(self) -> list[Deed]:
        """Return the deeds on a row, those of other modules included."""
        return [*self.deeds, *registry.deeds_at(self.place)]

    def all_list_deeds(self) -> list[Deed]:
        """Return the deeds on the list as a whole, those that every list has included."""
        return [*self.list_deeds, *registry.list_deeds(self.place, self.view_permission), arrange.deed_of(self)]

    def batch_deeds(self) -> list[Deed]:
        """Return the deeds that are offered on chosen rows, those of other modules included."""
        return [deed for deed in self.all_deeds() if deed.is_batch and not deed.needs_step_up]

    def offered(self, request: HttpRequest, row: Row) -> list[Deed]:
        """Return the deeds this person may do on this row as it stands."""
        units = self.units_of_row(row)
        return [deed for deed in self.all_deeds() if self.may_do(request, deed, units) and deed.when(row)]

    def may_do(self, request: HttpRequest, deed: Deed, of_row: set[int] | None) -> bool:
        """Tell whether the deed's permission reaches one of a row's units (``None``: a deed on the list)."""
        if not access.may(request, deed.permission):
            return False
        if of_row is None or not self.unit_lookups:
            return True
        units: Units = access.units_of(request, deed.permission)
        return units is None or bool(units & of_row)

    def deed_view(self, request: HttpRequest, deed_name: str, object_id: str | None = None) -> HttpResponse:
        """Ask for, confirm and do a deed. A row out of reach is 404, a permission that is not held 403."""
        self._demand_view(request)
        row = None if object_id is None else self.row(request, object_id)
        known = self.all_list_deeds() if row is None else self.all_deeds()
        deed = next((deed for deed in known if deed.name == deed_name), None)
        if deed is None:
            raise Http404
        if not self.may_do(request, deed, None if row is None else self.units_of_row(row)):
            raise PermissionDenied
        if row is not None and not deed.when(row) and request.method == "GET":
            raise Http404
        back = self.list_address if row is None else self.address(row)
        context = self._context(request, row)
        if row is None and deed.name == arrange.NAME:
            context |= self.arrangement(request)
        return perform(request, deed, subject=row, back=back, context=context)

    def batch_view(self, request: HttpRequest, deed_name: str) -> HttpResponse:
        """Confirm and do a deed on chosen rows, each for itself."""
        self._demand_view(request)
        deed = next((deed for deed in self.batch_deeds() if deed.name == deed_name), None)
        if deed is None:
            raise Http404
        if not access.may(request, deed.permission):
            raise PermissionDenied
        query = filters.tidy(QueryDict(request.POST.get(batch.QUERY, ""))).urlencode()
        back = f"{self.list_address}?{query}" if query else self.list_address
        return batch.perform(self, request, deed, context=self._context(request, None), back=back)

    def _demand_view(self, request: HttpRequest) -> None:
        if not access.may(request, self.view_permission):
            raise PermissionDenied

    def _context(self, request: HttpRequest, row: Row | None) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "list_title": capfirst(self.opts.verbose_name_plural),
            "list_address": self.list_address,
            "frame": DRAWER if request.headers.get("HX-Request") else FRAME,
            "row_title": self.name_of_row(row) if row is not None else "",
            "row_address": self.address(row) if row is not None else "",
        }

    def _all_fields(self) -> list[str]:
        return [field.name for field in self.opts.concrete_fields if field.editable and not field.primary_key]


class UnitFilter(RelatedFieldListFilter):
    """A filter by a related unit that names only units within reach. ``limits`` narrows them further."""

    limits: ClassVar[dict[str, Any]] = {}

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return the units to choose from."""
        units = access.units_of(request, model_admin.view_permission)
        limits = self.limits if units is None else {**self.limits, "pk__in": units}
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, ordering=ordering or ("code",), limit_choices_to=limits)


def unit_filter(field: str, **limits: Any) -> tuple[str, type[UnitFilter]]:
    """Return a list filter by a unit of certain kinds (``kind="store"``)."""
    return field, type("LimitedUnitFilter", (UnitFilter,), {"limits": limits})


def _follow(row: Any, lookup: str) -> int | None:
    for name in lookup.split("__"):
        row = None if row is None else getattr(row, name)
    return None if row is None else int(row)


def _fact(row: models.Model, name: str) -> tuple[object, object]:
    try:
        field = row._meta.get_field(name)
    except FieldDoesNotExist:
        value = getattr(row, name)
        return capfirst(name), value
    label = str(getattr(field, "verbose_name", name))
    # Amounts are shown in yuan, so the unit in the field's own label would mislead.
    return capfirst(label.replace(" (fen)", "").replace("（分）", "")), field_text(row, field)  # type: ignore[arg-type]
