"""Which screen asks: the token it got when it was enrolled. Nobody works at it, and no member is known on it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from quanyu.kernel.actor import ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.mall.api import kiosk as api
from quanyu.modules.mall.contracts.kiosk import KIOSK
from quanyu.platform import http


class KioskToken(HttpBearer):
    """The token of an enrolled screen that nobody has revoked."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        """Return the device as an actor, or ``None`` (401)."""
        actor = identity.actor_for_token(token=token, now=system_clock.now())
        if actor is None or actor.kind is not ActorKind.DEVICE or not actor.reaches(KIOSK):
            return None
        return actor


kiosk_token = KioskToken()


def store_id_of(request: HttpRequest) -> int:
    """Return the store of the screen that asks."""
    return api.store_id_of(actor=http.actor_of(request))
