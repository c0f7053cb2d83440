"""What the page of an order shows of other modules: what happened, payments with refunds, and returns."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console.pages.order_timeline import timeline
from quanyu.modules.aftersales.models import Return
from quanyu.modules.orders.admin.labels import reason_text
from quanyu.modules.payments.admin import REASON_LABELS, payment_badge, refund_badge
from quanyu.modules.payments.models import Payment
from quanyu.platform.console.content import Card, Column, Table
from quanyu.platform.console.formats import link, moment, name_of, yuan

PLACE = "orders.order"


def cards(order: Any) -> list[Card]:
    """Return the cards of an order; a fixed number of queries."""
    payments = list(Payment.objects.filter(order_id=order.pk).prefetch_related("refunds").order_by("created_at"))
    returns = list(Return.objects.filter(order_id=order.pk).select_related("location").order_by("created_at"))
    return [timeline(order, payments, returns), _payments(payments), *_returns(returns)]


def _payments(payments: list[Payment]) -> Table:
    columns = [
        Column(_("Number")),
        Column(_("Tender")),
        Column(_("Amount"), is_number=True),
        Column(_("State")),
        Column(_("When"), is_time=True),
        Column(_("Reason")),
    ]
    rows: list[tuple[object, ...]] = []
    for payment in payments:
        number = link("payments_payment_change", payment.pk, payment.out_trade_no)
        at = moment(payment.paid_at or payment.created_at)
        tender = payment.get_tender_display()
        rows.append((number, tender, yuan(payment.amount_fen), payment_badge(payment), at, ""))
        rows += [
            (
                link("payments_refund_change", refund.pk, refund.out_refund_no),
                tender,
                yuan(-refund.amount_fen),
                refund_badge(refund),
                moment(refund.done_at or refund.created_at),
                REASON_LABELS.get(refund.reason, refund.reason),
            )
            for refund in sorted(payment.refunds.all(), key=lambda one: one.created_at)
        ]
    return Table(_("Payments and refunds"), columns, rows, empty=_("Nothing was paid yet."))


def _returns(found: list[Return]) -> list[Card]:
    if not found:
        return []
    columns = [
        Column(_("Number")),
        Column(_("Refund"), is_number=True),
        Column(_("Reason")),
        Column(_("Returned to")),
        Column(_("When"), is_time=True),
    ]
    rows = [
        (
            link("aftersales_return_change", one.pk, one.number),
            yuan(one.amount_fen),
            reason_text(one.reason),
            name_of(one.location),
            moment(one.created_at),
        )
        for one in found
    ]
    return [Table(_("Returns"), columns, rows)]
