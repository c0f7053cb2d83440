"""The mall's own tables: carts, what merges did to them and what screens handed over; the pages of stores."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog.models import Category, Sku
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


class MallPage(models.Model):
    """The home page of a unit: its own, or for all stores below it that have none.

    ``version`` grows with every change, so that two editors do not overwrite each other; ``published_at`` is set while
    shoppers see it.
    """

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(_("changed at"))
    published_at = models.DateTimeField(_("published at"), null=True)

    class Meta:
        db_table = "mall_page"
        verbose_name = _("mall page")
        verbose_name_plural = _("mall pages")
        constraints = [models.CheckConstraint(name="mall_page_version", condition=Q(version__gte=1))]


class MallBlock(models.Model):
    """A block of a page: as it is being arranged (``is_draft``), or as shoppers see it."""

    page = models.ForeignKey(MallPage, models.PROTECT, related_name="blocks")
    is_draft = models.BooleanField()
    position = models.SmallIntegerField()
    kind = models.CharField(max_length=10)
    is_on = models.BooleanField(default=True)
    title = models.CharField(max_length=40, blank=True, default="")
    title_en = models.CharField(max_length=60, blank=True, default="")
    text = models.CharField(max_length=200, blank=True, default="")
    text_en = models.CharField(max_length=300, blank=True, default="")
    more = models.JSONField(default=dict, blank=True)
    rule = models.CharField(max_length=12, blank=True, default="")
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+")
    sku_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    most = models.SmallIntegerField(default=6)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    # Banners, shortcuts or categories, each with its picture and where it leads.
    items = models.JSONField(default=list, blank=True)

    class Meta:
        db_table = "mall_block"
        verbose_name = _("block of a mall page")
        verbose_name_plural = _("blocks of mall pages")
        constraints = [
            models.UniqueConstraint(fields=["page", "is_draft", "position"], name="mall_block_place"),
            models.CheckConstraint(
                name="mall_block_kind",
                condition=Q(kind__in=["banner", "shortcuts", "categories", "goods", "flash", "coupons", "notice"]),
            ),
            models.CheckConstraint(
                name="mall_block_rule",
                condition=(Q(kind="goods") & Q(rule__in=["newest", "best_sellers", "on_offer", "category", "picked"]))
                | (~Q(kind="goods") & Q(rule="")),
            ),
            models.CheckConstraint(
                name="mall_block_category",
                condition=Q(rule="category", category__isnull=False) | (~Q(rule="category") & Q(category__isnull=True)),
            ),
            models.CheckConstraint(
                name="mall_block_picked",
                condition=(Q(rule="picked") & Q(sku_ids__len__range=(1, 30))) | (~Q(rule="picked") & Q(sku_ids__len=0)),
            ),
            models.CheckConstraint(name="mall_block_most", condition=Q(most__range=(1, 30))),
            models.CheckConstraint(
                name="mall_block_time",
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
            ),
        ]


class Handover(models.Model):
    """What a shopper chose on a screen of a store, waiting for a phone: taken once, by one member, or lapsed.

    Whoever holds the token may take it; only its hash is kept. ``device_id`` is the screen, of identity.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    token_hash = models.BinaryField(max_length=32, unique=True)
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    device_id = models.UUIDField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    taken_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mall_handover"
        indexes = [models.Index(fields=["device_id", "created_at"], name="mall_handover_of_device")]
        constraints = [
            models.CheckConstraint(name="mall_handover_life", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(
                name="mall_handover_taken_whole",
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False),
            ),
            models.CheckConstraint(
                name="mall_handover_taken_alive",
                condition=Q(taken_at__isnull=True) | Q(taken_at__gte=F("created_at"), taken_at__lt=F("expires_at")),
            ),
        ]


class HandoverLine(models.Model):
    """One SKU of a hand-over; ``outcome`` says what became of it when it was taken, empty until then."""

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="lines")
    position = models.SmallIntegerField()
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+")
    quantity = models.BigIntegerField()
    outcome = models.CharField(max_length=12, blank=True, default="", db_default="")

    class Meta:
        db_table = "mall_handover_line"
        constraints = [
            models.UniqueConstraint(fields=["handover", "position"], name="mall_handover_line_place"),
            models.UniqueConstraint(fields=["handover", "sku"], name="mall_handover_line_once"),
            models.CheckConstraint(name="mall_handover_line_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="mall_handover_line_outcome",
                condition=Q(outcome__in=["", "added", "short", "sold_out", "not_for_sale", "full"]),
            ),
        ]
