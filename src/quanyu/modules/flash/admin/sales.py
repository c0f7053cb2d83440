"""Flash sales on the console: what is announced, what runs, what it did, and at which price."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.modules.flash import api
from quanyu.modules.flash.admin import prices
from quanyu.modules.flash.admin.deeds import ANNOUNCE, STOP, state_of
from quanyu.modules.flash.contracts import Figures, SaleState, TakingState
from quanyu.modules.flash.models import TAKING_STATE_LABELS, Sale, Taking
from quanyu.platform.console.content import Card, Column, Facts, Page, Picture, Pictures, Table
from quanyu.platform.console.formats import NOTHING, badge, column, in_language, link, moment, name_of, number, yuan
from quanyu.platform.console.scoped_admin import EVERYWHERE, ScopedAdmin

_TAKINGS_SHOWN = 50
_STATES = {
    SaleState.ANNOUNCED: (_("Announced"), "info"),
    SaleState.RUNNING: (_("Running"), "good"),
    SaleState.OVER: (_("Over"), "plain"),
    SaleState.STOPPED: (_("Stopped"), "bad"),
}
_REASONS = {
    "flash.sold_out": _("Sold out"),
    "flash.limit_reached": _("Above the limit per member"),
    "flash.not_started": _("Before the start"),
    "flash.one_at_a_time": _("Several orders of one member at once"),
    "flash.too_many_tries": _("Too many tries"),
    "flash.queue_full": _("Queue full"),
    "flash.over": _("After the end"),
    "flash.members_only": _("Not a member"),
}


def state_badge(row: Sale) -> object:
    """Return where a sale stands."""
    title, tone = _STATES[state_of(row)]
    return badge(title, tone)


def _thumb(row: Sale) -> object:
    images = sorted(row.sku.product.images.all(), key=lambda image: (image.position, image.pk))
    if not images:
        return format_html('<span class="qy-thumb material-symbols-outlined" aria-hidden="true">{}</span>', "image")
    return format_html(
        '<img class="qy-thumb" src="{}" alt="" loading="lazy">', f"{settings.MEDIA_URL}{images[0].thumb}"
    )


def _sold(row: Sale) -> str:
    sold = number(getattr(row, "sold", None) or 0)
    return f"{sold} / {number(row.units_total)}" if row.units_total else sold


def _places(row: Sale) -> str:
    return ", ".join(name_of(unit) for unit in row.units.all()) or gettext("Everywhere")


@admin.register(Sale)
class SaleAdmin(ScopedAdmin[Sale]):
    """Flash sales."""

    view_permission = api.VIEW
    unit_lookups = EVERYWHERE
    list_display = ("picture", "name", "state_shown", "starts", "ends", "limit", "sold_shown", "places")
    list_display_links = ("name",)
    search_fields = ("sku__code__exact", "sku__name", "sku__name_en")
    search_help_text = _("SKU code or name")
    list_select_related = ("sku", "sku__product")
    ordering = ("-starts_at", "-id")
    list_deeds = (ANNOUNCE,)
    deeds = (STOP,)

    picture = column("", _thumb)
    name = column(_("Product"), lambda row: in_language(row.sku.name, row.sku.name_en))
    state_shown = column(_("State"), state_badge)
    starts = column(_("Starts"), lambda row: moment(row.starts_at), order="starts_at")
    ends = column(_("Until"), lambda row: moment(row.ends_at), order="ends_at")
    limit = column(_("Most per member"), lambda row: number(row.per_member_limit), numeric=True)
    sold_shown = column(_("Sold"), _sold, numeric=True)
    places = column(_("Places"), _places)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sale]:
        """Bring places, pictures and what was sold along."""
        taken = Taking.objects.filter(sale=OuterRef("pk"), state=TakingState.TAKEN.value).values("sale")
        sold = Subquery(taken.annotate(pieces=Sum("quantity")).values("pieces"))
        found = super().get_queryset(request).prefetch_related("units", "sku__product__images")
        return found.annotate(sold=sold)

    def name_of_row(self, row: Sale) -> str:
        """Return the product and when."""
        return f"{in_language(row.sku.name, row.sku.name_en)} · {moment(row.starts_at)}"

    def page(self, request: HttpRequest, row: Sale) -> Page:
        """Return what was announced, the price that holds, what was sold and refused."""
        did = api.figures(sale_ids=[row.pk])[row.pk]
        return Page(
            title=self.name_of_row(row),
            badges=[state_badge(row)],
            figures=_figures(row, did),
            main=[_terms(row), _prices(row), _takings(row)],
            aside=_aside(row, did),
        )


def _figures(row: Sale, did: Figures) -> list[tuple[object, object]]:
    sold = f"{number(did.taken)} / {number(row.units_total)}" if row.units_total else number(did.taken)
    return [
        (_("Sold (pieces)"), sold),
        (_("of these in unpaid orders"), number(api.unpaid(sale_id=row.pk))),
        (_("Members who bought"), number(did.members)),
        (_("Given back (pieces)"), number(did.given_back)),
        (_("Refused tries"), number(sum(did.refused.values()))),
    ]


def _terms(row: Sale) -> Facts:
    sku = catalog.skus(ids=[row.sku_id])[row.sku_id]
    till = _("The mall and the till") if "pos" in row.channels else _("The mall; the till sells as usual")
    facts: list[tuple[object, object]] = [
        (_("SKU"), link("catalog_sku_change", row.sku_id, f"{sku.code} {in_language(sku.name, sku.name_en)}")),
        (_("Not sold before the start from"), moment(row.closed_from)),
        (_("Starts"), moment(row.starts_at)),
        (_("Until"), moment(row.ends_at)),
        (_("Most per member"), number(row.per_member_limit)),
        (_("Pieces in all"), number(row.units_total) if row.units_total else gettext("Whatever stock there is")),
        (_("Binds"), till),
        (_("Places"), _places(row)),
    ]
    if row.stopped_at is not None:
        facts.append((_("Stopped at"), moment(row.stopped_at)))
    return Facts(_("What was announced"), facts)


def _prices(row: Sale) -> Table:
    columns = [Column(_("Place")), Column(_("Usual price"), is_number=True), Column(_("Price of one"), is_number=True)]
    rows = [
        (
            place,
            yuan(usual) if usual is not None else NOTHING,
            yuan(price) if price is not None else _("no price there"),
        )
        for place, usual, price in prices.at_start(row, now=timezone.now())
    ]
    note = _(
        "A flash sale has no price of its own: make a timed price or a campaign for the same time. Stopping the sale "
        "does not stop them."
    )
    return Table(_("Price when it starts"), columns, rows, note=note, empty=_("No store sells it there."))


def _takings(row: Sale) -> Table:
    found = Taking.objects.filter(sale=row).select_related("member").order_by("-id")[:_TAKINGS_SHOWN]
    columns = [
        Column(_("When"), is_time=True),
        Column(_("Member")),
        Column(_("Order")),
        Column(_("Quantity"), is_number=True),
        Column(_("State")),
    ]
    rows = [
        (
            moment(one.at),
            link("members_member_change", one.member_id, str(one.member)),
            link("orders_order_change", one.order_id, _("Order")),
            number(one.quantity),
            badge(
                TAKING_STATE_LABELS[TakingState(one.state)], "good" if one.state == TakingState.TAKEN.value else "plain"
            ),
        )
        for one in found
    ]
    return Table(_("The last orders"), columns, rows, empty=_("Nobody has bought yet."))


def _aside(row: Sale, did: Figures) -> list[Card]:
    aside: list[Card] = []
    sku = catalog.skus(ids=[row.sku_id])[row.sku_id]
    if sku.image_card:
        aside.append(Pictures("", [Picture(sku.image_card, in_language(sku.name, sku.name_en))]))
    columns = [Column(_("Reason")), Column(_("Tries"), is_number=True)]
    counted = sorted(did.refused.items(), key=lambda item: -item[1])
    rows = [(_REASONS.get(code, code), number(tries)) for code, tries in counted]
    aside.append(Table(_("Refused tries"), columns, rows, empty=_("None so far.")))
    return aside
