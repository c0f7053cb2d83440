"""What customers ask for after the sale: the list by state and age, one request, and what staff decide about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.aftersales import api
from quanyu.modules.aftersales.contracts import Request as RequestShown
from quanyu.modules.aftersales.contracts import RequestState
from quanyu.modules.aftersales.models import REQUEST_STATE_LABELS, RESTOCK_LABELS, Request
from quanyu.modules.identity.contracts import SecondPersonNeeded
from quanyu.modules.orders import api as orders
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Card, Column, Facts, Page, Picture, Pictures, Step, Table, Timeline
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    in_language,
    link,
    moment,
    moment_column,
    name_column,
    name_of,
    quantity,
    yuan,
    yuan_column,
)
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import Figure, Tile, add_tile, waiting
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

VIEW, DECIDE, RETURN = "aftersales.view", "aftersales.decide", "aftersales.return"
OPEN = ("asked", "approved", "received")
TONES = {
    "asked": "warn",
    "approved": "info",
    "received": "warn",
    "done": "good",
    "refused": "bad",
    "withdrawn": "plain",
}
# Answers that the machine gives itself.
STEP_TEXTS = {
    "returned_elsewhere": _("The goods came back at another door."),
    "swapped": _("The same goods were handed out for them."),
}


class AnswerForm(DeedForm):
    """Asks for a word to the customer."""

    answer = forms.CharField(
        label=_("Answer to the customer"), max_length=200, required=False, help_text=_("The customer reads it.")
    )


class RefusalForm(DeedForm):
    """Asks why not, and keeps in mind which state was looked at: what moved on meanwhile is looked at again."""

    seen = forms.ChoiceField(choices=[(state, state) for state in OPEN], widget=forms.HiddenInput, required=False)
    answer = forms.CharField(label=_("Why not"), min_length=2, max_length=200, help_text=_("The customer reads it."))

    def prepare(self) -> None:
        """Remember the state that is shown."""
        self.fields["seen"].initial = self.subject.state


class GoodsForm(DeedForm):
    """Asks line by line what becomes of the goods that were looked at."""

    is_grid = True

    def prepare(self) -> None:
        """Make a field for each line."""
        for line in api.request(request_id=self.subject.pk).lines:
            amount = quantity(line.quantity, line.quantity_scale)
            self.fields[f"restock_{line.number}"] = forms.ChoiceField(
                label=f"{in_language(line.name, line.name_en)} × {amount}", choices=list(RESTOCK_LABELS.items())
            )


def _told(call: Call, deed: Callable[[], RequestShown]) -> Done:
    """Do it and say how it ended; money above the store's limit waits for a second person."""
    try:
        done = deed()
    except SecondPersonNeeded as waits:
        seen = access.may(call.request, "approvals.view")
        address = reverse("admin:identity_approval_change", args=[waits.params["approval_id"]]) if seen else ""
        return Done(gettext("%(title)s The money waits for that.") % {"title": gettext(waits.title)}, go_to=address)
    if done.state is RequestState.DONE and done.amount_fen:
        shown = {"number": done.number, "amount": yuan(done.amount_fen)}
        return Done(gettext("Request %(number)s is done: %(amount)s goes back.") % shown)
    return Done(gettext("Request %(number)s: %(state)s.") % {"number": done.number, "state": _state(done.state.value)})


def _approve(call: Call) -> Done:
    answer = call.values["answer"]
    return _told(call, lambda: api.approve(request_id=call.subject.pk, answer=answer, actor=call.actor, now=call.now))


def _refuse(call: Call) -> Done:
    answer, seen = call.values["answer"], RequestState(call.values["seen"] or call.subject.state)
    return _told(
        call,
        lambda: api.refuse(request_id=call.subject.pk, answer=answer, seen=seen, actor=call.actor, now=call.now),
    )


