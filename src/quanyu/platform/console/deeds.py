"""Deeds: what a person can do on a screen. Each asks (form, reason), confirms, and rings at a module's api.

A refusal of the api (a :class:`Problem`) comes back as a message beside the field it names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Forbidden, NotFound, Problem
from quanyu.platform.console import access, step_up
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.http import problems


@dataclass(frozen=True, slots=True)
class Call:
    """One time that a deed is done: by whom, on which row, with what the form says, when."""

    actor: Actor
    subject: Any
    values: dict[str, Any]
    now: datetime
    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Done:
    """What the person reads afterwards. ``once`` are (label, text) pairs that are shown this one time only.

    ``go_to`` is the address of the page that follows; without it that of the row, or of the list.
    """

    message: object
    once: tuple[tuple[object, object], ...] = ()
    go_to: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Deed:
    """A deed on one row, or on the list as a whole (to create something).

    ``unit_of`` says which units must be within reach of ``permission``; without it the row's own units. ``is_batch``:
    the list offers it on chosen rows as well; its form then asks without knowing a row. ``is_quiet``: it stands
    elsewhere on the screen, not among the buttons.
    """

    name: str
    title: object
    permission: str
    run: Callable[[Call], Done]
    form: type[DeedForm] = DeedForm
    icon: str = "bolt"
    tone: str = "plain"
    text: object = ""
    when: Callable[[Any], bool] = lambda _row: True
    template: str = "console/deed.html"
    facts: Callable[[Any], list[tuple[object, object]]] | None = None
    is_batch: bool = False
    is_quiet: bool = False
    # Whether the person must have proved himself within the last minutes (``step_up``).
    needs_step_up: bool = False
    # The same, for what is sent this time only: tells whether it is of the kind that needs the proof.
    step_up_when: Callable[[HttpRequest], bool] | None = None


def perform(request: HttpRequest, deed: Deed, *, subject: Any, back: str, context: dict[str, Any]) -> HttpResponse:
    """Show the deed's form, or do it and go on. Raises ``Http404`` and ``PermissionDenied`` like the api does."""
    actor, now = access.actor_of(request), system_clock.now()
    if _needs_step_up(request, deed) and not step_up.is_fresh(request, now=now):
        return step_up.demand(
            request, title=deed.title, back=back, now=now, context={**context, "deed": deed, "subject": subject}
        )
    data = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    # A link to a deed may fill its form in: ?field=value.
    form = deed.form(*data, actor=actor, subject=subject, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        call = Call(actor, subject, form.cleaned_data, now, request)
        try:
            done = deed.run(call)
        except Problem as refusal:
            _tell(form, refusal)
        else:
            return _after(request, done, deed, back=back, context=context)
    shown = {
        **context,
        "title": deed.title,
        "deed": deed,
        "form": form,
        "subject": subject,
        "back": back,
        "facts": deed.facts(subject) if deed.facts and subject is not None else [],
        "is_multipart": form.is_multipart(),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, deed.template, shown, status=status)


def _needs_step_up(request: HttpRequest, deed: Deed) -> bool:
    if deed.step_up_when is None or deed.needs_step_up:
        return deed.needs_step_up
    return step_up.is_answer(request) or deed.step_up_when(request)


def refusal_text(refusal: Problem) -> str:
    """Return a refusal with its remedy in the reader's language."""
    return f"{problems.text(refusal.title, refusal.params)} {problems.text(refusal.remedy, refusal.params)}"


def _tell(form: DeedForm, refusal: Problem) -> None:
    if type(refusal) is NotFound:
        raise Http404
    if type(refusal) is Forbidden:
        raise PermissionDenied
    field = (refusal.field or "").split(".")[0]
    form.add_error(field if field in form.fields else None, refusal_text(refusal))


def _after(request: HttpRequest, done: Done, deed: Deed, *, back: str, context: dict[str, Any]) -> HttpResponse:
    if done.once:
        shown = {**context, "title": deed.title, "deed": deed, "done": done, "back": done.go_to or back}
        answer = TemplateResponse(request, "console/once.html", shown)
        answer.headers["Cache-Control"] = "no-store"
        return answer
    messages.success(request, str(done.message))
    return HttpResponseRedirect(done.go_to or back)
