"""Console screens of price books: what they say, who changed it, and prices edited in place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.pricing import api
from quanyu.modules.pricing.contracts import BookKind
from quanyu.modules.pricing.models import BOOK_KIND_LABELS, PriceBook, PriceChange
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    in_language,
    link,
    moment,
    moment_column,
    name_column,
    name_of,
    yuan,
    yuan_column,
)
from quanyu.platform.console.forms import DeedForm, MomentField, next_hour, period_from, unit_choices
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

VIEW = "pricing.view"
PRICES_SHOWN = 200


class BookForm(DeedForm):
    """Asks for a new price book."""

    code = forms.CharField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=list(BOOK_KIND_LABELS.items()))
    unit_id = forms.ChoiceField(label=_("Valid for"), help_text=_("It holds there and everywhere below."))
    tier = forms.CharField(label=_("Membership tier (empty: every member)"), max_length=20, required=False)
    starts = MomentField(label=_("Starts"))
    ends = MomentField(label=_("Until"))

    def prepare(self) -> None:
        """Offer the units within reach, and a week from the next hour."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=api.EDIT)
        within = unit_choices(unit for unit in organization.units_of_kind() if reach is None or unit.id in reach)
        self.fields["unit_id"].choices = within  # type: ignore[attr-defined]
        self.fields["starts"].initial, self.fields["ends"].initial = next_hour(), next_hour(days=7)

    def clean(self) -> dict[str, Any]:
        """Make the period."""
        values = super().clean() or {}
        if values.get("starts") and values.get("ends"):
            values["period"] = period_from(values["starts"], values["ends"])
        return values


class CloseForm(DeedForm):
    """Asks when the book ends."""

    at = MomentField(label=_("Ends at"))

    def prepare(self) -> None:
        """Propose the next full hour."""
        self.fields["at"].initial = next_hour()


def _create(call: Call) -> Done:
    values = call.values
    made = api.create_book(
        code=values["code"],
        name=values["name"],
        kind=BookKind(values["kind"]),
        unit_id=int(values["unit_id"]),
        tier=values["tier"],
        period=values["period"],
        actor=call.actor,
        now=call.now,
    )
    address = reverse("admin:pricing_pricebook_change", args=[made.id])
    return Done(gettext("The price book is open. Now set its prices."), go_to=address)


def _close(call: Call) -> Done:
    api.close_book(book_id=call.subject.pk, at=call.values["at"], actor=call.actor, now=call.now)
    return Done(gettext("The price book ends then."))


def _with_above(units: frozenset[int]) -> set[int]:
    """Return the units and all above them: a book holds for everything below its unit."""
    return {unit_id for path in organization.paths(unit_ids=units).values() for unit_id in path}


@admin.register(PriceBook)
class PriceBookAdmin(ScopedAdmin[PriceBook]):
    """Price books."""

    view_permission = VIEW
    unit_lookups = ("unit_id",)
    list_display = ("code", "name", "kind", "valid_for", "tier_shown", "starts", "ends", "price_count")
    list_filter = ("kind", "is_active", unit_filter("unit"))
    search_fields = ("code", "name")
    list_select_related = ("unit",)
    ordering = ("code",)
    list_deeds = (Deed("create", _("New price book"), api.EDIT, _create, BookForm, "add", "primary"),)
    deeds = (Deed("close", _("End the book"), api.EDIT, _close, CloseForm, "event_busy", "danger"),)

    valid_for = name_column("unit", _("Valid for"))
    tier_shown = column(_("Membership tier"), lambda book: book.tier or NOTHING)
    starts = column(_("Starts"), lambda book: moment(book.period.lower))
    ends = column(_("Until"), lambda book: moment(book.period.upper))
    price_count = column(_("Prices"), lambda book: book.price_total, numeric=True)

    def reach(self, units: frozenset[int]) -> Q:
        """Let a place see the books that hold for it."""
        return Q(unit_id__in=_with_above(units))

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the prices along."""
        return super().get_queryset(request).annotate(price_total=Count("prices"))

    def page(self, request: HttpRequest, row: PriceBook) -> Page:
        """Return the book with its prices."""
        facts: list[tuple[object, object]] = [
            (_("Code"), row.code),
            (_("Kind"), row.get_kind_display()),
            (_("Valid for"), name_of(row.unit)),
            (_("Membership tier"), row.tier or NOTHING),
            (_("Starts"), moment(row.period.lower)),
            (_("Until"), moment(row.period.upper)),
        ]
        prices = row.prices.select_related("sku__product").order_by("sku__code")[:PRICES_SHOWN]
        rows = [
            (
                link("catalog_sku_change", price.sku_id, price.sku.code),
                in_language(price.sku.name, price.sku.name_en),
                yuan(price.amount_fen),
                gettext("kg") if price.sku.quantity_scale != 1 else price.sku.product.unit_name,
                moment(price.changed_at),
            )
            for price in prices
        ]
        columns = [
            Column(_("SKU code")),
            Column(_("Name")),
            Column(_("Price"), is_number=True),
            Column(_("Per")),
            Column(_("Changed at"), is_time=True),
        ]
        note = ""
        if len(rows) == PRICES_SHOWN:
            note = gettext("Only the first %(count)s prices are shown.") % {"count": PRICES_SHOWN}
        table = Table(_("Prices"), columns, rows, note=note, empty=_("No prices yet."))
        state = badge(_("Active"), "good") if row.is_active else badge(_("Closed"))
        return Page(title=row.name, badges=[state], main=[Facts("", facts), table])


@admin.register(PriceChange)
class PriceChangeAdmin(ScopedAdmin[PriceChange]):
    """How prices changed, and by whom."""

    view_permission = VIEW
    unit_lookups = ("book__unit_id",)
    list_display = ("when", "sku_code", "sku_name", "in_book", "before", "after", "by")
    list_filter = (("at", admin.DateFieldListFilter),)
    search_fields = ("sku__code__exact", "book__code__exact")
    search_help_text = _("SKU code or price book code")
    list_select_related = ("sku", "book")
    ordering = ("-id",)

    when = moment_column("at", _("When"))
    sku_code = column(_("SKU code"), lambda row: row.sku.code)
    sku_name = column(_("Name"), lambda row: in_language(row.sku.name, row.sku.name_en))
    in_book = column(_("Price book"), lambda row: row.book.name)
    before = yuan_column("before_fen", _("Before"))
    after = yuan_column("after_fen", _("After"))
    by = column(_("By"), lambda row: access.person(row.actor))

    def reach(self, units: frozenset[int]) -> Q:
        """Let a place see the changes of the books that hold for it."""
        return Q(book__unit_id__in=_with_above(units))

    def page(self, request: HttpRequest, row: PriceChange) -> Page:
        """Return the change."""
        facts: list[tuple[object, object]] = [
            (_("SKU"), link("catalog_sku_change", row.sku_id, in_language(row.sku.name, row.sku.name_en))),
            (_("Price book"), link("pricing_pricebook_change", row.book_id, row.book.name)),
            (_("Before"), yuan(row.before_fen)),
            (_("After"), yuan(row.after_fen)),
            (_("By"), access.person(row.actor)),
            (_("When"), moment(row.at)),
        ]
        return Page(title=gettext("Price change"), main=[Facts("", facts)])
