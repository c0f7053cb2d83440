"""The points mall on the console: offers with their pictures, new ones, and stopping them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.members.contracts import Level
from quanyu.modules.organization import api as organization
from quanyu.modules.points import api
from quanyu.modules.points.admin.shown import VIEW, price_text
from quanyu.modules.points.models import LEVEL_LABELS, Offer, OfferUse
from quanyu.platform.console.content import Card, Column, Facts, Page, Picture, Pictures, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    in_language,
    link,
    listed,
    moment,
    name_of,
    number,
    yuan,
)
from quanyu.platform.console.forms import DeedForm, MomentField, ReasonForm, YuanField, next_hour, unit_choices
from quanyu.platform.console.scoped_admin import EVERYWHERE, ScopedAdmin

_USES_SHOWN = 50


class OfferForm(DeedForm):
    """Asks for the product, what it costs, where and when, and the limits."""

    is_grid = True

    sku_code = forms.CharField(label=_("SKU code"), max_length=48)
    points = forms.IntegerField(label=_("Points"), min_value=1)
    cash = YuanField(label=_("And cash (yuan)"), required=False, help_text=_("Empty: points only"))
    level = forms.ChoiceField(
        label=_("Level needed"), choices=[(level.value, label) for level, label in LEVEL_LABELS.items()]
    )
    per_member_limit = forms.IntegerField(label=_("Most per member"), min_value=1, required=False)
    total_limit = forms.IntegerField(label=_("Most in all"), min_value=1, required=False)
    starts = MomentField(label=_("Starts"))
    ends = MomentField(label=_("Until"), required=False, help_text=_("Empty: without end"))
    unit_ids = forms.MultipleChoiceField(
        label=_("Places (none: everywhere)"), required=False, widget=forms.SelectMultiple(attrs={"size": 5})
    )

    def prepare(self) -> None:
        """Offer the places within reach, from the next hour on."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=api.CONFIGURE)
        units = [unit for unit in organization.units_of_kind() if reach is None or unit.id in reach]
        self.fields["unit_ids"].choices = unit_choices(units)  # type: ignore[attr-defined]
        self.fields["starts"].initial = next_hour()

    def clean(self) -> dict[str, Any]:
        """Find the SKU, and put the period together."""
        values = super().clean() or {}
        code = str(values.get("sku_code") or "").strip()
        values["sku_id"] = catalog.sku_ids_by_code(codes=[code]).get(code)
        if code and values["sku_id"] is None:
            self.add_error("sku_code", gettext("No SKU has this code."))
        starts, ends = values.get("starts"), values.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", gettext("The end must be after the start."))
        elif starts:
            values["period"] = Period(starts, ends)
        return values


def _create(call: Call) -> Done:
    values = call.values
    made = api.create_offer(
        sku_id=values["sku_id"],
        points=values["points"],
        cash_fen=values["cash"] or 0,
        period=values["period"],
        unit_ids=[int(unit_id) for unit_id in values["unit_ids"]],
        level=Level(values["level"]),
        per_member_limit=values["per_member_limit"],
        total_limit=values["total_limit"],
        actor=call.actor,
        now=call.now,
    )
    return Done(
        gettext("The product is in the points mall."), go_to=reverse("admin:points_offer_change", args=[made.id])
    )


