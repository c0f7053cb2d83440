"""The mall's own table: what lies in a member's cart, store by store."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog.models import Sku
from quanyu.modules.members.models import Member
from quanyu.modules.organization.models import Unit


class CartLine(models.Model):
    """One SKU of one store in one member's cart; prices are never kept here."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+")
    quantity = models.BigIntegerField(_("quantity"))
    is_selected = models.BooleanField(_("selected"), default=True, db_default=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        db_table = "mall_cart_line"
        constraints = [
            models.UniqueConstraint(fields=["member", "store", "sku"], name="mall_cart_line_once"),
            models.CheckConstraint(name="mall_cart_line_quantity", condition=Q(quantity__gt=0)),
        ]
