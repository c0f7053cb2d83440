"""The points mall: what may be had for points, and what orders took of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog.models import Sku
from quanyu.modules.members.contracts import Level
from quanyu.modules.members.models import Member
from quanyu.modules.organization.models import Unit

LEVEL_LABELS = {Level.IDENTIFIED: _("Identified"), Level.VERIFIED: _("Verified")}


class Offer(models.Model):
    """An offer of the points mall: one piece of a low-priced product for points, or for points and cash."""

    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    points = models.BigIntegerField(_("points"))
    cash_fen = models.BigIntegerField(_("and cash (fen)"), default=0)
    list_fen = models.BigIntegerField(_("list price (fen)"))
    ceiling_fen = models.BigIntegerField(_("highest list price allowed (fen)"))
    units = models.ManyToManyField(Unit, related_name="+", blank=True, verbose_name=_("stores"))
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    level = models.CharField(
        _("level needed"),
        max_length=12,
        choices=[(level.value, label) for level, label in LEVEL_LABELS.items()],
        default=Level.IDENTIFIED.value,
    )
    per_member_limit = models.IntegerField(_("most per member"), null=True, blank=True)
    total_limit = models.IntegerField(_("most in all"), null=True, blank=True)
    taken = models.IntegerField(_("taken"), default=0, db_default=0)
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "points_offer"
        verbose_name = _("points mall offer")
        verbose_name_plural = _("points mall offers")
        constraints = [
            models.CheckConstraint(
                name="points_offer_makes_sense",
                condition=Q(points__gt=0) & Q(cash_fen__gte=0) & Q(list_fen__gt=F("cash_fen")),
            ),
            models.CheckConstraint(name="points_offer_low_priced", condition=Q(list_fen__lte=F("ceiling_fen"))),
            models.CheckConstraint(
                name="points_offer_within_limit",
                condition=Q(taken__gte=0) & (Q(total_limit__isnull=True) | Q(taken__lte=F("total_limit"))),
            ),
            models.CheckConstraint(
                name="points_offer_limits_make_sense",
                condition=(Q(per_member_limit__isnull=True) | Q(per_member_limit__gt=0))
                & (Q(total_limit__isnull=True) | Q(total_limit__gt=0))
                & (Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at"))),
            ),
        ]


class OfferUse(models.Model):
    """Pieces of an offer that an order took; ``returned_at``: the order was cancelled, so they count no more."""

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="+", verbose_name=_("points mall offer"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"), db_index=False)
    order_id = models.UUIDField(_("order"))
    quantity = models.IntegerField(_("quantity"))
    at = models.DateTimeField(_("at"))
    returned_at = models.DateTimeField(_("given back at"), null=True, blank=True)

    class Meta:
        db_table = "points_offer_use"
        verbose_name = _("use of a points mall offer")
        verbose_name_plural = _("uses of points mall offers")
        constraints = [
            models.UniqueConstraint(fields=["order_id", "offer"], name="points_offer_use_once_per_order"),
            models.CheckConstraint(name="points_offer_use_some", condition=Q(quantity__gt=0)),
        ]
        indexes = [models.Index(fields=["member", "offer"], name="points_offer_use_of_member")]
