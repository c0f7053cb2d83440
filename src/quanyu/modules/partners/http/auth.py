"""Which partner asks: the token says who, the signature that it is this request and no other, sent just now."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Unauthenticated
from quanyu.modules.identity import api as identity
from quanyu.modules.partners import api
from quanyu.modules.partners.contracts import Partner

SIGNATURE, TIMESTAMP, NONCE = "X-Quanyu-Signature", "X-Quanyu-Timestamp", "X-Quanyu-Nonce"


class PartnerToken(HttpBearer):
    """The partner's token, together with the headers of the signature."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        """Return the partner's software as an actor, or ``None`` (401)."""
        now = system_clock.now()
        partner = api.partner_of(
            actor=identity.actor_for_token(token=token, now=now),
            given=request.headers.get(SIGNATURE, ""),
            method=str(request.method),
            target=request.get_full_path(),
            timestamp=request.headers.get(TIMESTAMP, ""),
            nonce=request.headers.get(NONCE, ""),
            body=request.body,
            now=now,
        )
        if partner is None:
            return None
        request.partner = partner  # type: ignore[attr-defined]
        return partner.actor


partner_token = PartnerToken()


def partner_of(request: HttpRequest) -> Partner:
    """Return the partner who signed the request."""
    partner = getattr(request, "partner", None)
    if not isinstance(partner, Partner):
        raise Unauthenticated
    return partner
