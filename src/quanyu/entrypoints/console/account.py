"""One's own account: password and two-step sign-in, both through identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import segno
from django import forms
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.identity import api as identity
from quanyu.platform.console import access
from quanyu.platform.console.deeds import Call, Deed, Done, perform
from quanyu.platform.console.forms import DeedForm

if TYPE_CHECKING:
    from quanyu.platform.console.site import ScopedSite

View = Callable[[HttpRequest], HttpResponse]
_OPEN_TO_ALL = ("admin:account_two_step", "admin:logout", "admin:account_language", "admin:jsi18n")


class PasswordForm(DeedForm):
    """Asks for the present password and twice for the new one."""

    current_password = forms.CharField(label=_("Present password"), widget=forms.PasswordInput)
    password = forms.CharField(
        label=_("New password"), widget=forms.PasswordInput, help_text=_("At least ten characters, hard to guess.")
    )
    again = forms.CharField(label=_("New password again"), widget=forms.PasswordInput)

    def clean(self) -> dict[str, Any]:
        """Demand the same new password twice."""
        values = super().clean() or {}
        if values.get("password") and values.get("again") and values["password"] != values["again"]:
            self.add_error("again", gettext("The two new passwords differ."))
        return values


class CodeForm(DeedForm):
    """Asks for the first code of the authenticator app."""

    code = forms.CharField(
        label=_("Six-digit code"),
        max_length=6,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


def must_set_up(request: HttpRequest) -> bool:
    """Tell whether this person's role demands two-step sign-in, it is not set up, and he is elsewhere."""
    if request.path in {reverse(name) for name in _OPEN_TO_ALL}:
        return False
    if getattr(request.user, "totp_confirmed_at", None) is not None or access.actor_of(request).grants:
        return False
    staff_id = int(access.actor_of(request).id)
    member = identity.staff(ids=[staff_id])[staff_id]
    demanding = {role.code for role in identity.roles() if role.needs_totp}
    return any(role.role_code in demanding for role in member.roles)


def password(site: ScopedSite) -> View:
    """Return the page that changes one's password; the console session goes on."""

    def change(call: Call) -> Done:
        identity.set_password(
            staff_id=int(call.actor.id),
            password=call.values["password"],
            current_password=call.values["current_password"],
            actor=call.actor,
            now=call.now,
        )
        _keep_session(call.request)
        return Done(gettext("Your password is changed. Other sign-ins have ended."))

    deed = Deed("password", _("Change password"), "", change, form=PasswordForm, icon="password", tone="primary")

    def view(request: HttpRequest) -> HttpResponse:
        return perform(request, deed, subject=None, back=reverse("admin:index"), context=site.each_context(request))

    return view


def two_step(site: ScopedSite) -> View:
    """Return the page that sets two-step sign-in up: a QR code and the first code of the app."""

    def view(request: HttpRequest) -> HttpResponse:
        actor = access.actor_of(request)
        context: dict[str, Any] = {**site.each_context(request), "title": gettext("Two-step sign-in")}
        if identity.totp_is_on(staff_id=int(actor.id)):
            return TemplateResponse(request, "console/two_step.html", {**context, "is_on": True})
        deed = Deed("two-step", _("Two-step sign-in"), "", _confirm, form=CodeForm, template="console/two_step.html")
        if request.method != "POST":
            fresh = identity.start_totp(actor=actor)
            context["secret"] = fresh.secret
            # segno's own SVG of our own text.
            context["code"] = mark_safe(segno.make(fresh.uri).svg_inline(scale=5, border=2))  # noqa: S308
        context["is_demanded"] = not actor.grants
        answer = perform(request, deed, subject=None, back=reverse("admin:index"), context=context)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return view


def _confirm(call: Call) -> Done:
    identity.confirm_totp(actor=call.actor, code=call.values["code"], now=call.now)
    _keep_session(call.request)
    return Done(gettext("Two-step sign-in is on. From now on you sign in with a code as well."))


def _keep_session(request: HttpRequest) -> None:
    """The session is bound to password and two-step sign-in; this one's owner has just proved himself."""
    request.user.refresh_from_db()  # type: ignore[union-attr]
    update_session_auth_hash(request, request.user)  # type: ignore[arg-type]
    access.forget(request)
