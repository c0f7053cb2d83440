"""Old tills on the console: the systems that are let in, their last contact, what waits, and what it waits for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.db.models import Count, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.modules.partners import api
from quanyu.modules.partners.admin import deeds as can
from quanyu.modules.partners.contracts import KEPT, VIEW
from quanyu.modules.partners.models import Entry, FileLine, OldTill, Partner
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
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
    number,
    yuan,
    yuan_column,
)
from quanyu.platform.console.registry import Figure, Tile, add_tile, waiting
from quanyu.platform.console.scoped_admin import ScopedAdmin

FILE_LINES_SHOWN = 50
# What keeps a sale, in words; others are told by their code.
REASONS = {
    "partners.till_unknown": _("The till is not registered"),
    "partners.article_unknown": _("An article is not known"),
    "partners.sale_unknown": _("Its sale is not booked"),
    "partners.counts_not_taken": _("Counts are not taken"),
    "partners.key_reused": _("Its number stands for another sale"),
    "inventory.stock_short": _("Not enough stock"),
    "aftersales.return_too_much": _("More than was sold"),
    "identity.second_person_needed": _("Waits for a second person"),
}


def reason_text(problem: str) -> str:
    """Return why something is not booked."""
    return str(REASONS.get(problem, problem)) if problem else NOTHING


def gap_text(row: Entry) -> str:
    """Return how much more or less was paid than it would have cost here."""
    return NOTHING if row.gap_fen is None or row.kind == "count" else yuan(row.gap_fen)


@admin.register(Partner)
class PartnerAdmin(ScopedAdmin[Partner]):
    """Systems of old tills that sell beside us."""

    view_permission = VIEW
    unit_lookups = ("unit_id",)
    list_display = ("name", "home", "tills", "waits", "seen", "state_shown")
    search_fields = ("name",)
    list_select_related = ("unit",)
    ordering = ("name",)
    list_note = _("Old tills go on selling while new ones come: one order book, one stock, one member for both.")
    list_deeds = can.PARTNER_LIST_DEEDS
    deeds = can.PARTNER_DEEDS

    home = name_column("unit", _("Unit"))
    tills = column(_("Old tills"), lambda row: number(row.till_count), numeric=True)
    seen = moment_column("seen_at", _("Last contact"))

    @admin.display(description=_("Waiting"))
    def waits(self, row: Partner) -> SafeString | str:
        """Return how much waits, with the way there."""
        return _waits(row)

    @admin.display(description=_("State"))
    def state_shown(self, row: Partner) -> SafeString:
        """Return whether its requests are taken."""
        return badge(_("Paused"), "warn") if row.paused_at else badge(_("Working"), "good")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        """Return the partners with their counts."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                till_count=_counted(OldTill.objects.filter(partner=OuterRef("pk"))),
                kept_count=_counted(Entry.objects.filter(partner=OuterRef("pk"), state=KEPT)),
            )
        )

    def page(self, request: HttpRequest, row: Partner) -> Page:
        """Return the partner with its tills, what its codes may mean, and what waits."""
        facts: list[tuple[object, object]] = [
            (_("Unit"), name_of(row.unit)),
            (_("Last contact"), moment(row.seen_at)),
            (_("Waiting"), _waits(row)),
            (_("Software"), link("identity_apiclient_change", row.pk, row.name)),
            (_("Created at"), moment(row.created_at)),
            (_("Paused at"), moment(row.paused_at)),
        ]
        main: list[Card] = [Facts("", facts), _tills(row), _articles(row), _receipts(row)]
        return Page(title=row.name, badges=[self.state_shown(row)], main=main)


