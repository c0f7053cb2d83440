"""Who served for a line, when several did."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.identity.models import Staff
from quanyu.modules.orders.models.book import Line


class LineShare(models.Model):
    """One associate's share of a line that several served for, in basis points; those of a line are the whole.

    Append-only. A line that one person served for has no rows: the line itself names whom it is credited to, and the
    first of several.
    """

    line = models.ForeignKey(Line, models.PROTECT, related_name="shares", verbose_name=_("order line"), db_index=False)
    place = models.SmallIntegerField(_("place"))
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("associate"), db_index=False)
    share_bp = models.IntegerField(_("share (basis points)"))

    class Meta:
        db_table = "orders_line_share"
        verbose_name = _("share of a line")
        verbose_name_plural = _("shares of lines")
        constraints = [
            models.UniqueConstraint(fields=["line", "staff"], name="orders_line_share_once"),
            models.UniqueConstraint(fields=["line", "place"], name="orders_line_share_in_order"),
            models.CheckConstraint(name="orders_line_share_of_several", condition=Q(share_bp__range=(1, 9_999))),
        ]
