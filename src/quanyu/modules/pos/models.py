"""Tills, shifts and cash movements."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.identity.models import Device, Staff
from quanyu.modules.organization.models import Unit


class Terminal(models.Model):
    """A till: a device at a store with a short code that is part of its receipt numbers."""

    device = models.OneToOneField(
        Device, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("device")
    )
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("store"))
    code = models.CharField(_("till code"), max_length=6)
    last_seq = models.BigIntegerField(_("last number"), default=0, db_default=0)

    class Meta:
        db_table = "pos_terminal"
        verbose_name = _("till")
        verbose_name_plural = _("tills")
        constraints = [
            models.UniqueConstraint(fields=["store", "code"], name="pos_terminal_code_once")
        ]

    def __str__(self) -> str:
        return self.code


class Shift(models.Model):
    """A cashier's time at a till, from the float to the counted cash. One open shift per till."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    terminal = models.ForeignKey(
        Terminal, models.PROTECT, related_name="+", verbose_name=_("till")
    )
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("store"))
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("cashier"))
    float_fen = models.BigIntegerField(_("float (fen)"))
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    counted_fen = models.BigIntegerField(_("counted cash (fen)"), null=True, blank=True)
    expected_fen = models.BigIntegerField(_("expected cash (fen)"), null=True, blank=True)
    report = models.JSONField(_("report"), default=dict, blank=True)

    class Meta:
        db_table = "pos_shift"
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            models.UniqueConstraint(
                fields=["terminal"],
                condition=Q(closed_at__isnull=True),
                name="pos_shift_one_open_per_till",
            ),
            models.CheckConstraint(name="pos_shift_float", condition=Q(float_fen__gte=0)),
            models.CheckConstraint(
                name="pos_shift_closed_is_counted",
                condition=Q(closed_at__isnull=True)
                | (
                    Q(counted_fen__isnull=False)
                    & Q(expected_fen__isnull=False)
                    & Q(closed_by__isnull=False)
                ),
            ),
        ]


class CashMove(models.Model):
    """Cash put into or taken out of the drawer during a shift, with its reason. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shift = models.ForeignKey(Shift, models.PROTECT, related_name="+", verbose_name=_("shift"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    reason = models.CharField(_("reason"), max_length=100)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "pos_cash_move"
        verbose_name = _("cash movement")
        verbose_name_plural = _("cash movements")
        constraints = [
            models.CheckConstraint(name="pos_cash_move_some", condition=~Q(amount_fen=0))
        ]
