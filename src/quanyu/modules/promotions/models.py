"""Campaigns: threshold discounts (满减) with their scope, their steps and who bears them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.organization.models import Unit


class Campaign(models.Model):
    """A threshold discount: spend so much on these goods, pay so much less.

    Empty lists mean "all". ``*_share_bp`` say who bears the discount and add up to 10 000.
    ``repeats``: the highest step applies once per multiple of its threshold (每满).
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
        ]

    def __str__(self) -> str:
        return self.name


class CampaignStep(models.Model):
    """From ``threshold_fen`` on, ``off_fen`` less."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="steps")
    threshold_fen = models.BigIntegerField(_("from (fen)"))
    off_fen = models.BigIntegerField(_("discount (fen)"))

    class Meta:
        db_table = "promotions_campaign_step"
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "threshold_fen"], name="promotions_step_once"),
            models.CheckConstraint(
                name="promotions_step_leaves_something",
                condition=Q(off_fen__gt=0) & Q(threshold_fen__gt=F("off_fen")),
            ),
        ]
