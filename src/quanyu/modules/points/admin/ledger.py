"""What members have: balances with their lots and movements, and the ledger of all of them. Read-only."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.points import api
from quanyu.modules.points.admin.adjustments import REQUEST
from quanyu.modules.points.admin.shown import VIEW, cause, done_by, last_day, lot_badge, signed
from quanyu.modules.points.models import Account, Lot, Movement
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.formats import NOTHING, column, link, moment, moment_column, name_of, number
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

_SHOWN_MAX = 100
_FIND_HELP = _("Member number, card number, or the last four digits of the phone")


@admin.register(Account)
class AccountAdmin(ScopedAdmin[Account]):
    """Members who ever had points."""

    view_permission = VIEW
    unit_lookups = ("member__store_id",)
    list_display = ("who", "number_shown", "usable", "coming", "owed", "changed")
    list_filter = (unit_filter("member__store", kind="store"),)
    search_fields = ("member__number__exact", "member__card_number__exact", "member__phone_last4__exact")
    search_help_text = _FIND_HELP
    list_select_related = ("member",)
    ordering = ("-available",)
    deeds = (REQUEST,)

    who = column(_("Member"), lambda row: row.member.name_masked or NOTHING)
    number_shown = column(_("Member number"), lambda row: row.member.number)
    usable = column(_("Usable"), lambda row: number(row.available), order="available", numeric=True)
    coming = column(_("Not usable yet"), lambda row: number(row.pending), order="pending", numeric=True)
    owed = column(_("Points owed"), lambda row: number(row.debt) if row.debt else NOTHING, order="debt", numeric=True)
    changed = moment_column("changed_at", _("Changed at"))

    def name_of_row(self, row: Account) -> str:
        """Return whose points these are."""
        return str(row.member)

    def page(self, request: HttpRequest, row: Account) -> Page:
        """Return the figures, what ends next, the lots and the movements."""
        balance = api.balance(member_id=row.member_id, now=system_clock.now())
        figures = [
            (_("Usable"), number(balance.available)),
            (_("Not usable yet"), number(balance.pending)),
            (_("Points owed"), number(balance.debt)),
        ]
        facts: list[tuple[object, object]] = [
            (_("Member"), link("members_member_change", row.member_id, str(row.member))),
            (_("Member number"), row.member.number),
            (_("Joined at store"), name_of(row.member.store)),
        ]
        ending = Table(
            _("Ends next"),
            [Column(_("Last day"), is_time=True), Column(_("Points"), is_number=True)],
            [(expiry.last_day.isoformat(), number(expiry.points)) for expiry in balance.next_expiries],
            empty=_("No points."),
        )
        aside: list[Card] = [ending]
        return Page(
            title=self.name_of_row(row),
            figures=figures,
            main=[Facts("", facts), _lots(row), _history(row)],
            aside=aside,
        )


def _lots(row: Account) -> Table:
    found = Lot.objects.filter(member_id=row.member_id).select_related("store", "rule")
    columns = [
        Column(_("Earned at"), is_time=True),
        Column(_("Cause")),
        Column(_("Store")),
        Column(_("Points"), is_number=True),
        Column(_("Left"), is_number=True),
        Column(_("State")),
        Column(_("Last day"), is_time=True),
    ]
    rows = [
        (
            link("points_lot_change", lot.pk, moment(lot.earned_at)),
            cause(lot),
            name_of(lot.store),
            number(lot.points),
            number(lot.remaining),
            lot_badge(lot),
            last_day(lot),
        )
        for lot in found.order_by("-id")[:_SHOWN_MAX]
    ]
    return Table(_("Lots"), columns, rows, empty=_("No points."))


def _history(row: Account) -> Table:
    found = Movement.objects.filter(member_id=row.member_id).order_by("-id")[:_SHOWN_MAX]
    return movement_table(_("Points movements"), list(found))


def movement_table(title: object, movements: list[Movement]) -> Table:
    """Return movements with what they did and why."""
    columns = [
        Column(_("When"), is_time=True),
        Column(_("Kind")),
        Column(_("Usable"), is_number=True),
        Column(_("Not usable yet"), is_number=True),
        Column(_("Points owed"), is_number=True),
        Column(_("Cause")),
        Column(_("By")),
        Column(_("Reason")),
    ]
    rows = [
        (
            moment(movement.at),
            movement.get_kind_display(),
            signed(movement.available_delta),
            signed(movement.pending_delta),
            signed(movement.debt_delta),
            cause(movement),
            done_by(movement.actor),
            movement.reason or NOTHING,
        )
        for movement in movements
    ]
    return Table(title, columns, rows, empty=_("No movements."))


@admin.register(Lot)
class LotAdmin(ScopedAdmin[Lot]):
    """Points that came together and end together."""

    view_permission = VIEW
    unit_lookups = ("member__store_id", "store_id")
    list_display = ("earned", "who", "caused_by", "at_store", "points_shown", "left", "state_shown", "ends")
    list_filter = ("state", "cause_kind", unit_filter("store", kind="store"), ("expires_at", admin.DateFieldListFilter))
    search_fields = ("member__number__exact", "member__card_number__exact", "cause_id__exact")
    search_help_text = _("Member number, card number, or the number of the cause")
    list_select_related = ("member", "store")
    ordering = ("-id",)

    earned = moment_column("earned_at", _("Earned at"))
    who = column(_("Member"), lambda row: str(row.member))
    caused_by = column(_("Cause"), cause)
    at_store = column(_("Store"), lambda row: name_of(row.store))
    points_shown = column(_("Points"), lambda row: number(row.points), order="points", numeric=True)
    left = column(_("Left"), lambda row: number(row.remaining), order="remaining", numeric=True)
    state_shown = column(_("State"), lot_badge, order="state")
    ends = column(_("Last day"), last_day, order="expires_at")

    def name_of_row(self, row: Lot) -> str:
        """Return how many points of whom."""
        return gettext("%(points)s points of %(member)s") % {"points": number(row.points), "member": row.member}

    def page(self, request: HttpRequest, row: Lot) -> Page:
        """Return how the lot came about and everything that moved it."""
        facts: list[tuple[object, object]] = [
            (_("Member"), link("points_account_change", row.member_id, str(row.member))),
            (_("Cause"), cause(row)),
            (_("Number of the cause"), row.cause_id),
            (_("Store"), name_of(row.store)),
            (_("Version of the rule"), row.rule_version or _("Default")),
            (_("Multiplier"), f"x {row.multiplier_bp / 10_000:g}"),
            (_("Earned at"), moment(row.earned_at)),
            (_("Usable from"), moment(row.matures_at or row.earned_at)),
            (_("Last day"), last_day(row)),
        ]
        figures = [(_("Points"), number(row.points)), (_("Left"), number(row.remaining))]
        found = Movement.objects.filter(lot=row).order_by("-id")[:_SHOWN_MAX]
        return Page(
            title=self.name_of_row(row),
            badges=[lot_badge(row)],
            figures=figures,
            main=[Facts("", facts), movement_table(_("Points movements"), list(found))],
        )


@admin.register(Movement)
class MovementAdmin(ScopedAdmin[Movement]):
    """The ledger of points of all members."""

    view_permission = VIEW
    unit_lookups = ("member__store_id",)
    list_display = ("when", "who", "kind", "usable", "coming", "owed", "caused_by", "by")
    list_filter = ("kind", "cause_kind", ("at", admin.DateFieldListFilter))
    search_fields = ("member__number__exact", "member__card_number__exact", "cause_id__exact")
    search_help_text = _("Member number, card number, or the number of the cause")
    list_select_related = ("member",)
    ordering = ("-at", "-id")

    when = moment_column("at", _("When"))
    who = column(_("Member"), lambda row: link("points_account_change", row.member_id, str(row.member)))
    usable = column(_("Usable"), lambda row: signed(row.available_delta), numeric=True)
    coming = column(_("Not usable yet"), lambda row: signed(row.pending_delta), numeric=True)
    owed = column(_("Points owed"), lambda row: signed(row.debt_delta), numeric=True)
    caused_by = column(_("Cause"), cause)
    by = column(_("By"), lambda row: done_by(row.actor))

    def page(self, request: HttpRequest, row: Movement) -> Page:
        """Return the movement."""
        facts: list[tuple[object, object]] = [
            (_("When"), moment(row.at)),
            (_("Kind"), row.get_kind_display()),
            (_("Member"), link("points_account_change", row.member_id, str(row.member))),
            (_("Lot"), link("points_lot_change", row.lot_id, row.lot_id) if row.lot_id else NOTHING),
            (_("Usable"), signed(row.available_delta)),
            (_("Not usable yet"), signed(row.pending_delta)),
            (_("Points owed"), signed(row.debt_delta)),
            (_("Cause"), cause(row)),
            (_("Number of the cause"), f"{row.cause_id} {row.deed}".strip()),
            (_("By"), done_by(row.actor)),
            (_("Reason"), row.reason or NOTHING),
        ]
        return Page(title=gettext("Movement %(number)s") % {"number": row.pk}, main=[Facts("", facts)])
