"""Member days: which come, where, and how much points count on them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import dates
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.tiers import api, contracts
from quanyu.modules.tiers.admin.shown import times
from quanyu.modules.tiers.admin.tiers import TimesField
from quanyu.modules.tiers.contracts import ONCE_BP, DayKind
from quanyu.modules.tiers.models import DAY_LABELS, MemberDay
from quanyu.modules.tiers.rules.standing import ZONE
from quanyu.platform.console.content import Facts, Page
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import NOTHING, badge, column, in_language, tick
from quanyu.platform.console.forms import DeedForm, unit_choices
from quanyu.platform.console.scoped_admin import EVERYWHERE, ScopedAdmin

_DATE = {"type": "date"}
# Where members buy: stores, and what stands above them.
_SELLING = (UnitKind.BRAND, UnitKind.REGION, UnitKind.DEALER, UnitKind.STORE)


class DayForm(DeedForm):
    """Asks for a member day."""

    name = forms.CharField(label=_("Name"), max_length=40)
    name_en = forms.CharField(label=_("English name"), max_length=40, required=False)
    comes = forms.ChoiceField(label=_("Comes back"))
    multiplier_bp = TimesField(label=_("Points (times)"))
    unit_ids = forms.MultipleChoiceField(
        label=_("Stores and regions"),
        required=False,
        help_text=_("Nothing chosen: everywhere."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    starts_on = forms.DateField(label=_("From"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    ends_on = forms.DateField(
        label=_("Ends on"), required=False, widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def prepare(self) -> None:
        """Offer days and units; fill in the present ones."""
        self.fields["comes"].choices = _days()  # type: ignore[attr-defined]
        units = [unit for unit in organization.units_of_kind() if unit.kind in _SELLING]
        self.fields["unit_ids"].choices = unit_choices(units)  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = system_clock.now().astimezone(ZONE).date()
        self.fields["multiplier_bp"].initial = "2"
        if self.subject is None:
            return
        for name in ("name", "name_en", "starts_on", "ends_on", "is_active"):
            self.fields[name].initial = getattr(self.subject, name)
        self.fields["comes"].initial = f"{self.subject.kind}:{self.subject.day}"
        self.fields["multiplier_bp"].initial = f"{self.subject.multiplier_bp / ONCE_BP:g}"
        self.fields["unit_ids"].initial = [str(unit_id) for unit_id in self.subject.unit_ids]


def _save(call: Call) -> Done:
    kind, _colon, day = call.values["comes"].partition(":")
    api.save_member_day(
        day=contracts.MemberDay(
            id=call.subject.pk if call.subject is not None else 0,
            name=call.values["name"],
            name_en=call.values["name_en"],
            kind=DayKind(kind),
            day=int(day),
            multiplier_bp=call.values["multiplier_bp"],
            unit_ids=tuple(sorted(int(unit_id) for unit_id in call.values["unit_ids"])),
            starts_on=call.values["starts_on"],
            ends_on=call.values["ends_on"],
            is_active=call.values["is_active"],
        ),
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The member day is saved."))


def _days() -> list[tuple[str, Any]]:
    weekdays = [(f"{DayKind.WEEKDAY}:{day}", _weekly(day)) for day in range(7)]
    return weekdays + [(f"{DayKind.MONTH_DAY}:{day}", _monthly(day)) for day in range(1, 32)]


def _weekly(day: int) -> str:
    return f"{DAY_LABELS[DayKind.WEEKDAY]} · {dates.WEEKDAYS[day]}"


def _monthly(day: int) -> str:
    return gettext("Every month on the %(day)s.") % {"day": day}


def _when(day: MemberDay) -> str:
    return _weekly(day.day) if day.kind == DayKind.WEEKDAY else _monthly(day.day)


def _where_in_list(day: MemberDay) -> object:
    if not day.unit_ids:
        return _("everywhere")
    return gettext("%(count)s stores or regions") % {"count": len(day.unit_ids)}


def _where(day: MemberDay) -> object:
    if not day.unit_ids:
        return _("everywhere")
    found = organization.units(ids=day.unit_ids)
    return ", ".join(in_language(unit.name, unit.name_en) for unit in found.values())


@admin.register(MemberDay)
class MemberDayAdmin(ScopedAdmin[MemberDay]):
    """The member days of the chain."""

    view_permission = api.VIEW
    unit_lookups = EVERYWHERE
    list_display = ("called", "comes", "points", "where", "starts_on", "ends_on", "used")
    list_filter = ("is_active", "kind")
    ordering = ("-is_active", "id")
    list_deeds = (Deed("add", _("New member day"), api.EDIT, _save, DayForm, "add", "primary"),)
    deeds = (Deed("edit", _("Edit the member day"), api.EDIT, _save, DayForm, "edit", "primary"),)

    called = column(_("Name"), lambda day: in_language(day.name, day.name_en))
    comes = column(_("Comes back"), _when)
    points = column(_("Points"), lambda day: times(day.multiplier_bp), numeric=True)
    where = column(_("Where"), _where_in_list)
    used = column(_("In use"), lambda day: tick(day.is_active))

    def page(self, request: HttpRequest, row: MemberDay) -> Page:
        """Return a member day."""
        facts: list[tuple[object, object]] = [
            (_("Comes back"), _when(row)),
            (_("Points"), times(row.multiplier_bp)),
            (_("Where"), _where(row)),
            (_("From"), row.starts_on),
            (_("Ends on"), row.ends_on or NOTHING),
        ]
        state = badge(_("In use"), "good") if row.is_active else badge(_("Out of use"))
        return Page(title=in_language(row.name, row.name_en), badges=[state], main=[Facts("", facts)])
