"""Sign in by phone and code (the H5 way), and out."""

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


class CodeIn(Schema):
    """The phone that wants to sign in."""

    phone: Phone


class SignInIn(Schema):
    """The phone and the code it received. ``store_id`` is the store a new member joins through."""

    phone: Phone
    code: LoginCode
    store_id: BigId | None = None


class SessionOut(Schema):
    """A new session. The token is shown once; send it as ``Authorization: Bearer``."""

    token: str
    expires_at: datetime
    member: MemberOut


@router.post("/session/codes", response={204: None}, auth=None)
def send_code(request: HttpRequest, body: CodeIn) -> Status[None]:
    """Send a sign-in code to a phone. The answer is the same for known and unknown phones."""
    members.send_login_code(
        phone=body.phone,
        ip=request.META.get("REMOTE_ADDR", ""),
        language=get_language() or "zh-hans",
        now=system_clock.now(),
    )
    return Status(204, None)


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
    return Status(
        201, SessionOut(token=session.token, expires_at=session.expires_at, member=member_out(session.member))
    )


@router.delete("/session", response={204: None})
def sign_out(request: HttpRequest) -> Status[None]:
    """End this session; its token is worthless afterwards."""
    members.sign_out(token=auth.token_of(request), now=system_clock.now())
    return Status(204, None)