def _counted(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("partner").annotate(found=Count("pk")).values("found")
    return Coalesce(Subquery(counted), 0)


def _waits(row: Partner) -> SafeString | str:
    count = row.kept_count  # type: ignore[attr-defined]
    if not count:
        return number(0)
    address = f"{reverse('admin:partners_entry_changelist')}?state__exact={KEPT}&partner__client__exact={row.pk}"
    return format_html('<a class="qy-link" href="{}">{}</a>', address, number(count))


def _tills(partner: Partner) -> Table:
    found = OldTill.objects.filter(partner=partner).select_related("store").order_by("code")
    rows = [(till.code, name_of(till.store), moment(till.seen_at)) for till in found]
    columns = [Column(_("Till code")), Column(_("Store")), Column(_("Last contact"), is_time=True)]
    return Table(_("Old tills"), columns, rows, empty=_("No till is registered yet; what they send waits."))


def _articles(partner: Partner) -> Table:
    rows = [
        (one.code, one.name or NOTHING, number(one.waiting), _say(partner.pk, one.code))
        for one in api.unknown_articles(partner_id=partner.pk)
    ]
    columns = [
        Column(_("Old article code")),
        Column(_("Name in the old system")),
        Column(_("Waiting"), is_number=True),
        Column(""),
    ]
    return Table(_("Articles that nobody knows"), columns, rows, empty=_("Every article that came is known."))


def _say(partner_id: object, code: str) -> SafeString:
    """Return the way to the deed that says which goods a code means."""
    deed = reverse("admin:partners_partner_act_on", args=[partner_id, "article"])
    return format_html('<a class="qy-link" href="{}?code={}">{}</a>', deed, quote(code), _("Say what it is"))


def _receipts(partner: Partner) -> Table:
    found = (
        FileLine.objects.filter(partner=partner, taken_at=None)
        .values("till_code", "external_id", "problem")
        .annotate(lines=Count("pk"), since=Min("brought_at"))
        .order_by("since", "external_id")[:FILE_LINES_SHOWN]
    )
    rows = [
        (
            one["till_code"],
            one["external_id"],
            number(one["lines"]),
            reason_text(one["problem"]) if one["problem"] else _("Lines are missing: they do not add up"),
            moment(one["since"]),
        )
        for one in found
    ]
    columns = [
        Column(_("Till code")),
        Column(_("Receipt")),
        Column(_("Lines"), is_number=True),
        Column(_("Why")),
        Column(_("Brought in at"), is_time=True),
    ]
    return Table(_("Receipts from files that are not whole"), columns, rows, empty=_("None."))


@admin.register(Entry)
class EntryAdmin(ScopedAdmin[Entry]):
    """What old tills sold, took back and counted, and what became of it."""

    view_permission = VIEW
    unit_lookups = ("partner__unit_id",)
    list_display = ("happened", "till", "kind", "old_number", "amount", "gap", "state_shown", "why", "from_partner")
    list_filter = ("state", "kind", "partner")
    search_fields = ("external_id__startswith", "number__startswith")
    search_help_text = _("Old number or order number, from its beginning")
    list_select_related = ("partner",)
    ordering = ("-received_at", "-id")
    list_note = _("What was paid at an old till stands. What waits holds up nothing else.")
    deeds = can.ENTRY_DEEDS

    happened = moment_column("happened_at", _("Happened at"))
    from_partner = column(_("Old system"), lambda row: row.partner.name)
    till = column(_("Till code"), lambda row: row.till_code)
    old_number = column(_("Old number"), lambda row: row.external_id)
    amount = yuan_column("amount_fen", _("Amount"))
    gap = column(_("Against the price here"), gap_text, numeric=True)
    why = column(_("Not booked because"), lambda row: reason_text(row.problem))

    @admin.display(description=_("State"), ordering="state")
    def state_shown(self, row: Entry) -> SafeString:
        """Return whether somebody is needed."""
        return badge(row.get_state_display(), "bad" if row.state == KEPT else "good")

    def page(self, request: HttpRequest, row: Entry) -> Page:
        """Return it as it was said, and what became of it."""
        order: object = row.number or NOTHING
        if row.number and row.kind == "sale":
            order = link("orders_order_change", row.pk, row.number)
        facts: list[tuple[object, object]] = [
            (_("Old system"), link("partners_partner_change", row.partner_id, row.partner.name)),
            (_("Till code"), row.till_code),
            (_("Old number"), f"{row.external_id} · {number(row.seq)}" if row.seq else row.external_id),
            (_("Happened at"), moment(row.happened_at)),
            (_("Received at"), moment(row.received_at)),
            (_("Amount"), yuan(row.amount_fen)),
            (_("Against the price here"), gap_text(row)),
            (_("Booked as"), order),
            (_("Not booked because"), reason_text(row.problem)),
        ]
        if row.kind == "return":
            facts.append((_("Of the sale"), row.content.get("sale", NOTHING)))
        main: list[Card] = [Facts("", facts), _said(row)]
        title = f"{row.get_kind_display()} {row.external_id}"
        return Page(title=title, badges=[self.state_shown(row)], main=main)


def _said(row: Entry) -> Table:
    said = row.content.get("lines", [])
    ids = api.skus_of(partner_id=row.partner_id, codes={line["code"] for line in said if "code" in line})
    known = catalog.skus(ids=set(ids.values()))
    rows = []
    for line in said:
        code = line.get("code", "")
        sku = known.get(ids.get(code, 0))
        name = in_language(sku.name, sku.name_en) if sku else line.get("name") or NOTHING
        paid = yuan(line["net_fen"]) if "net_fen" in line else NOTHING
        is_unknown = bool(code) and sku is None
        rows.append(
            (
                code or number(line.get("line")),
                name,
                number(line["quantity"]),
                paid,
                _say(row.partner_id, code) if is_unknown else "",
            )
        )
    columns = [
        Column(_("Old article code")),
        Column(_("Product")),
        Column(_("Quantity"), is_number=True),
        Column(_("Paid"), is_number=True),
        Column(""),
    ]
    return Table(_("As it was said"), columns, rows, empty=NOTHING)


def _waiting(units: Units, now: datetime) -> Figure:
    rows = Entry.objects.filter(state=KEPT)
    if units is not None:
        rows = rows.filter(partner__unit_id__in=units)
    found = rows.aggregate(count=Count("pk"), oldest=Min("received_at"))
    return waiting(found["count"], found["oldest"], tone="bad")


add_tile(
    Tile(
        "old_tills",
        _("Sales of old tills"),
        "move_up",
        VIEW,
        _waiting,
        lambda _now: f"{reverse('admin:partners_entry_changelist')}?state__exact={KEPT}",
        87,
        is_todo=True,
    )
)
