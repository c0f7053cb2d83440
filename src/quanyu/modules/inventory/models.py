"""The stock ledger: counters guarded by CHECKs, the movements that explain them, reservations.

Quantities are in base units of the SKU (pieces, or grams). Only the SQL room writes counters,
always together with the movement or reservation that explains the change (I1).
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog.models import Category, Sku
from quanyu.modules.inventory.contracts import MovementKind
from quanyu.modules.organization.models import Unit

MOVEMENT_KIND_LABELS = {
    MovementKind.OPENING: _("Opening stock"),
    MovementKind.RECEIPT: _("Receipt"),
    MovementKind.SALE: _("Sale"),
    MovementKind.CUSTOMER_RETURN: _("Customer return"),
    MovementKind.TRANSFER_OUT: _("Transfer sent"),
    MovementKind.TRANSFER_IN: _("Transfer arrived"),
    MovementKind.COUNT_GAIN: _("Count gain"),
    MovementKind.COUNT_LOSS: _("Count loss"),
    MovementKind.DAMAGE: _("Damaged"),
    MovementKind.REPAIR: _("Repaired"),
    MovementKind.SCRAP: _("Scrapped"),
    MovementKind.ADJUSTMENT: _("Adjustment"),
    MovementKind.SHORTAGE: _("Shortage"),
}
RESERVATION_STATE_LABELS = {
    "open": _("Open"),
    "issued": _("Issued"),
    "released": _("Released"),
    "lapsed": _("Lapsed"),
}


class Stock(models.Model):
    """What one owner has of one SKU at one location.

    available = on_hand - reserved (damaged goods are not part of ``on_hand``); online channels
    leave ``safety`` untouched. ``in_transit`` is on its way here and not sellable.
    """

    location = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("location"), db_index=False)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"), db_index=False)
    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("owner"))
    on_hand = models.BigIntegerField(_("on hand"), default=0, db_default=0)
    reserved = models.BigIntegerField(_("reserved"), default=0, db_default=0)
    damaged = models.BigIntegerField(_("damaged"), default=0, db_default=0)
    in_transit = models.BigIntegerField(_("in transit"), default=0, db_default=0)
    safety = models.BigIntegerField(_("safety stock"), default=0, db_default=0)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        db_table = "inventory_stock"
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        constraints = [
            models.UniqueConstraint(fields=["location", "sku", "owner"], name="inventory_stock_one_row"),
            models.CheckConstraint(
                name="inventory_stock_never_oversold",
                condition=Q(reserved__gte=0) & Q(on_hand__gte=F("reserved")),
            ),
            models.CheckConstraint(
                name="inventory_stock_not_negative",
                condition=Q(damaged__gte=0) & Q(in_transit__gte=0) & Q(safety__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["sku"], name="inventory_stock_sku"),
            models.Index(fields=["sku"], condition=Q(in_transit__gt=0), name="inventory_stock_transit"),
        ]


class Movement(models.Model):
    """One change of a stock row with its cause. Append-only."""

    location = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("location"), db_index=False)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"), db_index=False)
    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("owner"), db_index=False)
    kind = models.CharField(
        _("kind"), max_length=16, choices=[(kind.value, label) for kind, label in MOVEMENT_KIND_LABELS.items()]
    )
    on_hand_delta = models.BigIntegerField(_("on hand +/-"), default=0, db_default=0)
    damaged_delta = models.BigIntegerField(_("damaged +/-"), default=0, db_default=0)
    in_transit_delta = models.BigIntegerField(_("in transit +/-"), default=0, db_default=0)
    on_hand_after = models.BigIntegerField(_("on hand after"))
    cause_kind = models.CharField(_("cause"), max_length=24)
    cause_id = models.CharField(_("cause number"), max_length=60)
    cause_line = models.CharField(max_length=60, default="", db_default="")
    actor = models.CharField(_("by"), max_length=80, default="", db_default="")
    reason = models.CharField(_("reason"), max_length=200, default="", db_default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "inventory_movement"
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        constraints = [
            models.CheckConstraint(
                name="inventory_movement_kind_known", condition=Q(kind__in=[kind.value for kind in MovementKind])
            ),
            models.CheckConstraint(
                name="inventory_movement_moves_something",
                condition=~Q(on_hand_delta=0, damaged_delta=0, in_transit_delta=0),
            ),
            # A cause moves a row once: a repeated command cannot move stock twice.
            models.UniqueConstraint(
                fields=["cause_kind", "cause_id", "cause_line", "kind", "location", "sku", "owner"],
                name="inventory_movement_once",
            ),
        ]
        indexes = [
            models.Index(fields=["location", "sku", "owner", "id"], name="inventory_movement_history"),
            models.Index(fields=["sku", "id"], name="inventory_movement_sku"),
            models.Index(fields=["-at", "-id"], name="inventory_movement_newest"),
            # Few movements are of goods in transit or damaged goods: what sells pays nothing for these.
            models.Index(
                fields=["location", "sku", "owner", "id"],
                condition=~Q(in_transit_delta=0),
                name="inventory_movement_transit",
            ),
            models.Index(
                fields=["location", "sku", "owner", "id"],
                condition=~Q(damaged_delta=0),
                name="inventory_movement_damaged",
            ),
            models.Index(
                fields=["id"],
                condition=Q(kind=MovementKind.TRANSFER_OUT.value, in_transit_delta__gt=0),
                name="inventory_movement_sent",
            ),
        ]


class Reservation(models.Model):
    """Units promised to one line of one order (or hold), until issued or released.

    ``expires_at`` set: the promise lapses by itself at that moment; the units count as available
    from then on and whoever needs them takes them. ``expires_at`` null (pinned): a payment has been
    started, only a confirmed outcome releases the units.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cause_kind = models.CharField(_("for"), max_length=24)
    cause_id = models.CharField(_("number"), max_length=60)
    cause_line = models.CharField(max_length=60, default="", db_default="")
    location = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("location"), db_index=False)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"), db_index=False)
    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("owner"), db_index=False)
    quantity = models.BigIntegerField(_("quantity"))
    state = models.CharField(
        _("state"), max_length=10, choices=list(RESERVATION_STATE_LABELS.items()), default="open", db_default="open"
    )
    expires_at = models.DateTimeField(_("lapses at"), null=True)
    created_at = models.DateTimeField(_("created at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        db_table = "inventory_reservation"
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.CheckConstraint(name="inventory_reservation_some", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="inventory_reservation_state_known",
                condition=Q(state__in=list(RESERVATION_STATE_LABELS)),
            ),
            models.CheckConstraint(
                name="inventory_reservation_closed_has_time",
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["cause_kind", "cause_id", "cause_line"],
                condition=Q(state="open"),
                name="inventory_reservation_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["location", "sku", "owner", "expires_at"],
                condition=Q(state="open"),
                name="inventory_reservation_open",
            ),
            models.Index(fields=["cause_kind", "cause_id"], name="inventory_reservation_cause"),
        ]


class SharingPolicy(models.Model):
    """Who else may sell an owner's stock, by category and channel; the most specific row decides.

    No row: an owner's stock is sold by locations of the same owner only (law 5 of the house).
    A null category and an empty channel mean all; a null seller means every other owner.
    """

    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("owner"))
    seller_owner = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("seller")
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    channel = models.CharField(_("channel"), max_length=12, blank=True, default="", db_default="")
    is_shared = models.BooleanField(_("shared"), default=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        db_table = "inventory_sharing_policy"
        verbose_name = _("stock sharing rule")
        verbose_name_plural = _("stock sharing rules")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "seller_owner", "category", "channel"],
                name="inventory_sharing_once",
                nulls_distinct=False,
            )
        ]
