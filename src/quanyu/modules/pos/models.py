"""Tills, shifts, cash movements, the till journal and printed receipts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog.models import Sku
from quanyu.modules.identity.models import Device, Staff
from quanyu.modules.members.models import Member
from quanyu.modules.orders.models import Order
from quanyu.modules.organization.models import Unit


class Terminal(models.Model):
    """A till: a device at a store with a short code that is part of its receipt numbers."""

    device = models.OneToOneField(Device, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("device"))
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("store"))
    code = models.CharField(_("till code"), max_length=6)
    last_seq = models.BigIntegerField(_("last number"), default=0, db_default=0)

    class Meta:
        db_table = "pos_terminal"
        verbose_name = _("till")
        verbose_name_plural = _("tills")
        constraints = [models.UniqueConstraint(fields=["store", "code"], name="pos_terminal_code_once")]

    def __str__(self) -> str:
        return self.code


class Shift(models.Model):
    """A cashier's time at a till, from the float to the counted cash. One open shift per till."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="+", verbose_name=_("till"))
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
                | (Q(counted_fen__isnull=False) & Q(expected_fen__isnull=False) & Q(closed_by__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="pos_shift_newest")]


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
        constraints = [models.CheckConstraint(name="pos_cash_move_some", condition=~Q(amount_fen=0))]


ENTRY_KIND_LABELS = {"sale": _("Sale"), "return": _("Return")}
ENTRY_OUTCOME_LABELS = {"done": _("Done"), "refused": _("Refused")}


class JournalEntry(models.Model):
    """A sale or return that a till began, noted before the order book is asked.

    ``id`` is the client-made id of the order or return, so it is no foreign key: the order follows.
    A shift is closed only when none of its entries is open: its report misses nothing.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(_("kind"), max_length=6, choices=list(ENTRY_KIND_LABELS.items()))
    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="+", verbose_name=_("till"))
    seq = models.BigIntegerField(_("till's number"), null=True)
    shift = models.ForeignKey(Shift, models.PROTECT, related_name="+", verbose_name=_("shift"))
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("cashier"))
    begun_at = models.DateTimeField(_("begun at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    outcome = models.CharField(
        _("outcome"), max_length=8, blank=True, default="", choices=list(ENTRY_OUTCOME_LABELS.items())
    )
    hand_discount_fen = models.BigIntegerField(_("discounts by hand (fen)"), default=0, db_default=0)
    rounding_fen = models.BigIntegerField(_("rounded off (fen)"), default=0, db_default=0)

    class Meta:
        db_table = "pos_journal_entry"
        verbose_name = _("till journal entry")
        verbose_name_plural = _("till journal")
        constraints = [
            models.UniqueConstraint(fields=["terminal", "seq"], name="pos_journal_entry_number_once"),
            models.CheckConstraint(
                name="pos_journal_entry_sale_has_number", condition=Q(kind="return") | Q(seq__isnull=False)
            ),
            models.CheckConstraint(name="pos_journal_entry_kind_known", condition=Q(kind__in=list(ENTRY_KIND_LABELS))),
            models.CheckConstraint(
                name="pos_journal_entry_ended_has_outcome",
                condition=Q(ended_at__isnull=True, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
            ),
            models.CheckConstraint(name="pos_journal_entry_discount_falls", condition=Q(hand_discount_fen__gte=0)),
            models.CheckConstraint(name="pos_journal_entry_rounding_falls", condition=Q(rounding_fen__gte=0)),
        ]
        indexes = [models.Index(fields=["shift"], condition=Q(ended_at__isnull=True), name="pos_journal_entry_open")]


TILL_SALE_STATE_LABELS = {"booked": _("Booked"), "kept": _("Waits for a person")}


class TillSale(models.Model):
    """A sale as the till made it, by itself: what it said, chained by digests to what it sold before.

    The facts never change; what becomes of it does once: it is kept until it is booked as the order of its id.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="+", verbose_name=_("till"))
    seq = models.BigIntegerField(_("till's number"))
    previous = models.CharField(_("digest before"), max_length=64, blank=True, default="")
    digest = models.CharField(_("digest"), max_length=64)
    # No foreign key: what a till said is kept, right or wrong.
    staff_id = models.BigIntegerField(_("sold by"))
    sold_at = models.DateTimeField(_("sold at"))
    received_at = models.DateTimeField(_("received at"))
    payable_fen = models.BigIntegerField(_("paid (fen)"))
    content = models.JSONField(_("content"))
    state = models.CharField(_("state"), max_length=6, choices=list(TILL_SALE_STATE_LABELS.items()))
    problem = models.CharField(_("problem"), max_length=80, blank=True, default="")
    number = models.CharField(_("order number"), max_length=40, blank=True, default="")
    gap_fen = models.BigIntegerField(_("paid more than here (fen)"), null=True)
    looked_at = models.DateTimeField(_("looked at"), null=True)
    looked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", null=True, verbose_name=_("looked at by"))
    look_note = models.CharField(_("what was found"), max_length=200, blank=True, default="", db_default="")
    is_short = models.BooleanField(_("beyond the books"), default=False, db_default=False)

    class Meta:
        db_table = "pos_till_sale"
        verbose_name = _("sale made by a till")
        verbose_name_plural = _("sales made by tills")
        constraints = [
            models.UniqueConstraint(fields=["terminal", "seq"], name="pos_till_sale_number_once"),
            models.CheckConstraint(
                name="pos_till_sale_state_known", condition=Q(state__in=list(TILL_SALE_STATE_LABELS))
            ),
            models.CheckConstraint(name="pos_till_sale_booked_has_order", condition=Q(state="kept") | ~Q(number="")),
            models.CheckConstraint(name="pos_till_sale_number_counts", condition=Q(seq__gte=1)),
            models.CheckConstraint(
                name="pos_till_sale_look_is_whole",
                condition=Q(looked_at=None, looked_by=None, look_note="")
                | (Q(looked_at__isnull=False, looked_by__isnull=False) & ~Q(look_note="") & ~Q(state="kept")),
            ),
        ]
        indexes = [
            models.Index(fields=["terminal", "received_at"], condition=Q(state="kept"), name="pos_till_sale_kept"),
            models.Index(
                fields=["received_at"],
                condition=Q(state="booked", looked_at=None) & (~Q(gap_fen=0) | Q(is_short=True)),
                name="pos_till_sale_to_look_at",
            ),
        ]


