"""The points ledger: lots, counters guarded by CHECKs, the movements that explain them; rules.

Only the SQL room writes accounts, lots and movements, and only while it holds the member's account row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.members.models import Member
from quanyu.modules.organization.models import Unit
from quanyu.modules.points.contracts import LotState, MovementKind, RequestState

LOT_STATE_LABELS = {
    LotState.PENDING: _("Not usable yet"),
    LotState.LIVE: _("Usable"),
    LotState.EMPTY: _("Used up"),
    LotState.EXPIRED: _("Expired"),
}
MOVEMENT_KIND_LABELS = {
    MovementKind.EARN: _("Earned"),
    MovementKind.MATURE: _("Became usable"),
    MovementKind.GIVE: _("Points given"),
    MovementKind.SPEND: _("Spent"),
    MovementKind.RESTORE: _("Came back"),
    MovementKind.CLAW_BACK: _("Taken back"),
    MovementKind.EXPIRE: _("Points expired"),
    MovementKind.ADJUST: _("Adjusted"),
    MovementKind.DEBT: _("Points owed"),
    MovementKind.REPAY: _("Paid what was owed"),
    MovementKind.MOVE: _("Files merged"),
}
REQUEST_STATE_LABELS = {
    RequestState.REQUESTED: _("Waits for a decision"),
    RequestState.APPROVED: _("Approved"),
    RequestState.REFUSED: _("Refused"),
}

_OPEN = [LotState.PENDING.value, LotState.LIVE.value]
_CLOSED = [LotState.EMPTY.value, LotState.EXPIRED.value]
_MORE = Q(pending_delta=0, available_delta__gt=0, debt_delta=0)
_SPENT = Q(pending_delta=0, available_delta__lt=0, debt_delta=0)
_LESS = Q(pending_delta__lt=0, available_delta=0, debt_delta=0) | _SPENT
# A row is one movement in one direction: what a kind may do to the three counters.
_AS_ITS_KIND = (
    (Q(kind="earn") & (Q(pending_delta__gt=0, available_delta=0, debt_delta=0) | _MORE))
    | Q(kind="mature", available_delta__gt=0, pending_delta=-F("available_delta"), debt_delta=0)
    | (Q(kind__in=["give", "restore"]) & _MORE)
    | (Q(kind="spend") & _SPENT)
    | (Q(kind__in=["claw_back", "expire"]) & _LESS)
    | (Q(kind="adjust", pending_delta=0, debt_delta=0) & ~Q(available_delta=0))
    | Q(kind="debt", pending_delta=0, available_delta=0, debt_delta__gt=0)
    | Q(kind="repay", pending_delta=0, available_delta__lt=0, debt_delta=F("available_delta"))
    | (Q(kind="move") & ~Q(pending_delta=0, available_delta=0, debt_delta=0))
)


def _choices(labels: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    return [(code.value, label) for code, label in labels.items()]


class Account(models.Model):
    """What a member has and owes: sums of the ledger, kept as counters that cannot fall below zero."""

    member = models.OneToOneField(Member, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("member"))
    available = models.BigIntegerField(_("usable points"), default=0, db_default=0)
    pending = models.BigIntegerField(_("points not usable yet"), default=0, db_default=0)
    debt = models.BigIntegerField(_("points owed"), default=0, db_default=0)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        db_table = "points_account"
        verbose_name = _("points account")
        verbose_name_plural = _("points accounts")
        constraints = [
            models.CheckConstraint(
                name="points_account_never_negative",
                condition=Q(available__gte=0) & Q(pending__gte=0) & Q(debt__gte=0),
            )
        ]
        indexes = [models.Index(fields=["-available", "-member"], name="points_account_most")]

    def __str__(self) -> str:
        return str(self.member)


class Rule(models.Model):
    """How many points money earns at a unit and below it. Append-only: a change is a new version.

    ``points`` null: from ``starts_at`` on the unit follows the rule above it again.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("valid for"), db_index=False)
    version = models.IntegerField(_("version"))
    points = models.IntegerField(_("points"), null=True, blank=True)
    per_fen = models.BigIntegerField(_("for every (fen)"), null=True, blank=True)
    starts_at = models.DateTimeField(_("in force from"))
    actor = models.CharField(_("by"), max_length=80)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "points_rule"
        verbose_name = _("earning rule")
        verbose_name_plural = _("earning rules")
        constraints = [
            models.UniqueConstraint(fields=["unit", "version"], name="points_rule_version_once"),
            models.CheckConstraint(
                name="points_rule_makes_sense",
                condition=Q(version__gte=1)
                & (Q(points__isnull=True, per_fen__isnull=True) | Q(points__gte=0, per_fen__gt=0)),
            ),
        ]
        indexes = [models.Index(fields=["unit", "-starts_at", "-version"], name="points_rule_in_force")]


