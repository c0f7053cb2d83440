"""The console's sign-in form: name, password, and the six-digit code where two-step sign-in is on.

To be used as ``AdminSite.login_form`` together with ``login_template = "identity/login.html"``.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.identity import api
from quanyu.modules.identity.contracts import CodeRequired


class StaffLoginForm(AuthenticationForm):
    """Asks for the code in the same form, so that a stolen password alone never opens a session."""

    code = forms.CharField(
        label=_("Six-digit code"),
        required=False,
        max_length=6,
        help_text=_("Only when you have set up an authenticator app."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "pattern": "[0-9]{6}",
                "class": " ".join(BASE_INPUT_CLASSES),
            }
        ),
    )

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.error_messages = {
            **self.error_messages,
            "invalid_login": _("The sign-in name or the password is not right, or it was tried too often."),
        }

    def clean_username(self) -> str:
        """Fold the name, so that the counters of wrong tries see one name and not its spellings."""
        return str(self.cleaned_data["username"]).strip().lower()

    def confirm_login_allowed(self, user: Any) -> None:
        """Demand and use up the code where two-step sign-in is on."""
        super().confirm_login_allowed(user)
        if not api.totp_is_on(staff_id=user.pk):
            return
        code = str(self.cleaned_data.get("code") or "").strip()
        try:
            if not code:
                raise CodeRequired
            api.prove_code(staff_id=user.pk, code=code, now=system_clock.now())
        except Problem as refusal:
            raise ValidationError(gettext(refusal.title), code=refusal.code) from refusal
