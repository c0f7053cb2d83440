"""Tables of fulfilment: pickup slots and who fetches in them, goods that lie ready, carriers, parcels and their way."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.fulfilment.contracts import ParcelState
from quanyu.modules.orders.models import Order
from quanyu.modules.organization.models import Unit

PARCEL_STATE_LABELS = {
    ParcelState.MOVING: _("Under way"),
    ParcelState.DELIVERED: _("With the customer"),
    ParcelState.RETURNED: _("On its way back"),
}


class PickupSlot(models.Model):
    """A time at a store in which so many orders are fetched at most; made by the first order that takes it."""

    store = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("store"), db_index=False)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    capacity = models.IntegerField(_("orders at most"))
    taken = models.IntegerField(_("orders"), default=0, db_default=0)

    class Meta:
        db_table = "fulfilment_pickup_slot"
        verbose_name = _("pickup time")
        verbose_name_plural = _("pickup times")
        constraints = [
            models.UniqueConstraint(fields=["store", "starts_at", "ends_at"], name="fulfilment_pickup_slot_once"),
            models.CheckConstraint(name="fulfilment_pickup_slot_in_order", condition=Q(ends_at__gt=F("starts_at"))),
            # The last guard of the capacity.
            models.CheckConstraint(
                name="fulfilment_pickup_slot_within_capacity", condition=Q(taken__gte=0) & Q(taken__lte=F("capacity"))
            ),
        ]


class SlotBooking(models.Model):
    """An order that is fetched in a slot; ``left_at``: it gave its place back."""

    order = models.OneToOneField(Order, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("order"))
    slot = models.ForeignKey(PickupSlot, models.PROTECT, related_name="bookings", verbose_name=_("pickup time"))
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "fulfilment_slot_booking"


class Readiness(models.Model):
    """The goods of an order lie ready to be fetched. Append-only."""

    order = models.OneToOneField(Order, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("order"))
    actor = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "fulfilment_readiness"


class Carrier(models.Model):
    """Who carries parcels; ``track_code`` is its name at the tracking service."""

    code = models.CharField(_("code"), max_length=20, primary_key=True)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40)
    track_code = models.CharField(
        _("name at the tracking service"), max_length=40, default="", db_default="", blank=True
    )
    is_active = models.BooleanField(_("in use"), default=True, db_default=True)

    class Meta:
        db_table = "fulfilment_carrier"
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")

    def __str__(self) -> str:
        return self.name


class Parcel(models.Model):
    """Goods of an order that a carrier has. ``carrier_name``: as it was written, for a carrier that has no row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="+", verbose_name=_("order"), db_index=False)
    location = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("sent from"), db_index=False)
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+", verbose_name=_("carrier"), db_index=False)
    carrier_name = models.CharField(_("name of the carrier"), max_length=40, default="", db_default="", blank=True)
    number = models.CharField(_("tracking number"), max_length=60, default="", db_default="", blank=True)
    state = models.CharField(_("state"), max_length=10, choices=list(PARCEL_STATE_LABELS.items()))
    shipped_at = models.DateTimeField(_("given to the carrier at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    ask_at = models.DateTimeField(null=True, blank=True)
    asked = models.IntegerField(_("times asked"), default=0, db_default=0)

    class Meta:
        db_table = "fulfilment_parcel"
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        constraints = [
            models.UniqueConstraint(fields=["order", "carrier", "number"], name="fulfilment_parcel_once"),
            models.CheckConstraint(
                name="fulfilment_parcel_state_known", condition=Q(state__in=[state.value for state in ParcelState])
            ),
            models.CheckConstraint(
                name="fulfilment_parcel_delivered_has_a_time",
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="fulfilment_parcel_only_moving_are_asked", condition=Q(state="moving") | Q(ask_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="fulfilment_parcel_due"),
            models.Index(fields=["order"], condition=Q(state="moving"), name="fulfilment_parcel_moving"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier_name or self.carrier} {self.number}".strip()


class TrackingEvent(models.Model):
    """What a carrier said of a parcel. Append-only; told twice is written once; without words: they were forgotten."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="events", db_index=False)
    at = models.DateTimeField(_("at"))
    text = models.CharField(_("words"), max_length=300)

    class Meta:
        db_table = "fulfilment_tracking_event"
        verbose_name = _("tracking event")
        verbose_name_plural = _("tracking events")
        constraints = [
            models.UniqueConstraint(
                fields=["parcel", "at", "text"], condition=~Q(text=""), name="fulfilment_tracking_event_once"
            )
        ]
