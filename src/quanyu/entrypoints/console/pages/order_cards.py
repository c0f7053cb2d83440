"""What the page of an order shows of other modules: payments with refunds, returns, and the stock it holds or moved."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from quanyu.modules.aftersales.models import Return
from quanyu.modules.inventory.admin.screens import movement_table, reservation_badge, shown
from quanyu.modules.inventory.models import Movement, Reservation
from quanyu.modules.payments.admin import REASON_LABELS, payment_badge, refund_badge
from quanyu.modules.payments.models import Payment
from quanyu.platform.console.content import Card, Column, Table
from quanyu.platform.console.formats import in_language, link, moment, name_of, yuan

PLACE = "orders.order"


def cards(order: Any) -> list[Card]:
    """Return the cards of an order; a fixed number of queries."""
    return [_payments(order), *_returns(order), _reservations(order), _movements(order)]


def _payments(order: Any) -> Table:
    columns = [
        Column(_("Number")),
        Column(_("Tender")),
        Column(_("Amount"), is_number=True),
        Column(_("State")),
        Column(_("When"), is_time=True),
        Column(_("Reason")),
    ]
    rows: list[tuple[object, ...]] = []
    found = Payment.objects.filter(order_id=order.pk).prefetch_related("refunds").order_by("created_at")
    for payment in found:
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


def _returns(order: Any) -> list[Card]:
    found = list(Return.objects.filter(order_id=order.pk).select_related("location").order_by("created_at"))
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
            one.reason,
            name_of(one.location),
            moment(one.created_at),
        )
        for one in found
    ]
    return [Table(_("Returns"), columns, rows)]


def _reservations(order: Any) -> Table:
    columns = [
        Column(_("SKU")),
        Column(_("Quantity"), is_number=True),
        Column(_("Location")),
        Column(_("Owner")),
        Column(_("State")),
        Column(_("Lapses at"), is_time=True),
    ]
    found = Reservation.objects.filter(cause_kind="order", cause_id=str(order.pk)).order_by("created_at", "id")
    rows = [
        (
            in_language(row.sku.name, row.sku.name_en),
            shown(row, row.quantity),
            name_of(row.location),
            name_of(row.owner),
            reservation_badge(row),
            moment(row.expires_at),
        )
        for row in found.select_related("sku__product", "location", "owner")
    ]
    return Table(_("Reservations"), columns, rows, empty=_("Nothing was reserved."))


def _movements(order: Any) -> Table:
    causes = [str(order.pk), *map(str, Return.objects.filter(order_id=order.pk).values_list("pk", flat=True))]
    found = Movement.objects.filter(cause_kind__in=["order", "return"], cause_id__in=causes).order_by("id")
    return movement_table(_("Stock movements"), list(found.select_related("sku__product", "location", "owner")))