class Range(models.Model):
    """What stores may choose, in points for 100 yuan: a row of the enterprise."""

    unit = models.OneToOneField(Unit, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("enterprise"))
    least = models.IntegerField(_("least points for 100 yuan"))
    most = models.IntegerField(_("most points for 100 yuan"))
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        db_table = "points_range"
        verbose_name = _("range of earning rules")
        verbose_name_plural = _("ranges of earning rules")
        constraints = [
            models.CheckConstraint(name="points_range_ordered", condition=Q(least__gte=0) & Q(most__gte=F("least"))),
        ]


class Lot(models.Model):
    """Points that came by one cause and end together. ``remaining`` of them are still there.

    ``matures_at`` null: usable at once. ``extended_from``: when it would have ended before points came back to it
    after their time. An order that earned nothing leaves an empty lot, so that it cannot earn again.
    """

    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"))
    cause_kind = models.CharField(_("cause"), max_length=20)
    cause_id = models.CharField(_("cause's number"), max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=_choices(LOT_STATE_LABELS))
    points = models.BigIntegerField(_("points"))
    remaining = models.BigIntegerField(_("points left"))
    store = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("store"))
    rule = models.ForeignKey(Rule, models.PROTECT, null=True, related_name="+", verbose_name=_("rule"))
    rule_version = models.IntegerField(_("version of the rule"), default=0, db_default=0)
    multiplier_bp = models.IntegerField(_("multiplier (bp)"), default=10_000, db_default=10_000)
    earned_at = models.DateTimeField(_("earned at"))
    matures_at = models.DateTimeField(_("usable from"), null=True, blank=True)
    expires_at = models.DateTimeField(_("ends at"))
    extended_from = models.DateTimeField(_("would have ended at"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)

    class Meta:
        db_table = "points_lot"
        verbose_name = _("lot of points")
        verbose_name_plural = _("lots of points")
        constraints = [
            models.UniqueConstraint(fields=["cause_kind", "cause_id"], name="points_lot_once_per_cause"),
            models.CheckConstraint(
                name="points_lot_remaining_in_bounds",
                condition=Q(remaining__gte=0, remaining__lte=F("points")),
            ),
            models.CheckConstraint(
                name="points_lot_open_has_points",
                condition=Q(state__in=_OPEN, remaining__gt=0) | Q(state__in=_CLOSED, remaining=0),
            ),
            models.CheckConstraint(
                name="points_lot_pending_matures", condition=~Q(state="pending") | Q(matures_at__isnull=False)
            ),
            models.CheckConstraint(
                name="points_lot_ends_after_it_began",
                condition=Q(expires_at__gt=F("earned_at"))
                & (Q(matures_at__isnull=True) | Q(expires_at__gt=F("matures_at"))),
            ),
        ]
        indexes = [
            models.Index(fields=["member", "expires_at", "id"], name="points_lot_fefo", condition=Q(state="live")),
            models.Index(fields=["matures_at"], name="points_lot_to_mature", condition=Q(state="pending")),
            models.Index(fields=["expires_at"], name="points_lot_to_expire", condition=Q(state__in=_OPEN)),
        ]


class Earning(models.Model):
    """A line's part of the points of an order, and the money that earned it. Append-only."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    line = models.IntegerField(_("line"))
    base_fen = models.BigIntegerField(_("money that earns (fen)"))
    points = models.BigIntegerField(_("points"))

    class Meta:
        db_table = "points_earning"
        verbose_name = _("points of a line")
        verbose_name_plural = _("points of lines")
        constraints = [
            models.UniqueConstraint(fields=["lot", "line"], name="points_earning_line_once"),
            models.CheckConstraint(name="points_earning_not_negative", condition=Q(base_fen__gte=0, points__gte=0)),
        ]


class Spending(models.Model):
    """Points spent by one cause (an order, an exchange), and how many of them came back."""

    cause_kind = models.CharField(_("cause"), max_length=20)
    cause_id = models.CharField(_("cause's number"), max_length=64)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"))
    points = models.BigIntegerField(_("points"))
    restored = models.BigIntegerField(_("points that came back"), default=0, db_default=0)
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "points_spending"
        verbose_name = _("spending of points")
        verbose_name_plural = _("spendings of points")
        constraints = [
            models.UniqueConstraint(fields=["cause_kind", "cause_id"], name="points_spending_once_per_cause"),
            models.CheckConstraint(
                name="points_spending_restored_in_bounds",
                condition=Q(points__gt=0) & Q(restored__gte=0) & Q(restored__lte=F("points")),
            ),
        ]


class Movement(models.Model):
    """One movement in one direction with its cause, linked to its lot. Append-only.

    The deltas say what it did to the account; those of one lot add up to what is left in it. ``deed`` tells
    several deeds of one cause apart (the returns of an order).
    """

    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"), db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lot"))
    kind = models.CharField(_("kind"), max_length=10, choices=_choices(MOVEMENT_KIND_LABELS))
    pending_delta = models.BigIntegerField(_("not usable yet +/-"), default=0, db_default=0)
    available_delta = models.BigIntegerField(_("usable +/-"), default=0, db_default=0)
    debt_delta = models.BigIntegerField(_("owed +/-"), default=0, db_default=0)
    cause_kind = models.CharField(_("cause"), max_length=20)
    cause_id = models.CharField(_("cause's number"), max_length=64)
    deed = models.CharField(_("deed"), max_length=80, blank=True, default="", db_default="")
    actor = models.CharField(_("by"), max_length=80, blank=True, default="", db_default="")
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="", db_default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "points_movement"
        verbose_name = _("points movement")
        verbose_name_plural = _("points movements")
        constraints = [
            models.CheckConstraint(name="points_movement_as_its_kind", condition=_AS_ITS_KIND),
            models.CheckConstraint(
                name="points_movement_names_its_lot",
                condition=Q(lot__isnull=False, kind__in=[k.value for k in MovementKind if k != MovementKind.DEBT])
                | Q(lot__isnull=True, pending_delta=0, available_delta=0),
            ),
            # A deed moves a lot once: a repeated command moves nothing. Points that came back may expire again.
            models.UniqueConstraint(
                fields=["cause_kind", "cause_id", "deed", "kind", "lot"],
                condition=~Q(kind__in=["expire", "repay", "move"]),
                name="points_movement_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="points_movement_history"),
            models.Index(fields=["-at", "-id"], name="points_movement_newest"),
        ]


class Adjustment(models.Model):
    """Points to be given or taken by hand: one asks, another decides."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("asked by store"))
    points = models.BigIntegerField(_("points"))
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(
        _("state"), max_length=10, choices=_choices(REQUEST_STATE_LABELS), default=RequestState.REQUESTED.value
    )
    requested_by = models.CharField(_("asked by"), max_length=80)
    requested_at = models.DateTimeField(_("asked at"))
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True, default="", db_default="")

    class Meta:
        db_table = "points_adjustment"
        verbose_name = _("points adjustment")
        verbose_name_plural = _("points adjustments")
        constraints = [
            models.CheckConstraint(name="points_adjustment_four_eyes", condition=~Q(decided_by=F("requested_by"))),
            models.CheckConstraint(
                name="points_adjustment_decided_by_somebody",
                condition=Q(state="requested", decided_at__isnull=True, decided_by="")
                | (Q(state__in=["approved", "refused"], decided_at__isnull=False) & ~Q(decided_by="")),
            ),
            models.CheckConstraint(
                name="points_adjustment_says_why", condition=~Q(points=0) & ~Q(reason="") & ~Q(requested_by="")
            ),
        ]
        indexes = [models.Index(fields=["requested_at"], name="points_asked", condition=Q(state="requested"))]


class MergeMove(models.Model):
    """What a merge of two files moved from one member to the other, row by row: the undo reads it.

    ``kind`` lot, spending, adjustment and use name the row; debt holds the amount owed in ``points``. For a lot,
    ``movement_id`` is the last movement before it changed hands and ``points`` what was left in it.
    """

    merge_id = models.UUIDField(_("merge"))
    kind = models.CharField(_("kind"), max_length=10)
    row_id = models.CharField(_("row"), max_length=40, default="", db_default="")
    points = models.BigIntegerField(_("points"), default=0, db_default=0)
    movement_id = models.BigIntegerField(default=0, db_default=0)
    at = models.DateTimeField(_("at"))
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        db_table = "points_merge_move"
        verbose_name = _("points moved by a merge")
        verbose_name_plural = _("points moved by merges")
        constraints = [
            models.UniqueConstraint(
                fields=["merge_id", "kind", "row_id"], condition=~Q(kind="debt"), name="points_merge_move_once"
            )
        ]
