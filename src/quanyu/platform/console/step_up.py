"""Step-up: some deeds want to know once more, and now, that it is the person himself who sits there.

A proof (password, or the code of the two-step sign-in where it is on) holds five minutes, in this session only, and
ends with a change of password or two-step sign-in, as the session itself does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.problem import Problem
from quanyu.platform.console import access
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.http import problems

HOLDS = timedelta(minutes=5)
_KEY, _FIELD = "step_up", "step_up_proof"


class ProofForm(DeedForm):
    """Asks for the password, or for the code where two-step sign-in is on."""

    step_up_proof = forms.CharField(label=_("Your password"), max_length=200, widget=forms.PasswordInput)

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        self.asks_code = asks_code
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        """Ask for the code instead of the password."""
        field = self.fields[_FIELD]
        if self.asks_code:
            field.label = _("Six-digit code")
            field.widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"})
        else:
            field.widget.attrs["autocomplete"] = "current-password"


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Tell whether the person was proved in this session within the last five minutes."""
    kept = request.session.get(_KEY) or {}
    if kept.get("of") != _bound_to(request):
        return False
    age = now - datetime.fromisoformat(kept["at"])
    return timedelta(0) <= age < HOLDS


def is_answer(request: HttpRequest) -> bool:
    """Tell whether this is a proof that was asked for."""
    return request.method == "POST" and _FIELD in request.POST


def demand(request: HttpRequest, *, title: object, back: str, now: datetime, context: dict[str, Any]) -> HttpResponse:
    """Ask for the proof; once it is right, lead back to the same address, where the deed is still to be done.

    Nothing that was sent with the deed is done or kept: it was sent before the proof.
    """
    actor = access.actor_of(request)
    answered = is_answer(request)
    form = ProofForm(request.POST if answered else None, actor=actor, asks_code=access.asks_code(actor))
    if answered and form.is_valid():
        try:
            access.prove(actor, form.cleaned_data[_FIELD], now)
        except Problem as refusal:
            form.add_error(_FIELD, problems.text(refusal.title, refusal.params))
        else:
            request.session[_KEY] = {"at": now.isoformat(), "of": _bound_to(request)}
            return HttpResponseRedirect(request.get_full_path())
    shown = {**context, "title": title, "form": form, "back": back}
    answer = TemplateResponse(request, "console/step_up.html", shown, status=422 if request.method == "POST" else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _bound_to(request: HttpRequest) -> str:
    return f"{request.user.pk}:{request.user.get_session_auth_hash()}"  # type: ignore[union-attr]
