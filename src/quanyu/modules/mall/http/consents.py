"""What a member agreed to, purpose by purpose; each answer is written to the consent ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall.http import auth
from quanyu.modules.members import api as members
from quanyu.modules.orders.contracts import Channel
from quanyu.platform import http
from quanyu.platform.http import OneLine, Schema

router = Router(tags=["me"])
Purpose = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{2,39}$", examples=["marketing.sms"])]


class ConsentIn(Schema):
    """The version of the text that the member agreed to."""

    policy_version: Annotated[OneLine, Field(min_length=1, max_length=20)]


class ConsentOut(Schema):
    """What holds for one purpose, and since when. A purpose that is not listed was never agreed to."""

    purpose: str
    is_given: bool
    policy_version: str
    channel: str
    at: datetime


@router.get("/me/consents", response=list[ConsentOut])
def consents(request: HttpRequest) -> list[ConsentOut]:
    """Return what the member agreed to or withdrew, by purpose."""
    return _held(request)


@router.put("/me/consents/{purpose}", response=list[ConsentOut])
def give_consent(request: HttpRequest, purpose: Path[Purpose], body: ConsentIn) -> list[ConsentOut]:
    """Agree to a purpose; the same again changes nothing."""
    members.give_consent(
        member_id=auth.member_id_of(request),
        purpose=purpose,
        policy_version=body.policy_version,
        channel=Channel.MALL,
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return _held(request)


@router.delete("/me/consents/{purpose}", response=list[ConsentOut])
def withdraw_consent(request: HttpRequest, purpose: Path[Purpose]) -> list[ConsentOut]:
    """Withdraw a consent; it holds from this moment on."""
    members.withdraw_consent(
        member_id=auth.member_id_of(request),
        purpose=purpose,
        channel=Channel.MALL,
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return _held(request)


def _held(request: HttpRequest) -> list[ConsentOut]:
    held = members.consents(member_id=auth.member_id_of(request))
    return [ConsentOut.model_validate(held[purpose]) for purpose in sorted(held)]