class TillShortage(models.Model):
    """What made a till's own sale bookable that the books had no goods for. Append-only.

    With an order: that order, whose goods these were by the books, is given up for it. Without one: the books had no
    such units at all, and so many were put on them for the next count to explain.
    """

    sale = models.ForeignKey(TillSale, models.PROTECT, related_name="shortages", verbose_name=_("sale made by a till"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    quantity = models.BigIntegerField(_("quantity"))
    order = models.ForeignKey(Order, models.PROTECT, related_name="+", null=True, verbose_name=_("order given up"))
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "pos_till_shortage"
        verbose_name = _("goods sold beyond the books")
        verbose_name_plural = _("goods sold beyond the books")
        constraints = [
            models.CheckConstraint(name="pos_till_shortage_some", condition=Q(quantity__gt=0)),
            models.UniqueConstraint(fields=["sale", "sku", "order"], name="pos_till_shortage_once"),
        ]


class DiscountApproval(models.Model):
    """A manager's word, by PIN, for discounts by hand above a cashier's limit: at one till, for one sale.

    The facts never change; the sale that uses it is written, anew only when that one came to nothing. ``sale_id`` is
    made by the till, so it is no foreign key: the order follows.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="+", verbose_name=_("till"))
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    approved_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("approved by"))
    most_bp = models.IntegerField(_("at most of a line (basis points)"))
    most_fen = models.BigIntegerField(_("at most in all (fen)"))
    given_at = models.DateTimeField(_("given at"))
    sale_id = models.UUIDField(_("used by sale"), null=True, unique=True)

    class Meta:
        db_table = "pos_discount_approval"
        verbose_name = _("discount approval")
        verbose_name_plural = _("discount approvals")
        constraints = [
            models.CheckConstraint(
                name="pos_discount_approval_has_reach", condition=Q(most_bp__range=(1, 10_000), most_fen__gt=0)
            )
        ]


class ReceiptPrint(models.Model):
    """One printing of an order's receipt: the first, a copy, or a gift receipt. Append-only."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="+", verbose_name=_("order"))
    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="+", verbose_name=_("till"))
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("by"))
    is_gift = models.BooleanField(_("gift receipt"), default=False)
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "pos_receipt_print"
        verbose_name = _("receipt printing")
        verbose_name_plural = _("receipt printings")


class MemberShown(models.Model):
    """That a member's live code was scanned at a till, and when last: who spends many points must have been there.

    Rows of a day ago are removed by the next scan, so this is no diary of visits.
    """

    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    shown_at = models.DateTimeField()

    class Meta:
        db_table = "pos_member_shown"
        constraints = [models.UniqueConstraint(fields=["terminal", "member"], name="pos_member_shown_once_per_till")]


class AdvisedSale(models.Model):
    """A sale during which goods were advised, or would have been but for the control share. Append-only.

    ``has_added``: a piece of advice was added and stayed in the sale; ``has_bought``: advised goods are in it,
    however they came there, which is what the two shares are compared by.
    """

    order = models.OneToOneField(Order, models.PROTECT, primary_key=True, related_name="+")
    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="+")
    store = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    day = models.DateField()
    is_control = models.BooleanField()
    has_added = models.BooleanField()
    has_bought = models.BooleanField()
    lines = models.SmallIntegerField()
    payable_fen = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "pos_advised_sale"
        constraints = [
            models.CheckConstraint(
                name="pos_advised_sale_added_is_bought", condition=Q(has_added=False) | Q(has_bought=True)
            ),
            models.CheckConstraint(
                name="pos_advised_sale_control_is_silent", condition=Q(has_added=False) | Q(is_control=False)
            ),
        ]
        indexes = [models.Index(fields=["day", "store"], name="pos_advised_sale_of_day")]


class AdviceGiven(models.Model):
    """A SKU that was advised during a sale, and the one that called for it. Append-only."""

    sale = models.ForeignKey(AdvisedSale, models.PROTECT, related_name="+")
    sku_id = models.BigIntegerField()
    because_sku_id = models.BigIntegerField()
    was_added = models.BooleanField()
    was_bought = models.BooleanField()

    class Meta:
        db_table = "pos_advice_given"
        constraints = [models.UniqueConstraint(fields=["sale", "sku_id"], name="pos_advice_given_once")]