def _stop(call: Call) -> Done:
    api.stop_offer(offer_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The offer is out of the points mall."))


CREATE = Deed("new-offer", _("New offer"), api.CONFIGURE, _create, OfferForm, "add", "primary")
STOP = Deed(
    "stop", _("Stop the offer"), api.CONFIGURE, _stop, ReasonForm, "block", "danger", when=lambda offer: offer.is_active
)


def state_badge(offer: Offer) -> object:
    """Return whether an offer holds, is to come, sold out, or over."""
    now = timezone.now()
    if not offer.is_active:
        return badge(_("Stopped"), "bad")
    if offer.ends_at is not None and offer.ends_at <= now:
        return badge(_("Over"))
    if offer.starts_at > now:
        return badge(_("To come"), "info")
    if offer.total_limit is not None and offer.taken >= offer.total_limit:
        return badge(_("Sold out"), "warn")
    return badge(_("In force"), "good")


def _taken_of(offer: Offer) -> str:
    return f"{number(offer.taken)} / {number(offer.total_limit)}" if offer.total_limit else gettext("No limit")


def _thumb(offer: Offer) -> object:
    images = sorted(offer.sku.product.images.all(), key=lambda image: (image.position, image.pk))
    if not images:
        return format_html('<span class="qy-thumb material-symbols-outlined" aria-hidden="true">{}</span>', "image")
    source = f"{settings.MEDIA_URL}{images[0].thumb}"
    return format_html('<img class="qy-thumb" src="{}" alt="" loading="lazy">', source)


@admin.register(Offer)
class OfferAdmin(ScopedAdmin[Offer]):
    """Offers of the points mall."""

    view_permission = VIEW
    unit_lookups = EVERYWHERE
    list_display = ("picture", "name", "costs", "list_price", "state_shown", "places", "taken_shown", "ends")
    list_display_links = ("name",)
    list_filter = ("is_active", "level")
    search_fields = ("sku__code__exact", "sku__name", "sku__name_en")
    search_help_text = _("SKU code or name")
    list_select_related = ("sku", "sku__product")
    ordering = ("-id",)
    list_deeds = (CREATE,)
    deeds = (STOP,)

    picture = column("", _thumb)
    name = column(_("Product"), lambda offer: in_language(offer.sku.name, offer.sku.name_en))
    costs = column(_("Costs"), lambda offer: price_text(offer.points, offer.cash_fen), order="points")
    list_price = column(_("List price"), lambda offer: yuan(offer.list_fen), order="list_fen", numeric=True)
    state_shown = column(_("State"), state_badge)
    places = column(
        _("Places"), lambda offer: listed(name_of(unit) for unit in offer.units.all()) or gettext("Everywhere")
    )
    taken_shown = column(
        _("Taken of"),
        lambda offer: f"{number(offer.taken)} / {number(offer.total_limit)}" if offer.total_limit else "∞",
    )
    ends = column(_("Until"), lambda offer: moment(offer.ends_at), order="ends_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        """Bring places and pictures along."""
        return super().get_queryset(request).prefetch_related("units", "sku__product__images")

    def name_of_row(self, row: Offer) -> str:
        """Return the product and what it costs."""
        return f"{in_language(row.sku.name, row.sku.name_en)} · {price_text(row.points, row.cash_fen)}"

    def page(self, request: HttpRequest, row: Offer) -> Page:
        """Return the offer, the picture, and who took it."""
        sku = catalog.skus(ids=[row.sku_id])[row.sku_id]
        facts: list[tuple[object, object]] = [
            (_("SKU"), link("catalog_sku_change", row.sku_id, f"{sku.code} {in_language(sku.name, sku.name_en)}")),
            (_("Costs"), price_text(row.points, row.cash_fen)),
            (_("List price"), yuan(row.list_fen)),
            (_("Places"), listed(name_of(unit) for unit in row.units.all()) or gettext("Everywhere")),
            (_("Starts"), moment(row.starts_at)),
            (_("Until"), moment(row.ends_at)),
            (_("Level needed"), row.get_level_display()),
            (_("Most per member"), number(row.per_member_limit)),
            (_("Most in all"), number(row.total_limit)),
        ]
        figures = [(_("Taken"), number(_quantity(row))), (_("Most in all"), number(row.total_limit))]
        aside: list[Card] = []
        if sku.image_card:
            picture = Picture(sku.image_card, in_language(sku.name, sku.name_en))
            aside = [Pictures("", [picture])]
        main: list[Card] = [Facts("", facts), _uses(row)]
        return Page(title=self.name_of_row(row), badges=[state_badge(row)], figures=figures, main=main, aside=aside)


def _quantity(row: Offer) -> int:
    found = OfferUse.objects.filter(offer=row, returned_at__isnull=True).values_list("quantity", flat=True)
    return sum(found)


def _uses(row: Offer) -> Table:
    found = OfferUse.objects.filter(offer=row).select_related("member").order_by("-id")[:_USES_SHOWN]
    columns = [
        Column(_("When"), is_time=True),
        Column(_("Member")),
        Column(_("Order")),
        Column(_("Quantity"), is_number=True),
        Column(_("Given back at"), is_time=True),
    ]
    rows = [
        (
            moment(use.at),
            link("points_account_change", use.member_id, str(use.member)),
            link("orders_order_change", use.order_id, _("Order")),
            number(use.quantity),
            moment(use.returned_at) if use.returned_at else NOTHING,
        )
        for use in found
    ]
    return Table(_("Taken by"), columns, rows, empty=_("Nobody yet."))
