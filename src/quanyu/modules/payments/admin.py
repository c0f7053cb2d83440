"""Console screens of payments, refunds and what providers told us. Read-only: providers decide, we note."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.payments.models import Notification, Payment, Refund, RejectedNotification
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Column, Facts, Page, Table
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    link,
    minus,
    moment,
    moment_column,
    yuan,
    yuan_column,
)
from quanyu.platform.console.registry import Figure, Tile, add_tile, waiting
from quanyu.platform.console.scoped_admin import EVERYWHERE, ScopedAdmin

VIEW = "payments.view"
PROVIDERS_VIEW = "payments.notifications.view"
PAYMENT_TONES = {"paid": "good", "asking": "warn", "created": "warn", "failed": "bad"}
REFUND_TONES = {"done": "good", "asking": "warn", "created": "warn", "failed": "bad"}
REASON_LABELS = {
    "cancelled": _("Order cancelled"),
    "return": _("Return of goods"),
    "late_payment": _("Paid too late"),
    "duplicate_payment": _("Paid twice"),
    "amount_mismatch": _("Wrong amount"),
}
UNDER_WAY = ("created", "asking")
WAY_LABELS = {
    "jsapi": _("In the app"),
    "native": _("QR code"),
    "h5": _("Browser"),
    "code": _("Payment code"),
    "till": _("At the till"),
}


def payment_badge(payment: Payment) -> SafeString:
    """Return the state of a payment in its colour."""
    return badge(payment.get_state_display(), PAYMENT_TONES.get(payment.state, "plain"))


def refund_badge(refund: Refund) -> SafeString:
    """Return the state of a refund in its colour."""
    return badge(refund.get_state_display(), REFUND_TONES.get(refund.state, "plain"))


@admin.register(Payment)
class PaymentAdmin(ScopedAdmin[Payment]):
    """Payments by tender, with their refunds."""

    view_permission = VIEW
    unit_lookups = ("unit_id",)
    list_display = ("out_trade_no", "tender", "state_shown", "amount", "refunded", "made", "paid")
    list_filter = ("state", "tender", ("created_at", admin.DateFieldListFilter))
    search_fields = ("out_trade_no__startswith", "provider_txn__startswith")
    search_help_text = _("Payment number or the provider's number, from its beginning")
    ordering = ("-created_at", "-id")

    state_shown = column(_("State"), payment_badge, order="state")
    amount = yuan_column("amount_fen", _("Amount"))
    refunded = column(_("Refunded"), lambda row: minus(row.refunded_fen), numeric=True)
    made = moment_column("created_at", _("Created at"))
    paid = moment_column("paid_at", _("Paid at"))

    def page(self, request: HttpRequest, row: Payment) -> Page:
        """Return the payment and what went back of it."""
        facts: list[tuple[object, object]] = [
            (_("Order"), link("orders_order_change", row.order_id, gettext("Show the order"))),
            (_("Tender"), row.get_tender_display()),
            (_("Way"), WAY_LABELS.get(row.way, row.way or NOTHING)),
            (_("Amount"), yuan(row.amount_fen)),
            (_("Handed over"), yuan(row.tendered_fen)),
            (_("Provider's number"), row.provider_txn or NOTHING),
            (_("Created at"), moment(row.created_at)),
            (_("Paid at"), moment(row.paid_at)),
            (_("Closed at"), moment(row.closed_at)),
        ]
        columns = [
            Column(_("Number")),
            Column(_("Reason")),
            Column(_("Amount"), is_number=True),
            Column(_("State")),
            Column(_("Done at"), is_time=True),
        ]
        rows = [
            (
                refund.out_refund_no,
                REASON_LABELS.get(refund.reason, refund.reason),
                yuan(refund.amount_fen),
                refund_badge(refund),
                moment(refund.done_at),
            )
            for refund in row.refunds.order_by("created_at")
        ]
        title = gettext("Payment %(number)s") % {"number": row.out_trade_no}
        refunds = Table(_("Refunds"), columns, rows, empty=_("Nothing went back."))
        return Page(title=title, badges=[payment_badge(row)], main=[Facts("", facts), refunds])


@admin.register(Refund)
class RefundAdmin(ScopedAdmin[Refund]):
    """Money going back."""

    view_permission = VIEW
    unit_lookups = ("payment__unit_id",)
    list_display = ("out_refund_no", "of_payment", "why", "amount", "state_shown", "made", "done")
    list_filter = ("state", ("created_at", admin.DateFieldListFilter))
    search_fields = ("out_refund_no__startswith", "payment__out_trade_no__startswith")
    search_help_text = _("Refund or payment number, from its beginning")
    list_select_related = ("payment",)
    ordering = ("-created_at", "-id")

    of_payment = column(_("Payment"), lambda row: row.payment.out_trade_no)
    why = column(_("Reason"), lambda row: REASON_LABELS.get(row.reason, row.reason))
    amount = yuan_column("amount_fen", _("Amount"))
    state_shown = column(_("State"), refund_badge, order="state")
    made = moment_column("created_at", _("Created at"))
    done = moment_column("done_at", _("Done at"))

    def page(self, request: HttpRequest, row: Refund) -> Page:
        """Return the refund and whose money it is."""
        facts: list[tuple[object, object]] = [
            (_("Payment"), link("payments_payment_change", row.payment_id, row.payment.out_trade_no)),
            (_("Order"), link("orders_order_change", row.payment.order_id, gettext("Show the order"))),
            (_("Reason"), REASON_LABELS.get(row.reason, row.reason)),
            (_("Amount"), yuan(row.amount_fen)),
            (_("Provider's number"), row.provider_refund or NOTHING),
            (_("Created at"), moment(row.created_at)),
            (_("Done at"), moment(row.done_at)),
        ]
        title = gettext("Refund %(number)s") % {"number": row.out_refund_no}
        return Page(title=title, badges=[refund_badge(row)], main=[Facts("", facts)])


@admin.register(Notification)
class NotificationAdmin(ScopedAdmin[Notification]):
    """What providers told us; it belongs to no store, so it is head office's."""

    view_permission = PROVIDERS_VIEW
    unit_lookups = EVERYWHERE
    list_display = ("provider", "notify_id", "kind", "received", "processed", "outcome")
    list_filter = ("provider", ("received_at", admin.DateFieldListFilter))
    search_fields = ("notify_id__startswith",)
    ordering = ("-id",)
    detail_fields = ("provider", "notify_id", "kind", "received_at", "processed_at", "outcome")
    received = moment_column("received_at", _("Received at"))
    processed = moment_column("processed_at", _("Processed at"))

    def page(self, request: HttpRequest, row: Notification) -> Page:
        """Return the facts; the raw message may hold personal data and stays in the database."""
        title = gettext("Notification %(number)s") % {"number": row.notify_id}
        return Page(title=title, main=[Facts("", self.facts(row))])


