"""Who is shopping: a member with a token, or anybody who only looks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja.security import HttpBearer

from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.modules.members import api as members
from quanyu.platform import http

_SCHEME = "bearer"


class MemberToken(HttpBearer):
    """The token of a member's session, got by signing in with a phone and a code."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        """Return the member as an actor, or ``None`` (401)."""
        return members.actor_for_token(token=token, now=system_clock.now())


member_token = MemberToken()


def member_id_of(request: HttpRequest) -> UUID:
    """Return the signed-in member."""
    return id_of(http.actor_of(request))


def token_of(request: HttpRequest) -> str:
    """Return the token of the signed-in member's session: it stands for the phone."""
    return request.headers["Authorization"].partition(" ")[2]


def id_of(actor: Actor) -> UUID:
    """Return the member behind an actor."""
    return UUID(actor.id)


def looking_token(request: HttpRequest) -> str | None:
    """Return the token that came along on a page that anybody may read. Whether it is valid, the page finds out."""
    return bearer_of(request.headers.get("Authorization", ""))


def bearer_of(header: str) -> str | None:
    """Return the token in the value of a header ``Authorization``."""
    scheme, _, token = header.partition(" ")
    return token if scheme.lower() == _SCHEME and token else None


def tier_of(request: HttpRequest) -> str | None:
    """Return the tier whose prices this reader sees; ``None`` for whoever is not signed in.

    Looking needs no sign-in, so a token that is no longer valid shows everybody's prices.
    """
    reader = reader_of(request)
    return members.member(id=id_of(reader)).tier if reader else None


def reader_of(request: HttpRequest) -> Actor | None:
    """Return the member on a page that anybody may read, when a valid token came along."""
    known = getattr(request, "auth", None)
    if isinstance(known, Actor):
        return known
    token = looking_token(request)
    return members.actor_for_token(token=token, now=system_clock.now()) if token else None
