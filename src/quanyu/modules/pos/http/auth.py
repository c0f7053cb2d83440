"""Which till asks, and who works at it.

The till's device token comes as ``Authorization: Bearer``, the token of the staff member's sign-in at this
very till as ``X-Staff-Token``. Neither is worth anything without the other.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.pos import api as pos
from quanyu.modules.pos.contracts import DEVICE, Till
from quanyu.platform import http

STAFF_HEADER = "X-Staff-Token"


class TillToken(HttpBearer):
    """The token a till got when it was enrolled; enough to sign in and to load the catalogue."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        """Return the device as an actor, or ``None`` (401)."""
        return device_of(token)


class CashierToken(HttpBearer):
    """The till's token, together with the header ``X-Staff-Token`` of whoever is signed in at it."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        """Return the staff member as an actor at this till, or ``None`` (401)."""
        device = device_of(token)
        if device is None:
            return None
        staff = identity.actor_for_token(token=request.headers.get(STAFF_HEADER, ""), now=system_clock.now())
        if staff is None or staff.kind is not ActorKind.STAFF or staff.device_id != device.device_id:
            return None
        return staff


till_token = TillToken()
cashier_token = CashierToken()


def till_of(request: HttpRequest) -> Till:
    """Return the till that asks."""
    return pos.till_of(actor=http.actor_of(request))


def device_of(token: str) -> Actor | None:
    """Return the enrolled device behind a token, ``None`` when there is none."""
    actor = identity.actor_for_token(token=token, now=system_clock.now())
    if actor is None or actor.kind is not ActorKind.DEVICE or not actor.reaches(DEVICE):
        return None
    return actor