@admin.register(RejectedNotification)
class RejectedNotificationAdmin(ScopedAdmin[RejectedNotification]):
    """Messages that failed verification."""

    view_permission = PROVIDERS_VIEW
    unit_lookups = EVERYWHERE
    list_display = ("provider", "reason", "source", "received")
    list_filter = ("provider", ("received_at", admin.DateFieldListFilter))
    ordering = ("-id",)
    detail_fields = ("provider", "reason", "source", "received_at")
    received = moment_column("received_at", _("Received at"))

    def page(self, request: HttpRequest, row: RejectedNotification) -> Page:
        """Return who sent it from where, and its fingerprint."""
        facts = [*self.facts(row), (_("Fingerprint (SHA-256)"), bytes(row.body_sha256).hex())]
        return Page(title=gettext("Rejected notification"), main=[Facts("", facts)])


def _open_refunds(units: Units, now: datetime) -> Figure:
    return _waiting(units, state__in=UNDER_WAY)


def _failed_refunds(units: Units, now: datetime) -> Figure:
    return _waiting(units, tone="bad", state="failed")


def _waiting(units: Units, *, tone: str = "warn", **lookups: Any) -> Figure:
    refunds = Refund.objects.filter(**lookups)
    if units is not None:
        refunds = refunds.filter(payment__unit_id__in=units)
    found = refunds.aggregate(count=Count("pk"), oldest=Min("created_at"))
    return waiting(found["count"], found["oldest"], tone=tone)


def _refunds(**lookups: str) -> str:
    return f"{reverse('admin:payments_refund_changelist')}?{urlencode(lookups)}"


for tile in (
    Tile(
        "refunds_failed",
        _("Refunds that the provider refused"),
        "money_off",
        VIEW,
        _failed_refunds,
        lambda _now: _refunds(state__exact="failed"),
        20,
        is_todo=True,
    ),
    Tile(
        "refunds",
        _("Refunds under way"),
        "currency_exchange",
        VIEW,
        _open_refunds,
        lambda _now: _refunds(state__in=",".join(UNDER_WAY)),
        60,
        is_todo=True,
    ),
):
    add_tile(tile)
