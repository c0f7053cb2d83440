"""Tables of loyalty. No behaviour."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.orders.models import Order


class Return(models.Model):
    """That goods of an order came back, as the order's event told it: what the timeline shows. Append-only.

    Whose it is stands with the order, so that merges of members need nothing here.
    """

    return_id = models.CharField(max_length=64, primary_key=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="+", verbose_name=_("order"), db_index=False)
    store_id = models.BigIntegerField(_("store"))
    channel = models.CharField(_("channel"), max_length=10)
    amount_fen = models.BigIntegerField(_("refunded (fen)"))
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "loyalty_return"
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [models.CheckConstraint(name="loyalty_return_not_negative", condition=Q(amount_fen__gte=0))]
        indexes = [models.Index(fields=["order", "-at"], name="loyalty_return_of_order")]
