"""Console screens of the chain's tree and its locations; stores are opened, changed and closed through the api."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.organization import api
from quanyu.modules.organization.contracts import Location as LocationInfo
from quanyu.modules.organization.contracts import Ownership, Tier, UnitKind
from quanyu.modules.organization.models import KIND_LABELS, OWNERSHIP_LABELS, TIER_LABELS, Location, Unit
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    in_language,
    link,
    moment,
    name_column,
    name_of,
    tick,
)
from quanyu.platform.console.forms import DeedForm, unit_choices
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

EDIT = "organization.edit"
PLACE_KINDS = (UnitKind.STORE, UnitKind.WAREHOUSE)
PARENT_KINDS = (UnitKind.ENTERPRISE, UnitKind.BRAND, UnitKind.REGION, UnitKind.DEALER)
OFFERS = {
    "offers_pickup": _("Pickup in store"),
    "offers_express": _("Express"),
    "offers_instant": _("Instant delivery"),
    "offers_in_store": _("Consume in store"),
}


def _units(kinds: Iterable[UnitKind]) -> list[tuple[str, str]]:
    return unit_choices(unit for unit in api.units_of_kind() if unit.kind in set(kinds))


class NamesForm(DeedForm):
    """Asks for the two names."""

    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)

    def prepare(self) -> None:
        """Propose the present names."""
        if self.subject is not None:
            self.fields["name"].initial = self.subject.name
            self.fields["name_en"].initial = self.subject.name_en


class UnitForm(NamesForm):
    """Asks for a unit that is no location: a region, a dealer, a supplier, a brand."""

    field_order = ("kind", "parent", "code", "name", "name_en")
    kind = forms.ChoiceField(label=_("Kind"))
    parent = forms.ChoiceField(label=_("Belongs to"))
    code = forms.CharField(label=_("Code"), max_length=20)

    def prepare(self) -> None:
        """Offer the kinds and the units they may hang on."""
        kinds = (UnitKind.REGION, UnitKind.DEALER, UnitKind.SUPPLIER, UnitKind.BRAND)
        self.fields["kind"].choices = [(kind.value, KIND_LABELS[kind]) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["parent"].choices = _units(PARENT_KINDS)  # type: ignore[attr-defined]


class PlaceForm(DeedForm):
    """What can change of a location: where it is, when it is open, what it offers."""

    area_code = forms.CharField(label=_("Area code (six digits)"), min_length=6, max_length=6)
    address = forms.CharField(label=_("Street address"), max_length=200)
    longitude = forms.FloatField(label=_("Longitude (GCJ-02)"), min_value=73, max_value=136)
    latitude = forms.FloatField(label=_("Latitude (GCJ-02)"), min_value=3, max_value=54)
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)
    opens = forms.TimeField(label=_("Opens every day at"), widget=forms.TimeInput(attrs={"type": "time"}))
    closes = forms.TimeField(label=_("Closes every day at"), widget=forms.TimeInput(attrs={"type": "time"}))
    delivery_radius_m = forms.IntegerField(label=_("Delivery radius (m)"), min_value=0, max_value=50_000, initial=3000)
    offers_pickup = forms.BooleanField(label=OFFERS["offers_pickup"], required=False, initial=True)
    offers_express = forms.BooleanField(label=OFFERS["offers_express"], required=False, initial=True)
    offers_instant = forms.BooleanField(label=OFFERS["offers_instant"], required=False, initial=True)
    offers_in_store = forms.BooleanField(label=OFFERS["offers_in_store"], required=False, initial=True)

    def prepare(self) -> None:
        """Propose what holds now."""
        self.fields["opens"].initial, self.fields["closes"].initial = "08:00", "22:00"
        if not isinstance(self.subject, Location):
            return
        for name in ("address", "longitude", "latitude", "phone", "delivery_radius_m", *OFFERS):
            self.fields[name].initial = getattr(self.subject, name)
        self.fields["area_code"].initial = self.subject.area_id
        if self.subject.opening_hours:
            self.fields["opens"].initial, self.fields["closes"].initial = self.subject.opening_hours[0]

    def place(self) -> dict[str, Any]:
        """Return the clean values as the api takes them."""
        values = {name: self.cleaned_data[name] for name in PlaceForm.base_fields if name not in ("opens", "closes")}
        hours = [self.cleaned_data[name].strftime("%H:%M") for name in ("opens", "closes")]
        return {**values, "opening_hours": [hours] * 7}

    def clean(self) -> dict[str, Any]:
        """Put the values together as the api takes them."""
        values = super().clean() or {}
        if not self.errors:
            values["place"] = self.place()
        return values


class StoreForm(PlaceForm):
    """Asks for a new store or warehouse."""

    field_order = ("kind", "parent", "code", "name", "name_en", "tier", "ownership", "owner")
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, KIND_LABELS[kind]) for kind in PLACE_KINDS])
    parent = forms.ChoiceField(label=_("Belongs to"))
    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    tier = forms.ChoiceField(
        label=_("Location tier"), choices=[(tier.value, label) for tier, label in TIER_LABELS.items()]
    )
    ownership = forms.ChoiceField(
        label=_("Ownership"), choices=[(kind.value, label) for kind, label in OWNERSHIP_LABELS.items()]
    )
    owner = forms.ChoiceField(label=_("Franchisee (for franchise stores)"), required=False)

    def prepare(self) -> None:
        """Offer the units a location may hang on, and the dealers."""
        super().prepare()
        self.fields["parent"].choices = _units((UnitKind.BRAND, UnitKind.REGION))  # type: ignore[attr-defined]
        self.fields["owner"].choices = [("", "–"), *_units((UnitKind.DEALER,))]  # type: ignore[attr-defined]
        self.fields["tier"].initial = Tier.STORE.value


def _page_of(unit_id: int) -> str:
    return reverse("admin:organization_unit_change", args=[unit_id])


def _create_unit(call: Call) -> Done:
    values = call.values
    made = api.create_unit(
        kind=UnitKind(values["kind"]),
        code=values["code"],
        name=values["name"],
        name_en=values["name_en"],
        parent_id=int(values["parent"]),
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("“%(name)s” is created.") % {"name": made.name}, go_to=_page_of(made.id))


def _create_store(call: Call) -> Done:
    values = call.values
    made: LocationInfo = api.create_location(
        kind=UnitKind(values["kind"]),
        code=values["code"],
        name=values["name"],
        name_en=values["name_en"],
        parent_id=int(values["parent"]),
        tier=Tier(values["tier"]),
        ownership=Ownership(values["ownership"]),
        owner_id=int(values["owner"]) if values["owner"] else None,
        **values["place"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("“%(name)s” is created.") % {"name": made.unit.name}, go_to=_page_of(made.unit.id))


def _rename(call: Call) -> Done:
    values = call.values
    api.rename_unit(
        unit_id=call.subject.pk, name=values["name"], name_en=values["name_en"], actor=call.actor, now=call.now
    )
    return Done(gettext("The names are changed."))


def _close(call: Call) -> Done:
    api.close_unit(unit_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The unit is closed."))


def _update_place(call: Call) -> Done:
    api.update_location(unit_id=call.subject.pk, **call.values["place"], actor=call.actor, now=call.now)
    return Done(gettext("The changes are saved."))


def location_facts(location: Location) -> Facts:
    """Return where a location is, when it is open, whose stock it holds and what it offers."""
    items: list[tuple[object, object]] = [
        (_("Location tier"), location.get_tier_display()),
        (_("Ownership"), location.get_ownership_display()),
        (_("Owner of the stock"), name_of(location.owner)),
        (_("Address"), f"{location.area.full_name} {location.address}"),
        (_("Telephone"), location.phone or NOTHING),
        (_("Opening hours"), _hours(location)),
        (_("Coordinates (GCJ-02)"), f"{location.longitude:.5f}, {location.latitude:.5f}"),
        (_("Delivery radius"), gettext("%(metres)s m") % {"metres": f"{location.delivery_radius_m:,}"}),
        *((label, tick(getattr(location, name))) for name, label in OFFERS.items()),
    ]
    return Facts(_("Location"), items)


def _hours(location: Location) -> str:
    days = [tuple(day) for day in location.opening_hours]
    if not days:
        return NOTHING
    if len(set(days)) == 1:
        return gettext("every day %(from)s-%(to)s") % {"from": days[0][0], "to": days[0][1]}
    return ", ".join("-".join(day) for day in days)


@admin.register(Unit)
class UnitAdmin(ScopedAdmin[Unit]):
    """The tree of units."""

    view_permission = "organization.view"
    unit_lookups = ("id",)
    list_display = ("code", "shown_name", "kind", "belongs_to", "open_shown")
    list_filter = ("kind", "is_active")
    search_fields = ("code", "name", "name_en")
    search_help_text = _("Code or name")
    list_select_related = ("parent",)
    ordering = ("code",)
    list_deeds = (
        Deed("create-store", _("New store or warehouse"), EDIT, _create_store, StoreForm, "add_business", "primary"),
        Deed("create-unit", _("New region, dealer or supplier"), EDIT, _create_unit, UnitForm, "add"),
    )
    deeds = (
        Deed("rename", _("Rename"), EDIT, _rename, NamesForm, "edit"),
        Deed(
            "close",
            _("Close unit"),
            EDIT,
            _close,
            icon="block",
            tone="danger",
            text=_("A closed unit sells nothing any more. Its history stays."),
            when=lambda unit: unit.is_active and unit.parent_id is not None,
        ),
    )

    shown_name = column(_("Name"), name_of, order="name")
    belongs_to = name_column("parent", _("Belongs to"))
    open_shown = column(_("Active"), lambda unit: tick(unit.is_active), order="is_active")

    def page(self, request: HttpRequest, row: Unit) -> Page:
        """Return the unit, its place and what hangs below it."""
        state = badge(_("Active"), "good") if row.is_active else badge(_("Closed"))
        facts: list[tuple[object, object]] = [
            (_("Code"), row.code),
            (_("Name"), row.name),
            (_("English name"), row.name_en or NOTHING),
            (
                _("Belongs to"),
                link("organization_unit_change", row.parent_id, name_of(row.parent)) if row.parent else "–",
            ),
            (_("Created at"), moment(row.created_at)),
        ]
        main: list[Card] = [Facts(_("Unit"), facts)]
        location = Location.objects.select_related("area", "owner").filter(pk=row.pk).first()
        if location is not None:
            main.append(location_facts(location))
        below = self.get_queryset(request).filter(parent=row).order_by("code")[:200]
        if below:
            rows = [
                (link("organization_unit_change", unit.pk, unit.code), name_of(unit), unit.get_kind_display())
                for unit in below
            ]
            main.append(Table(_("Directly below"), [Column(_("Code")), Column(_("Name")), Column(_("Kind"))], rows))
        return Page(title=name_of(row), badges=[badge(row.get_kind_display(), "info"), state], main=main)


@admin.register(Location)
class LocationAdmin(ScopedAdmin[Location]):
    """Stores and warehouses with their places, hours and offers."""

    view_permission = "organization.view"
    unit_lookups = ("unit_id",)
    list_display = ("unit_code", "unit_name", "tier", "ownership", "owned_by", "area_name", "phone", "radius")
    list_filter = ("tier", "ownership", unit_filter("owner", kind__in=["enterprise", "brand", "dealer"]))
    search_fields = ("unit__code", "unit__name", "unit__name_en", "address")
    search_help_text = _("Code, name or address")
    list_select_related = ("unit", "owner", "area")
    ordering = ("unit__code",)
    deeds = (Deed("update", _("Change place and hours"), EDIT, _update_place, PlaceForm, "edit_location", "primary"),)

    unit_code = column(_("Code"), lambda location: location.unit.code, order="unit__code")
    unit_name = name_column("unit", _("Name"), order="unit__name")
    owned_by = name_column("owner", _("Owner of the stock"))
    area_name = column(_("Area"), lambda location: in_language(location.area.full_name, ""))
    radius = column(_("Delivery radius (m)"), lambda location: f"{location.delivery_radius_m:,}", numeric=True)

    def page(self, request: HttpRequest, row: Location) -> Page:
        """Return the place; the unit's page has the rest."""
        unit = link("organization_unit_change", row.unit_id, f"{name_of(row.unit)} ({row.unit.code})")
        return Page(title=name_of(row.unit), main=[Facts(_("Unit"), [(_("Unit"), unit)]), location_facts(row)])
