"""Console screens of stock: counters, the ledger that explains them, reservations, and who may sell whose goods."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.inventory import api, rules
from quanyu.modules.inventory.admin import addresses, labels
from quanyu.modules.inventory.admin import counts_and_transfers as moving
from quanyu.modules.inventory.admin import deeds as can
from quanyu.modules.inventory.contracts import Figure as StockFigure
from quanyu.modules.inventory.models import Movement, Reservation, SharingPolicy, Stock
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Facts, Page, Table
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
    quantity,
    tick,
)
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

VIEW = api.VIEW
HISTORY_SHOWN = 50
LOCATION_KINDS = ["store", "warehouse"]


def shown(row: Any, base: int) -> str:
    """Return base units of a row's SKU with their unit."""
    return quantity(base, row.sku.quantity_scale, row.sku.product.unit_name)


def signed(row: Any, base: int) -> str:
    """Return a change with its sign; a dash for none."""
    if not base:
        return NOTHING
    return f"{'+' if base > 0 else ''}{shown(row, base)}"


def figure(row: Any, explained: StockFigure, base: int) -> object:
    """Return a figure of a stock row as a link to what explains it."""
    return addresses.linked(addresses.why(row, explained), shown(row, base))


def sku_link(row: Any) -> object:
    """Return the name of a row's SKU as a link to its stock over all locations."""
    return addresses.linked(addresses.of_sku(row.sku_id), in_language(row.sku.name, row.sku.name_en))


def place_link(row: Any) -> object:
    """Return the name of a row's location as a link to all that lies there."""
    return addresses.linked(addresses.of_location(row.location_id), name_of(row.location))


