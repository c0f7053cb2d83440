"""The mall's own tables: what lies in a member's cart, store by store, and what merges of members did to carts."""

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


class CartMove(models.Model):
    """A cart line that a merge of two members took from the merged one: enough to give it back.

    ``line_id`` is the line that changed hands. Without one the kept member had the same product in the same
    store: the merged member's line was put aside, and stands here as it was.
    """

    merge_id = models.UUIDField()
    line_id = models.BigIntegerField(null=True)
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+")
    quantity = models.BigIntegerField()
    is_selected = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "mall_cart_move"
        constraints = [
            models.UniqueConstraint(fields=["merge_id", "store", "sku"], name="mall_cart_move_once"),
        ]
