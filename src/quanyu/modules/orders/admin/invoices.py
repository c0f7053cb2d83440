"""Invoices that customers asked for: the accountants' list, and the deeds to issue and refuse them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.orders import api
from quanyu.modules.orders.models import InvoiceRequest
from quanyu.modules.orders.queries import invoices as queries
from quanyu.platform.console import access, in_clear
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Facts, Page
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    link,
    moment,
    moment_column,
    name_of,
    yuan,
)
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import Figure, Tile, add_tile, waiting
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

INVOICES, REVEAL = "orders.invoices", "pii.reveal"
TONES = {"requested": "warn", "issued": "good", "refused": "bad"}


class IssueForm(DeedForm):
    """Asks for the number of the invoice, and where it can be seen."""

    number = forms.CharField(label=_("Invoice number"), max_length=40)
    link = forms.CharField(
        label=_("Link"),
        max_length=300,
        required=False,
        help_text=_("Where the customer finds it: https://..."),
        validators=[RegexValidator(r"^https://", _("The link must begin with https://."))],
    )


class RefusalForm(DeedForm):
    """Asks why there will be none."""

    answer = forms.CharField(label=_("Why not"), min_length=2, max_length=200, help_text=_("The customer reads it."))


class PurposeForm(DeedForm):
    """Asks why it must be seen."""

    purpose = forms.CharField(
        label=_("Purpose"), min_length=4, max_length=200, help_text=_("It is written to the audit trail.")
    )


def _issue(call: Call) -> Done:
    values = call.values
    done = api.issue_invoice(
        invoice_id=call.subject.pk, number=values["number"], link=values["link"], actor=call.actor, now=call.now
    )
    shown = {"number": done.number, "amount": yuan(done.amount_fen)}
    return Done(gettext("Invoice %(number)s is issued about %(amount)s.") % shown)


def _refuse(call: Call) -> Done:
    api.refuse_invoice(invoice_id=call.subject.pk, answer=call.values["answer"], actor=call.actor, now=call.now)
    return Done(gettext("Refused; the customer reads why."))


def _reveal(call: Call) -> Done:
    shown = api.reveal_invoice(
        invoice_id=call.subject.pk, purpose=call.values["purpose"], actor=call.actor, now=call.now
    )
    once = tuple((_NAMES[name], text) for name, text in shown.items())
    return Done(gettext("That you looked, and why, is in the audit trail."), once=once)


_NAMES = {"title": _("Title"), "email": _("E-mail")}


def facts(row: InvoiceRequest) -> list[tuple[object, object]]:
    """Return what the invoice is to say; the amount as it is now."""
    return [
        (_("Invoice for"), row.get_kind_display()),
        (_("Title"), row.title_masked or NOTHING),
        (_("Tax number"), row.tax_number or NOTHING),
        (_("Amount"), yuan(stayed_fen(row))),
    ]


def stayed_fen(row: InvoiceRequest) -> int:
    """Return what the invoice is about: what it was issued for, or the money that is with the house now."""
    return row.amount_fen if row.state == "issued" else row.order.paid_fen - row.order.refunded_fen


def went_back_fen(row: InvoiceRequest) -> int:
    """Return what went back after the invoice was issued: a red-letter invoice is due about it."""
    return max(row.amount_fen - (row.order.paid_fen - row.order.refunded_fen), 0) if row.state == "issued" else 0


def state_badge(row: InvoiceRequest) -> object:
    """Return the state in its colour; an invoice about more than stayed asks for its correction."""
    if went_back_fen(row):
        return badge(_("To be corrected"), "warn")
    if row.state == "requested" and row.order.state != "completed":
        return badge(_("Cancelled") if row.order.state == "cancelled" else _("Not due yet"))
    return badge(row.get_state_display(), TONES[row.state])


def _waits(row: Any) -> bool:
    """Tell whether somebody is to answer: asked for with the order, an invoice is due when it is completed."""
    return bool(row.state == "requested" and row.order.state == "completed")


@admin.register(InvoiceRequest)
class InvoiceAdmin(ScopedAdmin[InvoiceRequest]):
    """Requests for invoices of the stores one keeps the books of."""

    view_permission = INVOICES
    unit_lookups = ("order__selling_store_id",)
    list_display = (
        "order_number",
        "state_shown",
        "asked",
        "amount",
        "shown_title",
        "tax",
        "issued_number",
        "shown_email",
    )
    list_filter = (
        "state",
        "kind",
        unit_filter("order__selling_store", kind="store"),
        ("requested_at", admin.DateFieldListFilter),
    )
    search_fields = ("order__number__startswith", "number__startswith", "tax_number__exact")
    search_help_text = _("Order or invoice number from its beginning, or a whole tax number")
    list_select_related = ("order", "order__selling_store")
    ordering = ("-requested_at", "-id")
    list_note = _("Issue the invoice where you issue invoices, then note its number here: the customer sees it.")
    deeds = (
        Deed(
            "issue", _("Note the invoice"), INVOICES, _issue, IssueForm, "task_alt", "primary", when=_waits, facts=facts
        ),
        Deed("reveal", _("Show title and e-mail"), REVEAL, _reveal, PurposeForm, "visibility"),
        Deed("refuse", _("Refuse"), INVOICES, _refuse, RefusalForm, "cancel", "danger", when=_waits, facts=facts),
    )

    order_number = column(_("Order"), lambda row: row.order.number)
    state_shown = column(_("State"), state_badge, order="state")
    shown_title = column(_("Title"), lambda row: row.title_masked or NOTHING)
    tax = column(_("Tax number"), lambda row: row.tax_number or NOTHING)
    amount = column(_("Amount"), lambda row: yuan(stayed_fen(row)), numeric=True)
    shown_email = column(_("E-mail"), lambda row: row.email_masked or NOTHING)
    issued_number = column(_("Invoice number"), lambda row: row.number or NOTHING)
    asked = moment_column("requested_at", _("Asked at"))

    def name_of_row(self, row: InvoiceRequest) -> str:
        """Return whose invoice it is."""
        return gettext("Invoice of order %(number)s") % {"number": row.order.number}

    def page(self, request: HttpRequest, row: InvoiceRequest) -> Page:
        """Return what stands on it, and what became of it."""
        address: object = NOTHING
        if row.link:
            address = format_html('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>', row.link, row.link)
        wanted: list[tuple[object, object]] = [
            *facts(row),
            (_("E-mail"), row.email_masked or NOTHING),
            (_("Order"), link("orders_order_change", row.order_id, row.order.number)),
            (_("Sold by"), name_of(row.order.selling_store)),
            (_("Paid"), yuan(row.order.paid_fen)),
            (_("Went back"), yuan(row.order.refunded_fen)),
        ]
        became: list[tuple[object, object]] = [
            (_("Asked at"), moment(row.requested_at)),
            (_("Answered at"), moment(row.answered_at)),
            (_("Answered by"), access.person(row.answered_by) if row.answered_by else NOTHING),
            (_("Invoice number"), row.number or NOTHING),
            (_("Link"), address),
            (_("Answer"), row.answer or NOTHING),
        ]
        if went_back_fen(row):
            became.append((_("Went back since"), yuan(went_back_fen(row))))
        return Page(
            title=self.name_of_row(row),
            badges=[state_badge(row)],
            main=[Facts(_("What stands on it"), wanted)],
            aside=[Facts(_("What became of it"), became)],
        )


def _read(rows: Sequence[Any]) -> list[Mapping[str, str]]:
    found = queries.titles_and_emails(invoice_ids=[row.pk for row in rows])
    return [{"shown_title": found[row.pk][0], "shown_email": found[row.pk][1]} for row in rows]


in_clear.offer("orders.invoicerequest", in_clear.InClear(INVOICES, _read))


def _waiting(units: Units, now: datetime) -> Figure:
    rows = InvoiceRequest.objects.filter(state="requested", order__state="completed")
    if units is not None:
        rows = rows.filter(order__selling_store_id__in=units)
    found = rows.aggregate(count=Count("pk"), oldest=Min("requested_at"))
    return waiting(found["count"], found["oldest"])


def _list(now: datetime) -> str:
    return f"{reverse('admin:orders_invoicerequest_changelist')}?{urlencode({'state__exact': 'requested'})}"


add_tile(Tile("invoices", _("Invoices to issue"), "receipt", INVOICES, _waiting, _list, 37, is_todo=True))
