"""Console screens of tills and shifts. A shift is opened and counted at the till; here it is read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.pos import api
from quanyu.modules.pos.models import CashMove, JournalEntry, Shift, Terminal
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    link,
    moment,
    moment_column,
    name_column,
    name_of,
    number,
    yuan,
    yuan_column,
)
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import Figure, Tile, add_tile
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

VIEW, SELL = "pos.view", "pos.sell"
_NUMBERS_SHOWN = 20
TENDER_LABELS = {
    "cash": _("Cash"),
    "card": _("Bank card"),
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
}


class RescueForm(DeedForm):
    """The file that the till saved."""

    file = forms.FileField(
        label=_("File saved by the till"),
        help_text=_("On the till: Menu, Sales of this till, Export. The same file may be brought again."),
        widget=forms.FileInput(attrs={"accept": ".json"}),
    )

    def clean_file(self) -> UploadedFile[Any]:
        """Refuse what is larger than any till's file."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > api.FILE_BYTES_MAX:
            raise forms.ValidationError(_("The file is larger than 50 MB."))
        return file


def _bring_in(call: Call) -> Done:
    found = api.bring_in(device_id=call.subject.pk, file=call.values["file"].read(), actor=call.actor, now=call.now)
    told = [
        gettext("%(booked)s sales booked, %(kept)s wait for a person, %(known)s were there already.")
        % {"booked": number(found.booked), "kept": number(found.kept), "known": number(found.known)}
    ]
    if found.refused:
        numbers = ", ".join(str(seq) for seq in found.refused[:_NUMBERS_SHOWN])
        told.append(gettext("Not as the till wrote them, and left out: numbers %(numbers)s.") % {"numbers": numbers})
    if found.left:
        told.append(gettext("Bring the file again for %(left)s more.") % {"left": number(found.left)})
    return Done(" ".join(told))


@admin.register(Terminal)
class TerminalAdmin(ScopedAdmin[Terminal]):
    """Tills."""

    view_permission = VIEW
    unit_lookups = ("store_id",)
    list_display = ("code", "device_name", "at_store", "numbers", "seen")
    list_filter = (unit_filter("store", kind="store"),)
    search_fields = ("code", "device__name")
    list_select_related = ("device", "store")
    ordering = ("store__code", "code")
    deeds = (
        Deed(
            "bring_in",
            _("Bring in its file"),
            SELL,
            _bring_in,
            RescueForm,
            "upload_file",
            text=_(
                "For a till that cannot send its sales any more: each sale is taken once, as if it had come from there."
            ),
        ),
    )

    device_name = column(_("Device"), lambda till: till.device.name)
    at_store = name_column("store", _("Store"), order="store__code")
    numbers = column(_("Last number"), lambda till: number(till.last_seq), numeric=True)
    seen = column(_("Last seen"), lambda till: moment(till.device.last_seen_at))

    def page(self, request: HttpRequest, row: Terminal) -> Page:
        """Return the till and its latest shifts."""
        facts: list[tuple[object, object]] = [
            (_("Device"), link("identity_device_change", row.device_id, row.device.name)),
            (_("Store"), name_of(row.store)),
            (_("Last number"), number(row.last_seq)),
            (_("Last seen"), moment(row.device.last_seen_at)),
        ]
        shifts = Shift.objects.filter(terminal=row).select_related("staff").order_by("-opened_at")[:20]
        rows = [
            (
                link("pos_shift_change", shift.pk, moment(shift.opened_at)),
                shift.staff.name,
                moment(shift.closed_at),
                shift_badge(shift),
            )
            for shift in shifts
        ]
        columns = [
            Column(_("Opened at"), is_time=True),
            Column(_("Cashier")),
            Column(_("Closed at"), is_time=True),
            Column(_("State")),
        ]
        title = gettext("Till %(code)s") % {"code": row.code}
        latest = Table(_("Latest shifts"), columns, rows, empty=_("No shifts yet."))
        return Page(title=title, main=[Facts("", facts), latest])


def shift_badge(shift: Shift) -> SafeString:
    """Return whether a shift is open, and whether the count was right."""
    if shift.closed_at is None:
        return badge(_("In progress"), "info")
    difference = (shift.counted_fen or 0) - (shift.expected_fen or 0)
    if difference == 0:
        return badge(_("Counted, exact"), "good")
    text = gettext("%(amount)s over") if difference > 0 else gettext("%(amount)s short")
    return badge(text % {"amount": yuan(abs(difference))}, "warn")


