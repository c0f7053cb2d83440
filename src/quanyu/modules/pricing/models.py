"""Price books: which price holds where, for whom and when. Prices include tax."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog.models import Sku
from quanyu.modules.organization.models import Unit

BOOK_KIND_LABELS = {
    "base": _("Base price"),
    "member": _("Member price"),
    "timed": _("Timed price"),
}


class PriceBook(models.Model):
    """A set of prices for a unit and everything below it, for a period, perhaps for one tier.

    For a SKU the book of the nearest unit (store, region, brand, enterprise) wins, per kind. Two
    books of the same kind, unit and tier may not overlap in time: the database refuses it.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=list(BOOK_KIND_LABELS.items()))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("valid for"))
    tier = models.CharField(_("tier"), max_length=20, blank=True, default="")
    period = DateTimeRangeField(_("period"))
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "pricing_price_book"
        verbose_name = _("price book")
        verbose_name_plural = _("price books")
        constraints = [
            models.CheckConstraint(
                name="pricing_price_book_kind_known",
                condition=Q(kind__in=list(BOOK_KIND_LABELS)),
            ),
            models.CheckConstraint(
                name="pricing_price_book_tier_for_members",
                condition=Q(kind="member") | Q(tier=""),
            ),
            models.CheckConstraint(name="pricing_price_book_period_not_empty", condition=Q(period__isempty=False)),
            ExclusionConstraint(
                name="pricing_price_book_no_overlap",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("tier", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_active=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """The price of a SKU in a book, in fen per priced unit (piece or kilogram), tax included."""

    book = models.ForeignKey(
        PriceBook, models.PROTECT, related_name="prices", verbose_name=_("price book"), db_index=False
    )
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    amount_fen = models.BigIntegerField(_("price (fen)"))
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        db_table = "pricing_price"
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(fields=["book", "sku"], name="pricing_price_once"),
            models.CheckConstraint(name="pricing_price_not_negative", condition=Q(amount_fen__gte=0)),
        ]
        # A list sorted by price walks each book in this order instead of sorting all prices of a store.
        indexes = [models.Index(fields=["book", "amount_fen", "sku"], name="pricing_price_by_amount")]


class PriceChange(models.Model):
    """A price as it was and as it became, with who changed it. Append-only.

    Null before: the SKU entered the book; null after: it left it.
    """

    book = models.ForeignKey(PriceBook, models.PROTECT, related_name="+", verbose_name=_("price book"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"), db_index=False)
    before_fen = models.BigIntegerField(_("before (fen)"), null=True)
    after_fen = models.BigIntegerField(_("after (fen)"), null=True)
    actor = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "pricing_price_change"
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        constraints = [
            models.CheckConstraint(
                name="pricing_price_change_changes",
                condition=Q(before_fen__isnull=False) | Q(after_fen__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["sku", "id"], name="pricing_price_change_sku")]
