"""Requests that wait for a second person: the list of them, one request with what it is about, and the decision."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.identity import api
from quanyu.modules.identity.contracts import ApprovalState
from quanyu.modules.identity.models import Approval
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Facts, Page
from quanyu.platform.console.deeds import Call, Deed, Done, refusal_text
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    link,
    moment,
    moment_column,
    name_column,
    name_of,
    yuan,
    yuan_column,
)
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import Figure, Tile, add_tile, waiting
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

VIEW, DECIDE = "approvals.view", "approvals.decide"
KIND_LABELS = {"aftersales.return": _("Return with refund"), "checkout.cancel": _("Cancel a paid order")}
TONES = {
    ApprovalState.REQUESTED: "warn",
    ApprovalState.APPROVED: "info",
    ApprovalState.USED: "good",
    ApprovalState.REFUSED: "bad",
    ApprovalState.EXPIRED: "plain",
}


class DecisionForm(DeedForm):
    """Asks for a note, which the one who asked can read."""

    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class RefusalForm(DeedForm):
    """Asks why not."""

    note = forms.CharField(label=_("Why not"), min_length=2, max_length=200)


def _decide(call: Call, *, approve: bool) -> None:
    api.decide_approval(
        approval_id=call.subject.pk, approve=approve, note=call.values["note"], actor=call.actor, now=call.now
    )


def _approve(call: Call) -> Done:
    _decide(call, approve=True)
    try:
        carried_out = api.carry_out(approval_id=call.subject.pk, now=call.now)
    except Problem as refusal:
        return Done(gettext("Approved, but it could not be carried out: %(why)s") % {"why": refusal_text(refusal)})
    if carried_out:
        return Done(gettext("Approved and carried out."))
    return Done(gettext("Approved. Who asked for it repeats it now, unchanged; this holds once."))


def _refuse(call: Call) -> Done:
    _decide(call, approve=False)
    return Done(gettext("Refused; nothing was done."))


def is_open(row: Approval) -> bool:
    """Tell whether the request can still be decided."""
    return row.state == ApprovalState.REQUESTED and row.expires_at > system_clock.now()


def facts(row: Approval) -> list[tuple[object, object]]:
    """Return what is to be decided."""
    return [
        (_("What"), kind_of(row)),
        (_("About"), row.subject),
        (_("Amount"), yuan(row.amount_fen)),
        (_("Reason"), row.reason),
        (_("Asked by"), access.person(row.requested_by)),
        (_("Asked by store"), name_of(row.unit)),
    ]


def kind_of(row: Approval) -> str:
    """Return what is asked for, in words."""
    return str(KIND_LABELS.get(row.kind, row.kind))


def state_badge(row: Approval) -> object:
    """Return the state in its colour; what nobody decided in time has lapsed."""
    state = ApprovalState(row.state)
    if state in (ApprovalState.REQUESTED, ApprovalState.APPROVED) and row.expires_at <= system_clock.now():
        return badge(_("Lapsed"))
    return badge(row.get_state_display(), TONES[state])


@admin.register(Approval)
class ApprovalAdmin(ScopedAdmin[Approval]):
    """What one person asked for and another decides."""

    view_permission = VIEW
    unit_lookups = ("unit_id",)
    list_display = ("asked", "what", "about", "amount", "why", "state_shown", "asker", "at_unit", "decider")
    list_filter = ("state", "kind", unit_filter("unit"))
    link_lookups = ("expires_at__gt",)
    search_fields = ("subject__startswith",)
    search_help_text = _("Order number, from its beginning")
    list_select_related = ("unit",)
    ordering = ("-requested_at", "-id")
    list_note = _("Nobody decides about his own request. It holds once, for exactly what was asked, for a day.")
    deeds = (
        Deed(
            "approve",
            _("Approve"),
            DECIDE,
            _approve,
            DecisionForm,
            "check_circle",
            "primary",
            text=_("It is carried out at once in the name of who asked; a till repeats it at its drawer."),
            when=is_open,
            facts=facts,
            needs_step_up=True,
        ),
        Deed("refuse", _("Refuse"), DECIDE, _refuse, RefusalForm, "cancel", "danger", when=is_open, facts=facts),
    )

    asked = moment_column("requested_at", _("Asked at"))
    what = column(_("What"), kind_of, order="kind")
    about = column(_("About"), lambda row: row.subject)
    amount = yuan_column("amount_fen", _("Amount"))
    why = column(_("Reason"), lambda row: row.reason)
    state_shown = column(_("State"), state_badge, order="state")
    asker = column(_("Asked by"), lambda row: access.person(row.requested_by))
    at_unit = name_column("unit", _("Asked by store"))
    decider = column(_("Decided by"), lambda row: access.person(row.decided_by) if row.decided_by else NOTHING)

    def name_of_row(self, row: Approval) -> str:
        """Return what it is about."""
        return f"{kind_of(row)} · {row.subject} · {yuan(row.amount_fen)}"

    def page(self, request: HttpRequest, row: Approval) -> Page:
        """Return the request and its decision; the module that asked hangs what exactly is to happen below."""
        about: object = row.subject
        if row.subject_kind == "order":
            about = link("orders_order_change", row.subject_id, row.subject)
        shown: list[tuple[object, object]] = [
            *((label, about if value == row.subject else value) for label, value in facts(row)),
            (_("Asked at"), moment(row.requested_at)),
            (_("Good until"), moment(row.expires_at)),
            (_("Decided by"), access.person(row.decided_by) if row.decided_by else NOTHING),
            (_("Decided at"), moment(row.decided_at)),
            (_("Note"), row.note or NOTHING),
            (_("Carried out at"), moment(row.used_at)),
        ]
        return Page(title=self.name_of_row(row), badges=[state_badge(row)], main=[Facts("", shown)])


def _waiting(units: Units, now: datetime) -> Figure:
    rows = Approval.objects.filter(state="requested", expires_at__gt=now)
    if units is not None:
        rows = rows.filter(unit_id__in=units)
    found = rows.aggregate(count=Count("pk"), oldest=Min("requested_at"))
    return waiting(found["count"], found["oldest"])


def _undecided(now: datetime) -> str:
    asked = urlencode({"state__exact": "requested", "expires_at__gt": now.isoformat(sep=" ")})
    return f"{reverse('admin:identity_approval_changelist')}?{asked}"


add_tile(
    Tile(
        "approvals",
        _("Waiting for a second person"),
        "how_to_reg",
        DECIDE,
        _waiting,
        _undecided,
        35,
        is_todo=True,
    )
)