@admin.register(Shift)
class ShiftAdmin(ScopedAdmin[Shift]):
    """Shifts with their reports."""

    view_permission = VIEW
    unit_lookups = ("store_id",)
    list_display = ("opened", "at_store", "till", "cashier", "floated", "counted", "closed", "state_shown")
    list_filter = (unit_filter("store", kind="store"), ("opened_at", admin.DateFieldListFilter))
    link_lookups = ("closed_at__isnull",)
    list_select_related = ("store", "terminal", "staff")
    ordering = ("-opened_at", "-id")

    opened = moment_column("opened_at", _("Opened at"))
    at_store = name_column("store", _("Store"), order="store__code")
    till = column(_("Till"), lambda shift: shift.terminal.code)
    cashier = column(_("Cashier"), lambda shift: shift.staff.name)
    floated = yuan_column("float_fen", _("Float"))
    counted = yuan_column("counted_fen", _("Counted"))
    closed = moment_column("closed_at", _("Closed at"))
    state_shown = column(_("State"), shift_badge)

    def page(self, request: HttpRequest, row: Shift) -> Page:
        """Return the shift with its Z report once it is closed; what should be in an open drawer stays unknown."""
        facts: list[tuple[object, object]] = [
            (_("Store"), name_of(row.store)),
            (_("Till"), link("pos_terminal_change", row.terminal_id, row.terminal.code)),
            (_("Cashier"), row.staff.name),
            (_("Opened at"), moment(row.opened_at)),
            (_("Closed at"), moment(row.closed_at)),
            (_("Closed by"), row.closed_by.name if row.closed_by else NOTHING),
            (_("Float"), yuan(row.float_fen)),
            (_("Expected cash"), yuan(row.expected_fen)),
            (_("Counted cash"), yuan(row.counted_fen)),
        ]
        main: list[Card] = [Facts(_("Shift"), facts)]
        if row.closed_at is not None:
            main.append(_tenders(row))
        main += [_moves(row), _entries(row)]
        title = gettext("Shift of %(cashier)s, %(opened)s") % {
            "cashier": row.staff.name,
            "opened": moment(row.opened_at),
        }
        return Page(title=title, badges=[shift_badge(row)], main=main)


def _tenders(shift: Shift) -> Table:
    totals = shift.report.get("tenders", [])
    rows = [
        (
            TENDER_LABELS.get(total["tender"], total["tender"]),
            total["count"],
            yuan(total["paid_fen"]),
            yuan(-total["refunded_fen"]),
            yuan(total["paid_fen"] - total["refunded_fen"]),
        )
        for total in totals
    ]
    paid = sum(total["paid_fen"] for total in totals)
    back = sum(total["refunded_fen"] for total in totals)
    foot = (_("Sum"), sum(total["count"] for total in totals), yuan(paid), yuan(-back), yuan(paid - back))
    columns = [
        Column(_("Tender")),
        Column(_("Payments"), is_number=True),
        Column(_("Paid"), is_number=True),
        Column(_("Refunded"), is_number=True),
        Column(_("Remaining"), is_number=True),
    ]
    return Table(_("Z report"), columns, rows, foot=foot if rows else (), empty=_("Nothing was sold."))


def _moves(shift: Shift) -> Table:
    found = CashMove.objects.filter(shift=shift).select_related("staff").order_by("at")
    rows = [(moment(move.at), yuan(move.amount_fen), move.reason, move.staff.name) for move in found]
    columns = [Column(_("At"), is_time=True), Column(_("Amount"), is_number=True), Column(_("Reason")), Column(_("By"))]
    return Table(_("Cash put in and taken out"), columns, rows, empty=_("None."))


def _entries(shift: Shift) -> Table:
    found = JournalEntry.objects.filter(shift=shift).order_by("-begun_at")[:100]
    rows = [
        (
            number(entry.seq),
            link("orders_order_change", entry.pk, entry.get_kind_display())
            if entry.kind == "sale" and entry.outcome == "done"
            else entry.get_kind_display(),
            moment(entry.begun_at),
            entry.get_outcome_display() or _("In progress"),
        )
        for entry in found
    ]
    columns = [
        Column(_("Number"), is_number=True),
        Column(_("Kind")),
        Column(_("Begun at"), is_time=True),
        Column(_("Outcome")),
    ]
    return Table(_("Till journal"), columns, rows, empty=_("Nothing yet."))


def _open_shifts(units: Units, now: datetime) -> Figure:
    shifts = Shift.objects.filter(closed_at=None)
    if units is not None:
        shifts = shifts.filter(store_id__in=units)
    return Figure(number(shifts.count()))


add_tile(
    Tile(
        "shifts",
        _("Open shifts"),
        "point_of_sale",
        VIEW,
        _open_shifts,
        lambda _now: f"{reverse('admin:pos_shift_changelist')}?closed_at__isnull=True",
        85,
    )
)
