"""Tables of the enterprise: the tree of units, locations with addresses, administrative areas."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.organization.contracts import Ownership, Tier, UnitKind

KIND_LABELS = {
    UnitKind.ENTERPRISE: _("Enterprise"),
    UnitKind.BRAND: _("Brand"),
    UnitKind.REGION: _("Region"),
    UnitKind.DEALER: _("Dealer"),
    UnitKind.STORE: _("Store"),
    UnitKind.WAREHOUSE: _("Warehouse"),
    UnitKind.SUPPLIER: _("Supplier"),
}
OWNERSHIP_LABELS = {Ownership.DIRECT: _("Directly operated"), Ownership.FRANCHISE: _("Franchise")}
TIER_LABELS = {
    Tier.CENTRAL: _("Central warehouse"),
    Tier.REGIONAL: _("Regional warehouse"),
    Tier.STORE: _("Store"),
}


class Area(models.Model):
    """A province, city or district of China by its six-digit code."""

    code = models.CharField(_("area code"), max_length=6, primary_key=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name=_("parent area"))
    name = models.CharField(_("name"), max_length=60)
    full_name = models.CharField(_("full name"), max_length=120)
    level = models.SmallIntegerField(_("level"))
    longitude = models.FloatField(_("longitude"), null=True)
    latitude = models.FloatField(_("latitude"), null=True)

    class Meta:
        db_table = "organization_area"
        verbose_name = _("administrative area")
        verbose_name_plural = _("administrative areas")

    def __str__(self) -> str:
        return self.full_name


class Unit(models.Model):
    """A node of the tree enterprise - brand - region - store, and its dealers and suppliers.

    ``path`` (ids from the root to the unit itself) answers "is this below that?" without recursion;
    ``organization.ops`` alone writes it.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=list(KIND_LABELS.items()))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("parent")
    )
    path = ArrayField(models.BigIntegerField(), default=list, editable=False)
    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "organization_unit"
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [
            models.CheckConstraint(
                name="organization_unit_kind_known",
                condition=Q(kind__in=[kind.value for kind in UnitKind]),
            ),
            models.CheckConstraint(
                name="organization_unit_root_is_enterprise",
                condition=Q(parent__isnull=False) | Q(kind=UnitKind.ENTERPRISE.value),
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind=UnitKind.ENTERPRISE.value),
                name="organization_unit_one_enterprise",
            ),
        ]
        indexes = [GinIndex(fields=["path"], name="organization_unit_path")]

    def __str__(self) -> str:
        return self.name


class Location(models.Model):
    """Where stock lies: a store or a warehouse. Coordinates are GCJ-02."""

    unit = models.OneToOneField(Unit, models.PROTECT, primary_key=True, related_name="location", verbose_name=_("unit"))
    tier = models.CharField(_("tier"), max_length=10, choices=list(TIER_LABELS.items()))
    ownership = models.CharField(_("ownership"), max_length=10, choices=list(OWNERSHIP_LABELS.items()))
    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("owner of the stock"))
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("area"))
    address = models.CharField(_("street address"), max_length=200)
    longitude = models.FloatField(_("longitude (GCJ-02)"))
    latitude = models.FloatField(_("latitude (GCJ-02)"))
    phone = models.CharField(_("telephone"), max_length=30, blank=True, default="")
    opening_hours = models.JSONField(_("opening hours"), default=list)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    business_day_cutoff_minutes = models.SmallIntegerField(
        _("business day ends after midnight (minutes)"), default=0, db_default=0
    )
    delivery_radius_m = models.IntegerField(_("delivery radius (m)"), default=3000, db_default=3000)
    offers_pickup = models.BooleanField(_("pickup"), default=True, db_default=True)
    offers_express = models.BooleanField(_("express"), default=True, db_default=True)
    offers_instant = models.BooleanField(_("instant delivery"), default=True, db_default=True)
    offers_in_store = models.BooleanField(_("consume in store"), default=True, db_default=True)

    class Meta:
        db_table = "organization_location"
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        constraints = [
            models.CheckConstraint(
                name="organization_location_coordinates",
                condition=Q(longitude__range=(73, 136)) & Q(latitude__range=(3, 54)),
            ),
            models.CheckConstraint(name="organization_location_radius", condition=Q(delivery_radius_m__gte=0)),
            models.CheckConstraint(
                name="organization_location_franchise_has_owner",
                condition=Q(ownership=Ownership.DIRECT.value) | ~Q(owner=F("unit")),
            ),
        ]
        indexes = [
            models.Index(fields=["latitude", "longitude"], name="organization_location_place"),
            models.Index(fields=["owner"], name="organization_location_owner"),
        ]

    def __str__(self) -> str:
        return str(self.unit)
