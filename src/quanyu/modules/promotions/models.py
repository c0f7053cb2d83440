"""Campaigns of every kind with their scope, their steps or items, and who bears them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog.models import Sku
from quanyu.modules.organization.models import Unit
from quanyu.modules.promotions.contracts import CampaignKind

_WHOLE_BP = 10_000
# Which rule columns a kind may use: each kind reads its own, so a value elsewhere would be a lie on the screen.
_PLAIN = Q(count=0, off_bp=0, price_fen__isnull=True, same_sku=False)
_NTH_OFF = Q(off_bp__gte=1, off_bp__lte=_WHOLE_BP, price_fen__isnull=True)
# A check holds when it is unknown, so that a missing price must be refused by name.
_NTH_PRICE = Q(off_bp=0, price_fen__isnull=False, price_fen__gte=0)
_BUNDLE_PRICE = Q(price_fen__isnull=False, price_fen__gt=0)
_RULE_OF_KIND = (
    (Q(kind__in=[CampaignKind.THRESHOLD.value, CampaignKind.GIFT.value]) & _PLAIN)
    | (Q(kind=CampaignKind.NTH.value, count__gte=2) & (_NTH_OFF | _NTH_PRICE))
    | (Q(kind=CampaignKind.BUNDLE.value, off_bp=0, same_sku=False) & _BUNDLE_PRICE & (Q(count=0) | Q(count__gte=2)))
    | (Q(kind=CampaignKind.NEW_CUSTOMER.value, repeats=False) & _PLAIN)
)


class Campaign(models.Model):
    """A promotion that holds by itself; ``promotions.contracts.Campaign`` says what each kind means.

    Empty lists mean "all". ``*_share_bp`` say who bears the discount and add up to 10 000.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True, default="")
    period = DateTimeRangeField(_("period"))
    units = models.ManyToManyField(Unit, related_name="+", blank=True, verbose_name=_("stores"))
    channels = ArrayField(models.CharField(max_length=12), default=list, blank=True, verbose_name=_("channels"))
    category_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("categories"))
    sku_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("SKUs"))
    excluded_sku_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("excluded SKUs"))
    members_only = models.BooleanField(_("members only"), default=False)
    tiers = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("tiers"))
    kind = models.CharField(_("kind"), max_length=12, default=CampaignKind.THRESHOLD.value)
    stacks = models.BooleanField(_("combines with other campaigns"), default=False)
    count = models.IntegerField(_("number of pieces"), default=0)
    off_bp = models.IntegerField(_("discount (bp)"), default=0)
    price_fen = models.BigIntegerField(_("price (fen)"), null=True, blank=True)
    same_sku = models.BooleanField(_("counts pieces of one product"), default=False)
    repeats = models.BooleanField(_("repeats for every multiple"), default=False)
    brand_share_bp = models.IntegerField(_("borne by the brand (bp)"), default=10_000)
    store_share_bp = models.IntegerField(_("borne by the store (bp)"), default=0)
    supplier_share_bp = models.IntegerField(_("borne by the supplier (bp)"), default=0)
    priority = models.IntegerField(_("priority"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "promotions_campaign"
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(
                name="promotions_campaign_shares_whole",
                condition=Q(brand_share_bp=10_000 - F("store_share_bp") - F("supplier_share_bp")),
            ),
            models.CheckConstraint(
                name="promotions_campaign_shares_not_negative",
                condition=Q(brand_share_bp__gte=0) & Q(store_share_bp__gte=0) & Q(supplier_share_bp__gte=0),
            ),
            models.CheckConstraint(name="promotions_campaign_rule_of_kind", condition=_RULE_OF_KIND),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignStep(models.Model):
    """From ``threshold_fen`` on, ``off_fen`` less or so much of a gift, never both."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="steps")
    threshold_fen = models.BigIntegerField(_("from (fen)"))
    off_fen = models.BigIntegerField(_("discount (fen)"), default=0)
    gift_sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("gift"))
    gift_quantity = models.IntegerField(_("quantity of the gift"), default=0)

    class Meta:
        db_table = "promotions_campaign_step"
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "threshold_fen"], name="promotions_step_once"),
            models.CheckConstraint(
                name="promotions_step_off_or_gift",
                condition=Q(off_fen__gt=0, threshold_fen__gt=F("off_fen"), gift_sku__isnull=True, gift_quantity=0)
                | Q(off_fen=0, threshold_fen__gt=0, gift_sku__isnull=False, gift_quantity__gt=0),
            ),
        ]


class CampaignItem(models.Model):
    """A SKU of a bundle (how many a set has), or one with a new-customer price (and the most per order)."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="items")
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    quantity = models.IntegerField(_("quantity"), default=1)
    price_fen = models.BigIntegerField(_("price (fen)"), default=0)

    class Meta:
        db_table = "promotions_campaign_item"
        verbose_name = _("product of the campaign")
        verbose_name_plural = _("products of the campaign")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "sku"], name="promotions_item_once"),
            models.CheckConstraint(
                name="promotions_item_makes_sense", condition=Q(quantity__gt=0) & Q(price_fen__gte=0)
            ),
        ]
