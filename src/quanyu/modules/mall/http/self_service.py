"""The member's code for the till, a copy of all data, and erasing it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.profile import router as profile_router
from quanyu.modules.mall.http.session import LoginCode, Phone
from quanyu.modules.members import api as members
from quanyu.platform import http
from quanyu.platform.http import OneLine, Schema

router = Router(tags=["me"])


class MemberCodeOut(Schema):
    """What a till scans: 24 digits, as a QR code too. It is good for this minute and one till; then ask again."""

    text: str
    svg: str
    renew_at: datetime
    seconds_left: int


class DeviceIn(Schema):
    """What the member calls this phone."""

    label: Annotated[OneLine, Field(max_length=60)] = ""


class DeviceOut(Schema):
    """The secret (base64) with which this phone makes codes without a network. It is told this once."""

    handle: str
    secret: str


class CopyOut(Schema):
    """Everything kept of the member, in clear: ``content`` for programs, ``page`` to read (HTML)."""

    content: dict[str, Any]
    page: str


class ErasureIn(Schema):
    """The member's phone and a fresh code that was sent to it: whoever found the phone unlocked has no code."""

    phone: Phone
    code: LoginCode


@router.get("/me/code", response=MemberCodeOut)
def member_code(request: HttpRequest) -> MemberCodeOut:
    """Return the code of this minute; it is bound to the phone of this sign-in."""
    now = system_clock.now()
    code = members.member_code(token=auth.token_of(request), now=now)
    return MemberCodeOut(
        text=code.text,
        svg=code.svg,
        renew_at=code.renew_at,
        seconds_left=max(0, int((code.renew_at - now).total_seconds())),
    )


@router.post("/me/code-devices", response={201: DeviceOut})
def register_device(request: HttpRequest, body: DeviceIn) -> Status[DeviceOut]:
    """Let the phone of this sign-in make its codes itself; an older secret of the same sign-in ends."""
    device = members.register_card_device(token=auth.token_of(request), label=body.label, now=system_clock.now())
    return Status(201, DeviceOut.model_validate(device))


@router.post("/me/copies", response={201: CopyOut})
def copy_own_data(request: HttpRequest) -> Status[CopyOut]:
    """Return a copy of everything kept of the member in any part of the system; three a day."""
    actor = http.actor_of(request)
    made = members.export_own_data(member_id=auth.id_of(actor), actor=actor, now=system_clock.now())
    return Status(201, CopyOut(content=msgspec.json.decode(made.json), page=made.html.decode()))


# On the router of the same address: Django knows an address once, with all of its methods.
@profile_router.delete("/me", response={204: None})
def erase_me(request: HttpRequest, body: ErasureIn) -> Status[None]:
    """Erase who the member is, for good; the books keep a bare number. Points and coupons are lost.

    The code is asked for like one to sign in (``/session/codes``).
    """
    api.erase(phone=body.phone, code=body.code, actor=http.actor_of(request), now=system_clock.now())
    return Status(204, None)
