"""Invoices that customers ask for; accountants issue them elsewhere and note their numbers here."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.orders.contracts import InvoiceKind, InvoiceState
from quanyu.modules.orders.models.book import Order

INVOICE_KIND_LABELS = {InvoiceKind.PERSON: _("Person"), InvoiceKind.COMPANY: _("Company")}
INVOICE_STATE_LABELS = {
    InvoiceState.REQUESTED: _("To be issued"),
    InvoiceState.ISSUED: _("Invoice issued"),
    InvoiceState.REFUSED: _("Refused"),
}


class InvoiceRequest(models.Model):
    """An invoice asked for an order. Who it is for is encrypted: a person's title is a name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="+", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=8, choices=list(INVOICE_KIND_LABELS.items()))
    state = models.CharField(_("state"), max_length=10, choices=list(INVOICE_STATE_LABELS.items()))
    title_encrypted = models.BinaryField(null=True, editable=False)
    title_masked = models.CharField(_("title"), max_length=100, default="", db_default="", blank=True)
    tax_number = models.CharField(_("tax number"), max_length=18, default="", db_default="", blank=True)
    email_encrypted = models.BinaryField(null=True, editable=False)
    email_masked = models.CharField(_("e-mail"), max_length=120, default="", db_default="", blank=True)
    # What was paid less what went back, when it was asked for; once issued, what it is about.
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    number = models.CharField(_("invoice number"), max_length=40, default="", db_default="", blank=True)
    link = models.CharField(_("link"), max_length=300, default="", db_default="", blank=True)
    answer = models.CharField(_("answer"), max_length=200, default="", db_default="", blank=True)
    requested_at = models.DateTimeField(_("asked at"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=80, default="", db_default="", blank=True)

    class Meta:
        db_table = "orders_invoice"
        verbose_name = _("invoice request")
        verbose_name_plural = _("invoice requests")
        constraints = [
            models.CheckConstraint(
                name="orders_invoice_kind_known", condition=Q(kind__in=[kind.value for kind in InvoiceKind])
            ),
            models.CheckConstraint(
                name="orders_invoice_state_known", condition=Q(state__in=[state.value for state in InvoiceState])
            ),
            models.CheckConstraint(
                name="orders_invoice_company_has_tax_number",
                condition=(~Q(kind="company") & Q(tax_number=""))
                | (Q(kind="company") & Q(tax_number__regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$")),
            ),
            models.CheckConstraint(name="orders_invoice_amount", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="orders_invoice_issued_has_number", condition=~Q(state="issued") | ~Q(number="")
            ),
            models.CheckConstraint(
                name="orders_invoice_refusal_says_why", condition=~Q(state="refused") | ~Q(answer="")
            ),
            models.CheckConstraint(
                name="orders_invoice_answered_has_time",
                condition=Q(state="requested", answered_at__isnull=True)
                | (~Q(state="requested") & Q(answered_at__isnull=False)),
            ),
            # One that was refused may be asked for again.
            models.UniqueConstraint(
                fields=["order"], condition=Q(state__in=["requested", "issued"]), name="orders_invoice_once"
            ),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "-id"], name="orders_invoice_newest"),
            models.Index(fields=["requested_at"], condition=Q(state="requested"), name="orders_invoice_waiting"),
        ]

    def __str__(self) -> str:
        return self.number or str(self.id)