def _here(deed: Callable[..., RequestShown]) -> Callable[[Call], Done]:
    """Return what takes the goods in where they were to be brought, each line with its fate."""

    def done(call: Call) -> Done:
        restocks = {int(name.removeprefix("restock_")): fate for name, fate in call.values.items()}
        place = call.subject.store_id
        return _told(
            call,
            lambda: deed(
                request_id=call.subject.pk, restocks=restocks, location_id=place, actor=call.actor, now=call.now
            ),
        )

    return done


_receive, _swap = _here(api.receive), _here(api.swap)


def _pay(call: Call) -> Done:
    return _told(call, lambda: api.pay_back(request_id=call.subject.pk, actor=call.actor, now=call.now))


def facts(row: Request) -> list[tuple[object, object]]:
    """Return what is to be decided."""
    return [
        (_("What"), row.get_kind_display()),
        (_("Refund"), yuan(row.amount_fen)),
        (_("Reason"), row.get_reason_display()),
        (_("What the customer writes"), row.text or NOTHING),
    ]


def _state(state: str) -> str:
    return str(REQUEST_STATE_LABELS[state])


def state_badge(row: Request) -> object:
    """Return the state in its colour."""
    return badge(row.get_state_display(), TONES[row.state])


def _age(row: Request) -> str:
    """Return for how long an open request waits."""
    return timesince(row.moved_at, timezone.now(), depth=1) if row.state in OPEN else NOTHING


def _in(*states: str, kinds: tuple[str, ...] = ()) -> Callable[[Any], bool]:
    return lambda row: row.state in states and (not kinds or row.kind in kinds)


_GOODS = ("return", "exchange")


@admin.register(Request)
class RequestAdmin(ScopedAdmin[Request]):
    """Requests of the stores one may see: those that sold, and those the goods shall come to."""

    view_permission = VIEW
    unit_lookups = ("store_id", "order__selling_store_id")
    list_display = ("number", "state_shown", "waits", "kind_shown", "why", "amount", "goes_to", "asked")
    list_filter = (
        "state",
        "kind",
        "reason",
        unit_filter("store", kind="store"),
        ("created_at", admin.DateFieldListFilter),
    )
    link_lookups = ("state__in",)
    search_fields = ("code__exact", "number__startswith", "order__number__startswith")
    search_help_text = _("The customer's code of 8 digits, or a request or order number from its beginning")
    list_select_related = ("order", "store")
    ordering = ("-created_at", "-id")
    list_note = _("Approve, then take the goods in: the money goes back with them, once, the way it was paid.")
    deeds = (
        Deed(
            "approve",
            _("Approve"),
            DECIDE,
            _approve,
            AnswerForm,
            "check_circle",
            "primary",
            text=_("Goods to bring back are awaited then; where nothing comes back, the money goes back at once."),
            when=_in("asked"),
            facts=facts,
        ),
        Deed(
            "receive",
            _("Take the goods in"),
            RETURN,
            _receive,
            GoodsForm,
            "assignment_return",
            "primary",
            text=_("Look at the goods first. The money goes back the way it was paid."),
            when=_in("approved", kinds=("return",)),
            facts=facts,
        ),
        Deed(
            "swap",
            _("Exchange for the same"),
            RETURN,
            _swap,
            GoodsForm,
            "swap_horiz",
            "primary",
            text=_("What came back comes in, and as many of the same leave the stock. No money moves."),
            when=_in("approved", kinds=("exchange",)),
            facts=facts,
        ),
        Deed(
            "instead",
            _("Money back instead"),
            RETURN,
            _receive,
            GoodsForm,
            "currency_exchange",
            text=_("For another size, colour or product: the money goes back, and the till sells the other one."),
            when=_in("approved", kinds=("exchange",)),
            facts=facts,
        ),
        Deed(
            "pay",
            _("Pay back"),
            RETURN,
            _pay,
            icon="payments",
            tone="primary",
            text=_("The money still waits. It goes back once, however often this is pressed."),
            when=lambda row: row.state == "received" or (row.state == "approved" and row.kind == "refund_only"),
            facts=facts,
        ),
        Deed("refuse", _("Refuse"), DECIDE, _refuse, RefusalForm, "cancel", "danger", when=_in(*OPEN), facts=facts),
    )

    state_shown = column(_("State"), state_badge, order="state")
    waits = column(_("Waiting for"), _age, order="moved_at")
    kind_shown = column(_("What"), lambda row: row.get_kind_display(), order="kind")
    why = column(_("Reason"), lambda row: row.get_reason_display(), order="reason")
    amount = yuan_column("amount_fen", _("Refund"))
    goes_to = name_column("store", _("To be brought to"))
    asked = moment_column("created_at", _("Asked at"))

    def page(self, request: HttpRequest, row: Request) -> Page:
        """Return what is asked for, line by line, and what happened so far."""
        shown = api.request(request_id=row.pk)
        about: list[tuple[object, object]] = [
            (_("Order"), link("orders_order_change", row.order_id, row.order.number)),
            (_("What"), row.get_kind_display()),
            (_("Reason"), row.get_reason_display()),
            (_("What the customer writes"), row.text or NOTHING),
            (_("Answer"), row.answer or NOTHING),
            (_("To be brought to"), name_of(row.store)),
            (_("Code to show"), row.code),
            (_("Asked at"), moment(row.created_at)),
        ]
        booked = next((one for one in api.returns_of(order_id=row.order_id) if one.id == row.return_id), None)
        if booked is not None:
            about.append((_("Return"), link("aftersales_return_change", booked.id, booked.number)))
        main: list[Card] = [_lines(row, shown)]
        pictures = [Picture(line.image, in_language(line.name, line.name_en)) for line in shown.lines if line.image]
        if pictures:
            main.append(Pictures(_("Goods"), pictures))
        return Page(
            title=gettext("Request %(number)s") % {"number": row.number},
            badges=[state_badge(row)],
            main=main,
            aside=[Facts(_("Request"), about), _history(row)],
        )


