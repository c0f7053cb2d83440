"""One deed on many chosen rows: each row is asked for anew, judged and done by itself, and has its own outcome.

What a row refuses holds up no other row, and nothing of it is half done: the deed's door is its own transaction. The
same form sent twice gives the first answer again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.platform import idempotency
from quanyu.platform.console import access
from quanyu.platform.console.deeds import Call, Deed, refusal_text

ROWS_MAX = 200
# What a form says beside the values of the deed.
ROWS, TOKEN, CONFIRM, QUERY = "rows", "token", "confirm", "query"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row."""

    name: str
    address: str
    is_done: bool
    text: str


def perform(listed: Any, request: HttpRequest, deed: Deed, *, context: dict[str, Any], back: str) -> HttpResponse:
    """Show which rows are chosen and ask what the deed needs, or do it and say what became of each row."""
    keys = list(dict.fromkeys(request.POST.getlist(ROWS)))[:ROWS_MAX]
    if not keys:
        messages.warning(request, gettext("Choose rows first."))
        return HttpResponseRedirect(back)
    is_confirmed = CONFIRM in request.POST
    form = deed.form(request.POST if is_confirmed else None, actor=access.actor_of(request), subject=None)
    shown = {**context, "title": deed.title, "deed": deed, "form": form, "keys": keys, "back": back}
    if is_confirmed and form.is_valid():
        try:
            outcomes = _once(listed, request, deed, keys, form.cleaned_data)
        except Problem as refusal:
            form.add_error(None, refusal_text(refusal))
        else:
            done = sum(outcome.is_done for outcome in outcomes)
            told = {"outcomes": sorted(outcomes, key=lambda one: one.is_done), "done": done}
            return TemplateResponse(
                request, "console/batch_done.html", {**shown, **told, "refused": len(outcomes) - done}
            )
    shown |= {"rows": _judged(listed, request, deed, keys), "token": request.POST.get(TOKEN) or str(uuid7())}
    return TemplateResponse(request, "console/batch.html", shown, status=422 if form.errors else 200)


def _once(listed: Any, request: HttpRequest, deed: Deed, keys: Sequence[str], values: dict[str, Any]) -> list[Outcome]:
    """Do the deed on the rows; a repeat of the same form gets the outcomes of the first time."""
    said = sorted((name, request.POST.getlist(name)) for name in request.POST if name != "csrfmiddlewaretoken")

    def work() -> tuple[int, bytes]:
        outcomes = [_do(listed, request, deed, key, values) for key in keys]
        return 200, msgspec.json.encode([asdict(outcome) for outcome in outcomes])

    _status, told, _is_replay = idempotency.run(
        actor=access.actor_of(request),
        key=request.POST.get(TOKEN, ""),
        route=f"console/{listed.place}/batch/{deed.name}",
        body=msgspec.json.encode(said),
        work=work,
    )
    return [Outcome(**one) for one in msgspec.json.decode(told)]


def _do(listed: Any, request: HttpRequest, deed: Deed, key: str, values: dict[str, Any]) -> Outcome:
    try:
        row = listed.row(request, key)
    except Http404:
        return Outcome(key, "", is_done=False, text=gettext("There is no such row, or it belongs to another store."))
    name, address = listed.name_of_row(row), listed.address(row)
    if hindrance := _hindrance(listed, request, deed, row):
        return Outcome(name, address, is_done=False, text=hindrance)
    try:
        done = deed.run(Call(access.actor_of(request), row, dict(values), system_clock.now(), request))
    except Problem as refusal:
        return Outcome(name, address, is_done=False, text=refusal_text(refusal))
    return Outcome(name, address, is_done=True, text=str(done.message))


def _hindrance(listed: Any, request: HttpRequest, deed: Deed, row: Any) -> str:
    """Return why this person cannot do the deed on this row; nothing if he can."""
    if not listed.may_do(request, deed, listed.units_of_row(row)):
        return gettext("You do not have the permission for this here.")
    if not deed.when(row):
        return gettext("This is not possible with the row as it stands.")
    return ""


def _judged(listed: Any, request: HttpRequest, deed: Deed, keys: Sequence[str]) -> list[tuple[str, str]]:
    """Return the chosen rows as (name, hindrance)."""
    field = listed.model._meta.pk
    clean = []
    for key in keys:
        try:
            clean.append(field.to_python(key))
        except ValidationError:
            continue
    found = listed.get_queryset(request).filter(pk__in=clean)
    return [(listed.name_of_row(row), _hindrance(listed, request, deed, row)) for row in found]
