"""Django's sign-in for the console: the same check, counters and refusals as the API's."""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api
from quanyu.modules.identity.contracts import SignInLocked, SignInRefused
from quanyu.modules.identity.models import Staff

_log = structlog.get_logger(__name__)


class StaffBackend(BaseBackend):
    """Signs staff in by name, whatever its case, and password; the login form asks for the code."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> Staff | None:
        """Return the active staff member, or ``None``."""
        if not username or not password:
            return None
        try:
            staff_id = api.check_password(username=username, password=password, now=system_clock.now())
        except (SignInRefused, SignInLocked) as refusal:
            _log.info("identity.console_sign_in_refused", code=refusal.code)
            return None
        return self.get_user(staff_id)

    def get_user(self, user_id: int) -> Staff | None:
        """Return the active staff member of a console session, ``None`` when he left."""
        return Staff.objects.filter(pk=user_id, is_active=True).first()
