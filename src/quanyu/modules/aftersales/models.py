"""Returns and refunds of lines, whatever the channel: amounts derived from line economics."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.orders.models import Line, Order
from quanyu.modules.organization.models import Unit

RESTOCK_LABELS = {
    "sellable": _("Back into stock"),
    "damaged": _("Damaged"),
    "none": _("Goods not returned"),
}


class Return(models.Model):
    """One return of an order. Its id is made by the client and is its permanent natural key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("return number"), max_length=32, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="+", verbose_name=_("order"))
    location = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("received at"))
    reason = models.CharField(_("reason"), max_length=40)
    note = models.CharField(_("note"), max_length=200, default="", blank=True)
    amount_fen = models.BigIntegerField(_("refund (fen)"))
    freight_fen = models.BigIntegerField(_("freight refunded (fen)"), default=0, db_default=0)
    # Less (or, given back by a later return, more) than the shares of its lines: discounts that the return lost.
    withheld_fen = models.BigIntegerField(_("withheld (fen)"), default=0, db_default=0)
    points_restored = models.BigIntegerField(_("points restored"), default=0, db_default=0)
    points_taken_back = models.BigIntegerField(_("points taken back"), default=0, db_default=0)
    coupons_returned = models.SmallIntegerField(_("coupons returned"), default=0, db_default=0)
    actor = models.CharField(_("by"), max_length=80)
    command_sha256 = models.BinaryField(max_length=32, editable=False)
    shift_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "aftersales_return"
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.CheckConstraint(name="aftersales_return_amount", condition=Q(amount_fen__gte=0)),
            models.CheckConstraint(
                name="aftersales_return_rights",
                condition=Q(
                    freight_fen__gte=0, points_restored__gte=0, points_taken_back__gte=0, coupons_returned__gte=0
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="aftersales_return_newest"),
            models.Index(fields=["location", "-created_at"], name="aftersales_return_of_place"),
        ]

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """How much of a line came back, what it refunds, and what became of the goods."""

    parent = models.ForeignKey(Return, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    quantity = models.BigIntegerField(_("quantity"))
    amount_fen = models.BigIntegerField(_("refund (fen)"))
    points_restored = models.BigIntegerField(_("points restored"), default=0, db_default=0)
    restock = models.CharField(_("goods"), max_length=10, choices=list(RESTOCK_LABELS.items()))

    class Meta:
        db_table = "aftersales_return_line"
        verbose_name = _("returned line")
        verbose_name_plural = _("returned lines")
        constraints = [
            models.CheckConstraint(name="aftersales_return_line_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(name="aftersales_return_line_amount", condition=Q(amount_fen__gte=0)),
            models.CheckConstraint(name="aftersales_return_line_points", condition=Q(points_restored__gte=0)),
            models.CheckConstraint(
                name="aftersales_return_line_restock_known", condition=Q(restock__in=list(RESTOCK_LABELS))
            ),
            models.UniqueConstraint(fields=["parent", "order_line"], name="aftersales_return_line_once"),
        ]


class ReturnWithheld(models.Model):
    """A discount or gift that the kept goods do not reach any more: what the refund was lowered by, and why.

    A negative amount gives back what an earlier return withheld for goods that now came back too.
    """

    parent = models.ForeignKey(Return, models.PROTECT, related_name="withheld")
    kind = models.CharField(_("kind"), max_length=12)
    source = models.CharField(_("source"), max_length=60)
    label = models.CharField(_("offer"), max_length=80)
    threshold_fen = models.BigIntegerField(_("from an amount of (fen)"))
    kept_fen = models.BigIntegerField(_("kept (fen)"))
    amount_fen = models.BigIntegerField(_("withheld (fen)"))

    class Meta:
        db_table = "aftersales_return_withheld"
        verbose_name = _("withheld discount")
        verbose_name_plural = _("withheld discounts")
        constraints = [
            models.CheckConstraint(name="aftersales_return_withheld_amount", condition=~Q(amount_fen=0)),
            models.UniqueConstraint(fields=["parent", "kind", "source"], name="aftersales_return_withheld_once"),
        ]