def _lines(row: Request, shown: RequestShown) -> Table:
    columns = [
        Column(_("Line"), is_number=True),
        Column(_("Item")),
        Column(_("Quantity"), is_number=True),
        Column(_("Paid for the line"), is_number=True),
        Column(_("What becomes of the goods")),
    ]
    sold = {line.number: line for line in orders.order(id=row.order_id).lines}
    rows = [
        (
            line.number,
            in_language(line.name, line.name_en),
            quantity(line.quantity, line.quantity_scale),
            yuan(sold[line.number].net_fen),
            RESTOCK_LABELS.get(line.restock, NOTHING),
        )
        for line in shown.lines
    ]
    text = _("Was refunded: %(amount)s.") if row.state == "done" else _("Would refund: %(amount)s.")
    return Table(_("Goods asked about"), columns, rows, note=str(text) % {"amount": yuan(row.amount_fen)})


def _history(row: Request) -> Timeline:
    steps = [
        Step(
            moment(event.at),
            _state(event.to_state),
            " · ".join(
                str(part) for part in (access.person(event.actor), STEP_TEXTS.get(event.text, event.text)) if part
            ),
            TONES[event.to_state],
        )
        for event in row.history.order_by("id")
    ]
    return Timeline(_("History"), steps)


def _waiting(units: Units, now: datetime) -> Figure:
    rows = Request.objects.filter(state__in=["asked", "received"])
    if units is not None:
        rows = rows.filter(store_id__in=units)
    found = rows.aggregate(count=Count("pk"), oldest=Min("moved_at"))
    return waiting(found["count"], found["oldest"])


def _list(now: datetime) -> str:
    return f"{reverse('admin:aftersales_request_changelist')}?{urlencode({'state__in': 'asked,received'})}"


add_tile(Tile("requests", _("After-sale requests"), "assignment_return", DECIDE, _waiting, _list, 36, is_todo=True))
