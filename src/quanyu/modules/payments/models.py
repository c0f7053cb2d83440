"""Payments by tender, refunds, and the raw notifications of providers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7

TENDER_LABELS = {
    "cash": _("Cash"),
    "card": _("Bank card (recorded)"),
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
}
PAYMENT_STATE_LABELS = {
    "created": _("Created"),
    "asking": _("Asking the provider"),
    "paid": _("Paid"),
    "closed": _("Closed"),
    "failed": _("Failed"),
}
REFUND_STATE_LABELS = {
    "created": _("Created"),
    "asking": _("Asking the provider"),
    "done": _("Refunded"),
    "failed": _("Failed"),
}


class Payment(models.Model):
    """One attempt to be paid for an order by one tender; ``out_trade_no`` is stored before the call.

    While the outcome is unknown the state is ``asking`` and the same number is asked again; a new
    attempt is a new row after a definite failure (one live attempt per order and provider).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order_id = models.UUIDField(_("order"), db_index=True)
    tender = models.CharField(_("tender"), max_length=10, choices=list(TENDER_LABELS.items()))
    way = models.CharField(_("way"), max_length=12, default="", blank=True)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    tendered_fen = models.BigIntegerField(_("given (fen)"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=list(PAYMENT_STATE_LABELS.items()))
    out_trade_no = models.CharField(_("payment number"), max_length=32, unique=True)
    provider_txn = models.CharField(_("provider's number"), max_length=64, null=True, blank=True)  # noqa: DJ001 - unknown is not empty, and unique
    payer = models.CharField(max_length=128, default="", blank=True, editable=False)
    prepay = models.JSONField(default=dict, editable=False)
    refunded_fen = models.BigIntegerField(_("refunded (fen)"), default=0, db_default=0)
    unit_id = models.BigIntegerField(_("store"), null=True)
    terminal_id = models.UUIDField(null=True)
    shift_id = models.UUIDField(null=True, db_index=True)
    polls = models.SmallIntegerField(default=0, db_default=0, editable=False)
    next_poll_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True)
    created_at = models.DateTimeField(_("created at"))
    paid_at = models.DateTimeField(_("paid at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        db_table = "payments_payment"
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(name="payments_payment_amount", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="payments_payment_refund_within_paid",
                condition=Q(refunded_fen__gte=0) & Q(refunded_fen__lte=F("amount_fen")),
            ),
            models.CheckConstraint(
                name="payments_payment_refund_needs_paid",
                condition=Q(refunded_fen=0) | Q(state="paid"),
            ),
            models.CheckConstraint(
                name="payments_payment_state_known",
                condition=Q(state__in=list(PAYMENT_STATE_LABELS)),
            ),
            models.CheckConstraint(
                name="payments_payment_paid_has_time",
                condition=~Q(state="paid") | Q(paid_at__isnull=False),
            ),
            models.CheckConstraint(
                name="payments_payment_cash_covers",
                condition=Q(tendered_fen__isnull=True) | Q(tendered_fen__gte=F("amount_fen")),
            ),
            # The number on a card slip is what a cashier types: it proves nothing and may come again.
            models.UniqueConstraint(
                fields=["tender", "provider_txn"],
                condition=Q(tender__in=["wechat", "alipay"]),
                name="payments_payment_one_per_txn",
            ),
            models.CheckConstraint(
                name="payments_payment_provider_proof",
                condition=Q(tender__in=["cash", "card"])
                | ~Q(state="paid")
                | (Q(provider_txn__isnull=False) & ~Q(way="till")),
            ),
            models.UniqueConstraint(
                fields=["order_id"],
                condition=Q(state__in=["created", "asking"]),
                name="payments_payment_one_live_per_order",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_poll_at"],
                condition=Q(state__in=["created", "asking"]),
                name="payments_payment_to_poll",
            ),
            models.Index(fields=["-created_at"], name="payments_payment_newest"),
            # Asked for by its beginning, as staff read it from a bill; payments at a till have none.
            models.Index(
                fields=["provider_txn"],
                opclasses=["varchar_pattern_ops"],
                condition=Q(provider_txn__isnull=False),
                name="payments_payment_by_txn",
            ),
        ]

    def __str__(self) -> str:
        return self.out_trade_no


class Refund(models.Model):
    """Money going back for one payment. ``(payment, reason, ref)`` makes it happen once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    reason = models.CharField(_("reason"), max_length=24)
    ref = models.CharField(_("reference"), max_length=60)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    state = models.CharField(_("state"), max_length=8, choices=list(REFUND_STATE_LABELS.items()))
    out_refund_no = models.CharField(_("refund number"), max_length=40, unique=True)
    provider_refund = models.CharField(_("provider's number"), max_length=64, null=True, blank=True)  # noqa: DJ001 - unknown is not empty
    shift_id = models.UUIDField(null=True, db_index=True)
    polls = models.SmallIntegerField(default=0, db_default=0, editable=False)
    next_poll_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    done_at = models.DateTimeField(_("done at"), null=True)

    class Meta:
        db_table = "payments_refund"
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(name="payments_refund_amount", condition=Q(amount_fen__gt=0)),
            models.UniqueConstraint(fields=["payment", "reason", "ref"], name="payments_refund_once"),
            models.CheckConstraint(
                name="payments_refund_state_known", condition=Q(state__in=list(REFUND_STATE_LABELS))
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="payments_refund_newest"),
            # Few of all refunds wait or were refused; home pages ask for them all day.
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["created", "asking", "failed"]),
                name="payments_refund_open",
            ),
        ]


class Notification(models.Model):
    """A provider's message as it came: stored raw, unique, processed once."""

    provider = models.CharField(_("provider"), max_length=10)
    notify_id = models.CharField(_("number"), max_length=80)
    kind = models.CharField(_("kind"), max_length=40, default="")
    raw = models.BinaryField(editable=False)
    headers = models.JSONField(default=dict, editable=False)
    received_at = models.DateTimeField(_("received at"))
    processed_at = models.DateTimeField(_("processed at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=200, default="", blank=True)

    class Meta:
        db_table = "payments_notification"
        verbose_name = _("provider notification")
        verbose_name_plural = _("provider notifications")
        constraints = [models.UniqueConstraint(fields=["provider", "notify_id"], name="payments_notification_once")]


class RejectedNotification(models.Model):
    """A message that failed verification: kept for inspection, never acted upon."""

    provider = models.CharField(_("provider"), max_length=10)
    reason = models.CharField(_("reason"), max_length=60)
    body_sha256 = models.BinaryField(max_length=32)
    source = models.CharField(_("from"), max_length=60, default="")
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        db_table = "payments_rejected_notification"
        verbose_name = _("rejected notification")
        verbose_name_plural = _("rejected notifications")
