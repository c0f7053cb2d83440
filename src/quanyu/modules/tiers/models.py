"""Tables of tiers: definitions, where members stand, the growth ledger, steps between tiers, paid tiers, days.

Only the SQL room writes ``Standing``, ``Growth``, ``Change`` and ``Follow``, the counter together with the rows
that explain it.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.members.models import Member
from quanyu.modules.tiers.contracts import DayKind, TierKind

KIND_LABELS = {TierKind.GROWTH: _("By growth"), TierKind.PAID: _("Paid for")}
LEVEL_LABELS = {"identified": _("Identified"), "verified": _("Verified")}
DAY_LABELS = {DayKind.WEEKDAY: _("Every week"), DayKind.MONTH_DAY: _("Every month")}
REASON_LABELS = {
    "growth": _("Enough growth"),
    "kept": _("Kept at the end of its time"),
    "downgrade": _("Too little growth at the end of its time"),
    "refund": _("Growth taken back after a refund"),
    "level": _("Identity proved"),
    "paid": _("Paid tier granted"),
    "paid_ended": _("Paid tier ended"),
    "merged": _("Member files merged"),
    "unmerged": _("Merge undone"),
}


class Tier(models.Model):
    """A membership tier: what it takes and what it gives. Basis points: 10,000 is once."""

    code = models.CharField(_("code"), max_length=20, primary_key=True)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40)
    kind = models.CharField(_("reached"), max_length=8, choices=list(KIND_LABELS.items()))
    rank = models.SmallIntegerField(_("rank"), unique=True)
    threshold = models.BigIntegerField(_("growth needed"), default=0)
    keep_threshold = models.BigIntegerField(_("growth to keep it"), default=0)
    validity_days = models.SmallIntegerField(_("valid for (days)"), null=True, blank=True)
    discount_bp = models.SmallIntegerField(_("discount (bp)"), default=0)
    points_multiplier_bp = models.IntegerField(_("points (bp)"), default=10_000)
    level_needed = models.CharField(
        _("identification needed"), max_length=12, choices=list(LEVEL_LABELS.items()), default="identified"
    )
    birthday_multiplier_bp = models.IntegerField(_("points at the birthday (bp)"), default=10_000)
    birthday_days_before = models.SmallIntegerField(_("days before the birthday"), default=0)
    birthday_days_after = models.SmallIntegerField(_("days after the birthday"), default=0)
    birthday_coupon = models.CharField(_("birthday coupon"), max_length=40, blank=True, default="")
    price_fen = models.BigIntegerField(_("price (fen)"), default=0)
    duration_days = models.SmallIntegerField(_("lasts (days)"), default=0)
    is_active = models.BooleanField(_("in use"), default=True, db_default=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        db_table = "tiers_tier"
        verbose_name = _("membership tier")
        verbose_name_plural = _("membership tiers")
        constraints = [
            models.CheckConstraint(name="tiers_tier_kind_known", condition=Q(kind__in=[k.value for k in TierKind])),
            models.CheckConstraint(
                name="tiers_tier_level_known", condition=Q(level_needed__in=["identified", "verified"])
            ),
            models.CheckConstraint(
                name="tiers_tier_keeping_is_not_harder_than_reaching",
                condition=Q(keep_threshold__gte=0) & Q(keep_threshold__lte=F("threshold")),
            ),
            models.CheckConstraint(
                name="tiers_tier_only_the_lowest_is_for_ever",
                condition=Q(kind="paid", validity_days__isnull=True)
                | Q(kind="growth", threshold=0, validity_days__isnull=True)
                | Q(kind="growth", threshold__gt=0, validity_days__isnull=False, validity_days__gte=1),
            ),
            models.CheckConstraint(
                name="tiers_tier_paid_has_price_and_end",
                condition=Q(kind="growth", price_fen=0, duration_days=0)
                | Q(kind="paid", threshold=0, price_fen__gte=0, duration_days__gte=1),
            ),
            models.CheckConstraint(
                name="tiers_tier_benefits_in_range",
                condition=Q(discount_bp__range=(0, 9_000))
                & Q(points_multiplier_bp__range=(0, 100_000))
                & Q(birthday_multiplier_bp__range=(10_000, 100_000))
                & Q(birthday_days_before__range=(0, 31))
                & Q(birthday_days_after__range=(0, 31)),
            ),
            models.UniqueConstraint(
                fields=["threshold"], condition=Q(kind="growth"), name="tiers_tier_one_per_threshold"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Standing(models.Model):
    """Where a member stands. A member without a row is in the lowest tier and has no growth."""

    member = models.OneToOneField(Member, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("member"))
    growth = models.BigIntegerField(_("growth"), default=0, db_default=0)
    growth_tier = models.ForeignKey(Tier, models.PROTECT, related_name="+", verbose_name=_("tier by growth"))
    since = models.DateTimeField(_("since"))
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    paid_tier = models.ForeignKey(
        Tier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("paid tier")
    )
    paid_until = models.DateTimeField(_("paid until"), null=True, blank=True)
    awaits_level = models.BooleanField(default=False, db_default=False)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        db_table = "tiers_standing"
        verbose_name = _("tier of a member")
        verbose_name_plural = _("tiers of members")
        constraints = [
            models.CheckConstraint(name="tiers_standing_growth_not_negative", condition=Q(growth__gte=0)),
            models.CheckConstraint(
                name="tiers_standing_paid_has_end",
                condition=Q(paid_tier__isnull=True, paid_until__isnull=True)
                | Q(paid_tier__isnull=False, paid_until__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["valid_until"], condition=Q(valid_until__isnull=False), name="tiers_standing_ends"),
            models.Index(fields=["paid_until"], condition=Q(paid_until__isnull=False), name="tiers_standing_paid_ends"),
            models.Index(fields=["member"], condition=Q(awaits_level=True), name="tiers_standing_awaits"),
            models.Index(fields=["-growth", "-member"], name="tiers_standing_most"),
        ]

    def __str__(self) -> str:
        return str(self.member)


class Growth(models.Model):
    """The growth ledger: append-only. ``of`` is the row whose growth is taken back or moved to another file.

    ``counted_at`` is when the growth was earned, also on the rows that take it back: it decides which window of
    time the growth counts in.
    """

    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"), db_index=False)
    cause_kind = models.CharField(_("cause"), max_length=20)
    cause_id = models.CharField(_("cause's number"), max_length=64)
    of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    amount = models.BigIntegerField(_("growth"))
    balance = models.BigIntegerField(_("growth after it"))
    fen_per_growth = models.IntegerField(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    actor = models.CharField(_("by"), max_length=80)
    counted_at = models.DateTimeField(_("earned at"))
    at = models.DateTimeField(_("booked at"))

    class Meta:
        db_table = "tiers_growth"
        verbose_name = _("growth entry")
        verbose_name_plural = _("growth ledger")
        constraints = [
            models.UniqueConstraint(
                fields=["cause_kind", "cause_id", "member", "of"],
                name="tiers_growth_once_per_cause",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["cause_kind", "cause_id"], condition=Q(of__isnull=True), name="tiers_growth_given_once"
            ),
            models.CheckConstraint(name="tiers_growth_is_something", condition=~Q(amount=0)),
            models.CheckConstraint(
                name="tiers_growth_first_row_gives", condition=Q(of__isnull=False) | Q(amount__gt=0)
            ),
            models.CheckConstraint(name="tiers_growth_balance_not_negative", condition=Q(balance__gte=0)),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="tiers_growth_of_member"),
            models.Index(fields=["member", "counted_at"], name="tiers_growth_window"),
            models.Index(fields=["of"], condition=Q(of__isnull=False), name="tiers_growth_taken"),
        ]


class Change(models.Model):
    """A step of a member between tiers: append-only. ``from_until`` is how long the earlier tier had held."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"), db_index=False)
    from_tier = models.CharField(_("from"), max_length=20)
    from_until = models.DateTimeField(null=True, blank=True)
    to_tier = models.CharField(_("to"), max_length=20)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    is_paid = models.BooleanField(_("paid tier"), default=False)
    reason = models.CharField(_("reason"), max_length=20, choices=list(REASON_LABELS.items()))
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "tiers_change"
        verbose_name = _("tier change")
        verbose_name_plural = _("tier changes")
        indexes = [models.Index(fields=["member", "-id"], name="tiers_change_of_member")]


