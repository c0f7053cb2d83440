"""Enrol a till, ask what it is, sign staff in and out at it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.http import auth
from quanyu.platform import http
from quanyu.platform.http import BigId, Schema

router = Router(tags=["till"])


class EnrolIn(Schema):
    """The code that a manager made for this till; good once, for fifteen minutes."""

    code: Annotated[str, Field(min_length=4, max_length=40)]


class TillOut(Schema):
    """A till: ``code`` is part of its receipts; ``last_seq`` the highest number it has used."""

    device_id: UUID
    code: str
    last_seq: int
    store_id: BigId
    store_name: str
    store_name_en: str
    time_zone: str


class EnrolledOut(Schema):
    """The till's token, shown this once."""

    token: str
    till: TillOut


class SignInIn(Schema):
    """Who works at this till now."""

    username: Annotated[str, Field(min_length=1, max_length=60)]
    pin: Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]


class StaffOut(Schema):
    """Who is signed in, and what the person may do at this till (for greying buttons; doors decide again)."""

    id: BigId
    name: str
    permissions: list[str]


class StaffSessionOut(Schema):
    """A sign-in. Send the token as ``X-Staff-Token`` beside the till's own."""

    token: str
    expires_at: datetime
    staff: StaffOut


@router.post("/till", response={201: EnrolledOut}, auth=None)
def enrol(request: HttpRequest, body: EnrolIn) -> Status[EnrolledOut]:
    """Exchange an enrolment code for this till's token."""
    enrolled = api.enrol(code=body.code, address=request.META.get("REMOTE_ADDR", ""), now=system_clock.now())
    return Status(201, EnrolledOut(token=enrolled.token, till=_till_out(enrolled.till)))


@router.get("/till", response=TillOut, auth=auth.till_token)
def show_till(request: HttpRequest) -> TillOut:
    """Return which till this is."""
    return _till_out(auth.till_of(request))


@router.post("/staff-sessions", response={201: StaffSessionOut}, auth=auth.till_token)
def sign_in(request: HttpRequest, body: SignInIn) -> Status[StaffSessionOut]:
    """Sign a staff member in by PIN."""
    now = system_clock.now()
    session = api.sign_in(actor=http.actor_of(request), username=body.username, pin=body.pin, now=now)
    actor = identity.actor_for_token(token=session.token, now=now)
    permissions = sorted({pattern for grant in actor.grants for pattern in grant.permissions}) if actor else []
    return Status(
        201,
        StaffSessionOut(
            token=session.token,
            expires_at=session.expires_at,
            staff=StaffOut(id=session.staff.id, name=session.staff.name, permissions=permissions),
        ),
    )


@router.delete("/staff-sessions/current", response={204: None})
def sign_out(request: HttpRequest) -> Status[None]:
    """End the staff member's sign-in at this till."""
    identity.sign_out(token=request.headers[auth.STAFF_HEADER], now=system_clock.now())
    return Status(204, None)


def _till_out(till: Till) -> TillOut:
    store = organization.locations(ids=[till.store_id])[till.store_id]
    return TillOut(
        device_id=till.device_id,
        code=till.code,
        last_seq=till.last_seq,
        store_id=till.store_id,
        store_name=store.unit.name,
        store_name_en=store.unit.name_en,
        time_zone=store.time_zone,
    )
