"""Tables of flash sales: the sale, what each member has of it, what each order took.

Only the SQL room writes purchases and takings, and only while it holds the sale's and the purchases' rows.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog.models import Sku
from quanyu.modules.flash.contracts import TakingState
from quanyu.modules.members.models import Member
from quanyu.modules.organization.models import Unit

TAKING_STATE_LABELS = {TakingState.TAKEN: _("Ordered"), TakingState.GIVEN_BACK: _("Given back")}


class Sale(models.Model):
    """One hot item for a time: who may buy how many. Immutable but for ``taken`` and the stop.

    ``taken`` counts only where ``units_total`` limits it: without, orders touch no row that all of them share.
    """

    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    units = models.ManyToManyField(Unit, related_name="+", blank=True, verbose_name=_("places"))
    channels = ArrayField(models.CharField(max_length=12), verbose_name=_("channels"))
    closed_from = models.DateTimeField(_("not sold before the start from"))
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("until"))
    per_member_limit = models.IntegerField(_("most per member"))
    units_total = models.IntegerField(_("pieces in all"), null=True, blank=True)
    taken = models.IntegerField(_("pieces ordered"), default=0, db_default=0)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    announced_by = models.CharField(_("by"), max_length=80)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "flash_sale"
        verbose_name = _("flash sale")
        verbose_name_plural = _("flash sales")
        constraints = [
            models.CheckConstraint(
                name="flash_sale_in_order",
                condition=Q(closed_from__lte=F("starts_at")) & Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="flash_sale_makes_sense",
                condition=Q(per_member_limit__gt=0)
                & (Q(units_total__isnull=True) | Q(units_total__gt=0))
                & Q(channels__len__gt=0),
            ),
            # The last guard of the pieces in all.
            models.CheckConstraint(
                name="flash_sale_within_total",
                condition=Q(taken__gte=0) & (Q(units_total__isnull=True) | Q(taken__lte=F("units_total"))),
            ),
        ]
        indexes = [
            models.Index(fields=["sku", "ends_at"], name="flash_sale_of_sku", condition=Q(stopped_at__isnull=True)),
            models.Index(fields=["ends_at"], name="flash_sale_coming", condition=Q(stopped_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return str(self.sku)


class Purchase(models.Model):
    """What a member has of a sale: a counter that cannot pass ``most``.

    ``most`` is the sale's limit; merged files may have had more between them, and keep it.
    """

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="+", verbose_name=_("flash sale"), db_index=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"))
    quantity = models.IntegerField(_("quantity"), default=0, db_default=0)
    most = models.IntegerField(_("most"))

    class Meta:
        db_table = "flash_purchase"
        verbose_name = _("purchase in a flash sale")
        verbose_name_plural = _("purchases in flash sales")
        constraints = [
            models.UniqueConstraint(fields=["sale", "member"], name="flash_purchase_once"),
            # The last guard of the limit per member.
            models.CheckConstraint(
                name="flash_purchase_within_limit", condition=Q(quantity__gte=0) & Q(quantity__lte=F("most"))
            ),
        ]


class Taking(models.Model):
    """Pieces that an order took, and whether they count."""

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="+", verbose_name=_("flash sale"), db_index=False)
    order_id = models.UUIDField(_("order"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"), db_index=False)
    quantity = models.IntegerField(_("quantity"))
    state = models.CharField(
        _("state"), max_length=10, choices=[(state.value, label) for state, label in TAKING_STATE_LABELS.items()]
    )
    at = models.DateTimeField(_("at"))
    given_back_at = models.DateTimeField(_("given back at"), null=True, blank=True)

    class Meta:
        db_table = "flash_taking"
        verbose_name = _("pieces taken in a flash sale")
        verbose_name_plural = _("pieces taken in flash sales")
        constraints = [
            models.UniqueConstraint(fields=["order_id", "sale"], name="flash_taking_once_per_order"),
            models.CheckConstraint(name="flash_taking_some", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="flash_taking_as_its_state",
                condition=Q(state="taken", given_back_at__isnull=True)
                | Q(state="given_back", given_back_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["sale", "-id"], name="flash_taking_of_sale"),
            models.Index(fields=["member", "sale"], name="flash_taking_of_member"),
        ]


class MergeMove(models.Model):
    """A taking that changed hands by a merge of two members' files: the undo reads it."""

    merge_id = models.UUIDField(_("merge"))
    taking = models.ForeignKey(Taking, models.PROTECT, related_name="+", verbose_name=_("pieces taken"))
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        db_table = "flash_merge_move"
        verbose_name = _("taking moved by a merge")
        verbose_name_plural = _("takings moved by merges")
        constraints = [models.UniqueConstraint(fields=["merge_id", "taking"], name="flash_merge_move_once")]


class Refusal(models.Model):
    """How many tries of a sale were refused, by the refusal's code; counted in the background, for the screen."""

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="+", verbose_name=_("flash sale"), db_index=False)
    code = models.CharField(_("reason"), max_length=40)
    tries = models.BigIntegerField(_("tries"), default=0, db_default=0)

    class Meta:
        db_table = "flash_refusal"
        verbose_name = _("refused tries")
        verbose_name_plural = _("refused tries")
        constraints = [models.UniqueConstraint(fields=["sale", "code"], name="flash_refusal_once")]
