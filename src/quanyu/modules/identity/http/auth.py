"""Who asks: the token of a staff member's sign-in as ``Authorization: Bearer``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from quanyu.kernel.actor import ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api

_SCHEME = "bearer "


class StaffToken(HttpBearer):
    """The token of a staff member; those of devices and other software are not let in here."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        """Return the staff member as an actor, or ``None`` (401)."""
        actor = api.actor_for_token(token=token, now=system_clock.now())
        return actor if actor is not None and actor.kind is ActorKind.STAFF else None


staff_token = StaffToken()


def token_of(request: HttpRequest) -> str:
    """Return the token with which the request was let in."""
    sent = request.headers.get("Authorization", "")
    return sent[len(_SCHEME) :].strip() if sent.lower().startswith(_SCHEME) else ""


def demand_recent_proof(request: HttpRequest) -> None:
    """Raise ``StepUpRequired`` unless the person was proved in the last five minutes."""
    api.require_recent_proof(token=token_of(request), now=system_clock.now())