class PaidGrant(models.Model):
    """A paid tier given to a member until a moment: once per cause, append-only."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"))
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="+", verbose_name=_("paid tier"), db_index=False)
    until = models.DateTimeField(_("until"))
    cause_kind = models.CharField(_("cause"), max_length=20)
    cause_id = models.CharField(_("cause's number"), max_length=64)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    actor = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "tiers_paid_grant"
        verbose_name = _("paid tier granted")
        verbose_name_plural = _("paid tiers granted")
        constraints = [
            models.UniqueConstraint(fields=["cause_kind", "cause_id"], name="tiers_paid_grant_once"),
            models.CheckConstraint(name="tiers_paid_grant_lasts", condition=Q(until__gt=F("at"))),
        ]


class MemberDay(models.Model):
    """A day that comes back every week or month on which points count more."""

    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40, blank=True, default="")
    kind = models.CharField(_("comes back"), max_length=10, choices=list(DAY_LABELS.items()))
    day = models.SmallIntegerField(_("day"))
    multiplier_bp = models.IntegerField(_("points (bp)"))
    unit_ids = ArrayField(models.BigIntegerField(), verbose_name=_("stores"), default=list, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True, db_default=True)

    class Meta:
        db_table = "tiers_member_day"
        verbose_name = _("member day")
        verbose_name_plural = _("member days")
        constraints = [
            models.CheckConstraint(
                name="tiers_member_day_comes",
                condition=Q(kind="weekday", day__range=(0, 6)) | Q(kind="month_day", day__range=(1, 31)),
            ),
            models.CheckConstraint(
                name="tiers_member_day_in_range",
                condition=Q(multiplier_bp__gte=10_000)
                & Q(multiplier_bp__lte=100_000)
                & (Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Follow(models.Model):
    """What a merge of two files moved: where both stood before it, so that the undo is exact."""

    merge_id = models.UUIDField(primary_key=True)
    loser = models.ForeignKey(Member, models.PROTECT, related_name="+", db_index=False)
    winner = models.ForeignKey(Member, models.PROTECT, related_name="+", db_index=False)
    before = models.JSONField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "tiers_follow"
