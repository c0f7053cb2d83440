"""Points given or taken by hand: one person asks on a screen, another decides on it."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib import admin
from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.points import api
from quanyu.modules.points.admin.shown import VIEW, signed
from quanyu.modules.points.models import Adjustment
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Facts, Page
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import NOTHING, badge, column, link, moment, moment_column, name_of, number
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import Figure, Tile, add_tile, hang_deed, waiting
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter


class RequestForm(DeedForm):
    """Asks how many points, and why."""

    points = forms.IntegerField(
        label=_("Points"), help_text=_("More than nothing gives points, less than nothing takes them: -50")
    )
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=200)


class DecisionForm(DeedForm):
    """Asks for a note, which the colleague who asked can read."""

    note = forms.CharField(label=_("Note"), max_length=200, required=False)


def _request(call: Call) -> Done:
    # On the page of a member, or of a member's points.
    member_id = getattr(call.subject, "member_id", None) or call.subject.pk
    asked = api.request_adjustment(
        member_id=member_id,
        points=call.values["points"],
        reason=call.values["reason"],
        actor=call.actor,
        now=call.now,
    )
    address = reverse("admin:points_adjustment_change", args=[asked.id])
    return Done(gettext("The request waits for a colleague's decision."), go_to=address)


def _decide(call: Call, *, approve: bool) -> None:
    api.decide_adjustment(
        adjustment_id=call.subject.pk, approve=approve, note=call.values["note"], actor=call.actor, now=call.now
    )


def _approve(call: Call) -> Done:
    _decide(call, approve=True)
    return Done(gettext("Approved; the points have moved."))


def _refuse(call: Call) -> Done:
    _decide(call, approve=False)
    return Done(gettext("Refused; no points have moved."))


def _waits(row: Adjustment) -> bool:
    return row.state == "requested"


def _facts(row: Adjustment) -> list[tuple[object, object]]:
    balance = api.balance(member_id=row.member_id, now=system_clock.now())
    return [
        (_("Member"), str(row.member)),
        (_("Usable"), number(balance.available)),
        (_("Adjustment"), signed(row.points)),
        (_("Reason"), row.reason),
        (_("Asked by"), access.person(row.requested_by)),
    ]


REQUEST = Deed(
    "adjust-points",
    _("Adjust points"),
    api.ADJUST,
    _request,
    RequestForm,
    "exposure",
    text=_("Nothing moves before a colleague with the permission has approved."),
    needs_step_up=True,
)
APPROVE = Deed(
    "approve",
    _("Approve"),
    api.APPROVE,
    _approve,
    DecisionForm,
    "check_circle",
    "primary",
    when=_waits,
    facts=_facts,
    needs_step_up=True,
)
REFUSE = Deed("refuse", _("Refuse"), api.APPROVE, _refuse, DecisionForm, "cancel", "danger", when=_waits, facts=_facts)
hang_deed("members.member", REQUEST)


def state_badge(row: Adjustment) -> object:
    """Return the state of a request in its colour."""
    tones = {"requested": "warn", "approved": "good", "refused": "bad"}
    return badge(row.get_state_display(), tones.get(row.state, "plain"))


@admin.register(Adjustment)
class AdjustmentAdmin(ScopedAdmin[Adjustment]):
    """Requests to give or take points, and what became of them."""

    view_permission = VIEW
    unit_lookups = ("unit_id",)
    list_display = ("asked", "who", "change", "why", "state_shown", "asker", "at_unit", "decider")
    list_filter = ("state", unit_filter("unit"))
    search_fields = ("member__number__exact", "member__card_number__exact")
    search_help_text = _("Member number or card number")
    list_select_related = ("member", "unit")
    ordering = ("-requested_at", "-id")
    list_note = _("Ask for an adjustment on the page of the member. Somebody else decides about it here.")
    deeds = (APPROVE, REFUSE)

    asked = moment_column("requested_at", _("Asked at"))
    who = column(_("Member"), lambda row: str(row.member))
    change = column(_("Points"), lambda row: signed(row.points), order="points", numeric=True)
    why = column(_("Reason"), lambda row: row.reason)
    state_shown = column(_("State"), state_badge, order="state")
    asker = column(_("Asked by"), lambda row: access.person(row.requested_by))
    at_unit = column(_("Asked by store"), lambda row: name_of(row.unit))
    decider = column(_("Decided by"), lambda row: access.person(row.decided_by) if row.decided_by else NOTHING)

    def name_of_row(self, row: Adjustment) -> str:
        """Return how many points of whom."""
        return gettext("%(points)s points for %(member)s") % {"points": signed(row.points), "member": row.member}

    def page(self, request: HttpRequest, row: Adjustment) -> Page:
        """Return the request and the decision."""
        facts: list[tuple[object, object]] = [
            (_("Member"), link("points_account_change", row.member_id, str(row.member))),
            (_("Points"), signed(row.points)),
            (_("Reason"), row.reason),
            (_("Asked by"), access.person(row.requested_by)),
            (_("Asked by store"), name_of(row.unit)),
            (_("Asked at"), moment(row.requested_at)),
            (_("Decided by"), access.person(row.decided_by) if row.decided_by else NOTHING),
            (_("Decided at"), moment(row.decided_at)),
            (_("Note"), row.note or NOTHING),
        ]
        return Page(title=self.name_of_row(row), badges=[state_badge(row)], main=[Facts("", facts)])


def _waiting(units: Units, now: datetime) -> Figure:
    rows = Adjustment.objects.filter(state="requested")
    if units is not None:
        rows = rows.filter(unit_id__in=units)
    found = rows.aggregate(count=Count("pk"), oldest=Min("requested_at"))
    return waiting(found["count"], found["oldest"])


add_tile(
    Tile(
        "points_adjustments",
        _("Points adjustments to decide"),
        "exposure",
        api.APPROVE,
        _waiting,
        lambda _now: f"{reverse('admin:points_adjustment_changelist')}?state__exact=requested",
        85,
        is_todo=True,
    )
)
