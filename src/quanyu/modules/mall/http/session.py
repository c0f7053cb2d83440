"""Sign in by phone and code (the H5 way) or by the mini-program, and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.member_schemas import MemberOut, member_out
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import MemberSession
from quanyu.modules.orders.contracts import Channel
from quanyu.platform.http import BigId, Schema

router = Router(tags=["session"])
# The one public address that answers 401 (wrong code) and 403 (closed membership).
_PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_REFUSED = {
    "responses": {401: {"description": "Unauthorized", **_PROBLEM}, 403: {"description": "Forbidden", **_PROBLEM}}
}
Phone = Annotated[str, Field(pattern=r"^\+?[0-9 -]{6,20}$", examples=["13800138000"])]
LoginCode = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
WechatCode = Annotated[str, Field(min_length=6, max_length=128, pattern=r"^[!-~]( ?[!-~])*$")]
StaffCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{6,32}$")]


class CodeIn(Schema):
    """The phone that wants to sign in."""

    phone: Phone


class SignInIn(Schema):
    """The phone and the code it received. ``store_id`` is the store a new member joins through.

    ``staff_code``: the number or token of the associate whose code was scanned; who has no associate yet is bound.
    """

    phone: Phone
    code: LoginCode
    store_id: BigId | None = None
    staff_code: StaffCode | None = None


class CodeSentOut(Schema):
    """The code was sent. ``demo_code`` is the code itself, in a demo and nowhere else: there is no phone to reach."""

    demo_code: str | None


class WechatIn(Schema):
    """What ``wx.login`` of the mini-program gave."""

    code: WechatCode


class WechatPhoneIn(Schema):
    """The ticket of ``POST /session/wechat`` and what the button for the phone number gave."""

    ticket: Annotated[str, Field(pattern=r"^w_[A-Za-z0-9_-]{43}$")]
    code: WechatCode
    store_id: BigId | None = None
    staff_code: StaffCode | None = None


class SessionOut(Schema):
    """A new session. The token is shown once; send it as ``Authorization: Bearer``."""

    token: str
    expires_at: datetime
    member: MemberOut


class WechatStartOut(Schema):
    """A session, or the ticket with which the phone is brought within ten minutes."""

    session: SessionOut | None
    ticket: str | None


@router.post("/session/codes", response={200: CodeSentOut, 204: None}, auth=None)
def send_code(request: HttpRequest, body: CodeIn) -> Status[CodeSentOut | None]:
    """Send a sign-in code to a phone. The answer is the same for known and unknown phones; a demo shows the code."""
    shown = members.send_login_code(
        phone=body.phone,
        ip=request.META.get("REMOTE_ADDR", ""),
        language=get_language() or "zh-hans",
        now=system_clock.now(),
    )
    return Status(204, None) if shown is None else Status(200, CodeSentOut(demo_code=shown))


@router.post("/session", response={201: SessionOut}, auth=None, openapi_extra=_REFUSED)
def sign_in(request: HttpRequest, body: SignInIn) -> Status[SessionOut]:
    """Sign in with the code; a new phone becomes a member (MALL-10)."""
    now = system_clock.now()
    if body.store_id is not None:
        api.store(store_id=body.store_id, place=None, now=now)
    session = members.sign_in(
        phone=body.phone,
        code=body.code,
        channel=Channel.MALL,
        store_id=body.store_id,
        ip=request.META.get("REMOTE_ADDR", ""),
        language=get_language() or "zh-hans",
        now=now,
    )
    return Status(201, _joined(session, body.staff_code, now=now))


@router.post("/session/wechat", response={200: WechatStartOut}, auth=None, openapi_extra=_REFUSED)
def start_wechat(request: HttpRequest, body: WechatIn) -> WechatStartOut:
    """Sign in by the mini-program: who is known gets a session, others a ticket with which they bring the phone."""
    found = members.start_wechat(
        code=body.code,
        channel=Channel.MALL,
        ip=request.META.get("REMOTE_ADDR", ""),
        language=get_language() or "zh-hans",
        now=system_clock.now(),
    )
    session = None if found.session is None else _session_out(found.session)
    return WechatStartOut(session=session, ticket=found.ticket)


@router.post("/session/wechat/phone", response={201: SessionOut}, auth=None, openapi_extra=_REFUSED)
def finish_wechat(request: HttpRequest, body: WechatPhoneIn) -> Status[SessionOut]:
    """Bring the phone for a ticket; account and phone are one member from now on (MALL-10)."""
    now = system_clock.now()
    if body.store_id is not None:
        api.store(store_id=body.store_id, place=None, now=now)
    session = members.finish_wechat(
        ticket=body.ticket,
        code=body.code,
        channel=Channel.MALL,
        store_id=body.store_id,
        ip=request.META.get("REMOTE_ADDR", ""),
        language=get_language() or "zh-hans",
        now=now,
    )
    return Status(201, _joined(session, body.staff_code, now=now))


@router.delete("/session", response={204: None})
def sign_out(request: HttpRequest) -> Status[None]:
    """End this session; its token is worthless afterwards."""
    members.sign_out(token=auth.token_of(request), now=system_clock.now())
    return Status(204, None)


def _joined(session: MemberSession, staff_code: str | None, *, now: datetime) -> SessionOut:
    """Bind who came through an associate's code and has nobody yet; a wrong code keeps nobody from signing in."""
    if staff_code is not None:
        members.bind_newcomer(member_id=session.member.id, staff_code=staff_code, now=now)
    return _session_out(session)


def _session_out(session: MemberSession) -> SessionOut:
    return SessionOut(token=session.token, expires_at=session.expires_at, member=member_out(session.member))