class LowStockFilter(admin.SimpleListFilter):
    """Rows of which little is left, or nothing."""

    title = _("availability")
    parameter_name = "available"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("low", _("Low")), ("none", _("Sold out"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the rows that fit."""
        if self.value() == "low":
            return low(queryset)
        return queryset.filter(on_hand=F("reserved"), sku__is_active=True) if self.value() == "none" else queryset


def low(rows: Any) -> Any:
    """Return stock at or below its safety stock, or below five pieces (kilograms) where none is set."""
    available = F("on_hand") - F("reserved")
    short = F("reserved") + F("safety") + rules.LOW_STOCK * F("sku__quantity_scale")
    return rows.filter(on_hand__lt=short, sku__is_active=True).annotate(left=available)


@admin.register(Stock)
class StockAdmin(ScopedAdmin[Stock]):
    """What each owner has of each SKU at each location."""

    view_permission = VIEW
    unit_lookups = ("location_id", "owner_id")
    list_display = (
        "sku_code",
        "sku_name",
        "at",
        "owned_by",
        "on_hand_shown",
        "reserved_shown",
        "available",
        "transit_shown",
        "damaged_shown",
        "safety_shown",
    )
    list_filter = (
        LowStockFilter,
        unit_filter("location", kind__in=LOCATION_KINDS),
        unit_filter("owner", kind__in=["enterprise", "brand", "dealer", "supplier"]),
        "sku__product__category",
    )
    search_fields = ("sku__code", "sku__name", "sku__name_en", "sku__barcodes__code__exact")
    search_help_text = _("SKU name, code or barcode")
    list_select_related = ("sku", "sku__product", "location", "owner")
    ordering = ("sku__code", "location_id", "owner_id")
    list_deeds = (can.RECEIVE_NEW, moving.ARRIVE_ALL)
    deeds = (*can.ROW_DEEDS, *moving.ROW_DEEDS)

    sku_code = column(_("SKU code"), lambda row: row.sku.code, order="sku__code")
    sku_name = column(_("Name"), sku_link)
    at = column(_("Location"), place_link, order="location__code")
    owned_by = name_column("owner", _("Owner"))
    on_hand_shown = column(
        _("On hand"), lambda row: figure(row, StockFigure.ON_HAND, row.on_hand), order="on_hand", numeric=True
    )
    reserved_shown = column(
        _("Reserved"), lambda row: figure(row, StockFigure.RESERVED, row.reserved), order="reserved", numeric=True
    )
    available = column(
        _("Available"), lambda row: figure(row, StockFigure.AVAILABLE, row.on_hand - row.reserved), numeric=True
    )
    transit_shown = column(
        _("In transit"), lambda row: figure(row, StockFigure.IN_TRANSIT, row.in_transit), numeric=True
    )
    damaged_shown = column(_("Damaged stock"), lambda row: figure(row, StockFigure.DAMAGED, row.damaged), numeric=True)
    safety_shown = column(_("Safety stock"), lambda row: shown(row, row.safety), numeric=True)

    def name_of_row(self, row: Stock) -> str:
        """Return the SKU and the place."""
        return f"{in_language(row.sku.name, row.sku.name_en)} · {name_of(row.location)}"

    def page(self, request: HttpRequest, row: Stock) -> Page:
        """Return the counters and the movements that explain them."""
        name = in_language(row.sku.name, row.sku.name_en)
        facts: list[tuple[object, object]] = [
            (_("SKU"), addresses.linked(addresses.of_sku(row.sku_id), f"{row.sku.code} {name}")),
            (_("Location"), place_link(row)),
            (_("Owner"), name_of(row.owner)),
            (_("Changed at"), moment(row.changed_at)),
        ]
        figures = [
            (_("On hand"), figure(row, StockFigure.ON_HAND, row.on_hand)),
            (_("Reserved"), figure(row, StockFigure.RESERVED, row.reserved)),
            (_("Available"), figure(row, StockFigure.AVAILABLE, row.on_hand - row.reserved)),
            (_("In transit"), figure(row, StockFigure.IN_TRANSIT, row.in_transit)),
            (_("Damaged stock"), figure(row, StockFigure.DAMAGED, row.damaged)),
            (_("Safety stock"), shown(row, row.safety)),
        ]
        found = Movement.objects.filter(location=row.location_id, sku=row.sku_id, owner=row.owner_id)
        related = found.select_related("sku__product").order_by("-id")[:HISTORY_SHOWN]
        history = movement_table(_("Latest movements"), list(related))
        return Page(title=self.name_of_row(row), figures=figures, main=[Facts("", facts), history])


def movement_table(title: object, movements: list[Movement]) -> Table:
    """Return movements with what they did and why."""
    columns = [
        Column(_("When"), is_time=True),
        Column(_("Kind")),
        Column(_("On hand"), is_number=True),
        Column(_("Damaged stock"), is_number=True),
        Column(_("In transit"), is_number=True),
        Column(_("On hand after"), is_number=True),
        Column(_("Cause")),
        Column(_("By")),
        Column(_("Reason")),
    ]
    rows = [
        (
            link("inventory_movement_change", movement.pk, moment(movement.at)),
            movement.get_kind_display(),
            signed(movement, movement.on_hand_delta),
            signed(movement, movement.damaged_delta),
            signed(movement, movement.in_transit_delta),
            shown(movement, movement.on_hand_after),
            cause(movement),
            access.person(movement.actor),
            movement.reason or NOTHING,
        )
        for movement in movements
    ]
    return Table(title, columns, rows, empty=_("No movements."))


def cause(row: Any) -> object:
    """Return what caused a row, with a link where it has a page."""
    kind = labels.CAUSES.get(row.cause_kind, row.cause_kind)
    if row.cause_kind == "order":
        return link("orders_order_change", row.cause_id, kind)
    if row.cause_kind == "return":
        return link("aftersales_return_change", row.cause_id, kind)
    if row.cause_kind == "exchange":
        return link("aftersales_request_change", row.cause_id, kind)
    if row.cause_kind == "transfer":
        return addresses.linked(addresses.transfers(transfer=row.cause_id), kind)
    return kind


@admin.register(Movement)
class MovementAdmin(ScopedAdmin[Movement]):
    """The stock ledger."""

    view_permission = VIEW
    unit_lookups = ("location_id", "owner_id")
    # What changed stands before where and whose: a narrow screen cuts off on the right.
    list_display = ("when", "kind", "sku_name", "change", "after", "at_place", "caused_by", "by", "owned_by")
    list_filter = (
        "kind",
        unit_filter("location", kind__in=LOCATION_KINDS),
        ("at", admin.DateFieldListFilter),
    )
    search_fields = ("sku__code__exact", "cause_id__exact")
    search_help_text = _("SKU code or the number of the cause")
    list_select_related = ("sku", "sku__product", "location", "owner")
    ordering = ("-at", "-id")

    when = moment_column("at", _("When"))
    sku_name = column(_("SKU"), sku_link)
    at_place = column(_("Location"), place_link)
    owned_by = name_column("owner", _("Owner"))
    change = column(_("On hand +/-"), lambda row: signed(row, row.on_hand_delta), numeric=True)
    after = column(_("On hand after"), lambda row: figure(row, StockFigure.ON_HAND, row.on_hand_after), numeric=True)
    caused_by = column(_("Cause"), cause)
    by = column(_("By"), lambda row: access.person(row.actor))

    def page(self, request: HttpRequest, row: Movement) -> Page:
        """Return the movement."""
        facts: list[tuple[object, object]] = [
            (_("When"), moment(row.at)),
            (_("Kind"), row.get_kind_display()),
            (_("SKU"), sku_link(row)),
            (_("Location"), place_link(row)),
            (_("Owner"), name_of(row.owner)),
            (_("On hand +/-"), signed(row, row.on_hand_delta)),
            (_("Damaged +/-"), signed(row, row.damaged_delta)),
            (_("In transit +/-"), signed(row, row.in_transit_delta)),
            (_("On hand after"), figure(row, StockFigure.ON_HAND, row.on_hand_after)),
            (_("Cause"), cause(row)),
            (_("Number of the cause"), f"{row.cause_id} {row.cause_line}".strip()),
            (_("By"), access.person(row.actor)),
            (_("Reason"), row.reason or NOTHING),
        ]
        return Page(title=gettext("Movement %(number)s") % {"number": row.pk}, main=[Facts("", facts)])


def reservation_badge(row: Reservation) -> object:
    """Return the state of a reservation in its colour."""
    tones = {"open": "warn", "issued": "good"}
    return badge(row.get_state_display(), tones.get(row.state, "plain"))


@admin.register(Reservation)
class ReservationAdmin(ScopedAdmin[Reservation]):
    """Units promised to orders."""

    view_permission = VIEW
    unit_lookups = ("location_id", "owner_id")
    list_display = ("made", "sku_name", "at_place", "owned_by", "amount", "state_shown", "lapses", "caused_by")
    list_filter = ("state", unit_filter("location", kind__in=LOCATION_KINDS))
    search_fields = ("sku__code__exact", "cause_id__exact")
    list_select_related = ("sku", "sku__product", "location", "owner")
    # Ids are made of the moment of reserving, so they stand in its order.
    ordering = ("-id",)

    made = moment_column("created_at", _("Created at"))
    sku_name = column(_("SKU"), sku_link)
    at_place = column(_("Location"), place_link)
    owned_by = name_column("owner", _("Owner"))
    amount = column(_("Quantity"), lambda row: shown(row, row.quantity), numeric=True)
    lapses = column(_("Lapses at"), lambda row: moment(row.expires_at))
    caused_by = column(_("Cause"), cause)
    state_shown = column(_("State"), reservation_badge)

    def page(self, request: HttpRequest, row: Reservation) -> Page:
        """Return the reservation."""
        facts: list[tuple[object, object]] = [
            (_("SKU"), sku_link(row)),
            (_("Quantity"), figure(row, StockFigure.RESERVED, row.quantity)),
            (_("Location"), place_link(row)),
            (_("Owner"), name_of(row.owner)),
            (_("Cause"), cause(row)),
            (_("Created at"), moment(row.created_at)),
            (_("Lapses at"), moment(row.expires_at)),
            (_("Closed at"), moment(row.closed_at)),
        ]
        return Page(title=gettext("Reservation"), badges=[reservation_badge(row)], main=[Facts("", facts)])


@admin.register(SharingPolicy)
class SharingPolicyAdmin(ScopedAdmin[SharingPolicy]):
    """Who may sell whose stock."""

    view_permission = VIEW
    unit_lookups = ("owner_id", "seller_owner_id")
    list_display = ("owned_by", "seller", "of_category", "on_channel", "shared", "changed")
    list_select_related = ("owner", "seller_owner", "category")
    ordering = ("id",)
    list_note = _("Without a rule an owner's stock is sold by the owner's own stores only.")
    list_deeds = (can.NEW_RULE,)
    deeds = (can.REMOVE_RULE,)

    owned_by = name_column("owner", _("Owner"))
    seller = column(
        _("Who may sell it"), lambda rule: name_of(rule.seller_owner) if rule.seller_owner else _("Everybody")
    )
    of_category = column(_("Category"), lambda rule: name_of(rule.category) if rule.category else _("All goods"))
    on_channel = column(_("Channel"), lambda rule: can.CHANNEL_LABELS.get(rule.channel, rule.channel))
    shared = column(_("Shared"), lambda rule: tick(rule.is_shared))
    changed = moment_column("changed_at", _("Changed at"))

    def name_of_row(self, row: SharingPolicy) -> str:
        """Return whose stock it is about."""
        return name_of(row.owner)

    def page(self, request: HttpRequest, row: SharingPolicy) -> Page:
        """Return the rule."""
        facts: list[tuple[object, object]] = [
            (_("Owner"), name_of(row.owner)),
            (_("Who may sell it"), name_of(row.seller_owner) if row.seller_owner else _("Everybody")),
            (_("Category"), name_of(row.category) if row.category else _("All goods")),
            (_("Channel"), can.CHANNEL_LABELS.get(row.channel, row.channel)),
            (_("Shared"), tick(row.is_shared)),
            (_("Changed at"), moment(row.changed_at)),
        ]
        return Page(title=gettext("Sharing rule"), main=[Facts("", facts)])
