"""Find a member at the till, or make one."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.catalogue import MemberOut, member_out
from quanyu.modules.pos.http.rights import MemberRightsOut, rights_out
from quanyu.platform import http
from quanyu.platform.http import OneLine, Schema

router = Router(tags=["members"])


class SearchIn(Schema):
    """A phone, its last four digits, a number, a card, a live code or a coupon's code.

    In the body: it is personal data.
    """

    text: Annotated[str, Field(min_length=4, max_length=90)]


class FoundOut(Schema):
    """A member the search led to; with ``needs_confirmation`` ask for the surname or the whole number first.

    ``rights`` come along when there is no doubt; else ask ``/members/{id}/rights`` once there is none.
    """

    member: MemberOut
    needs_confirmation: bool
    rights: MemberRightsOut | None


class NewMemberIn(Schema):
    """The phone of a new member, and a name if the person gives one."""

    phone: Annotated[str, Field(pattern=r"^\+?[0-9 -]{6,20}$")]
    name: Annotated[OneLine, Field(max_length=60)] = ""


@router.post("/members/search", response=list[FoundOut])
def search(request: HttpRequest, body: SearchIn) -> list[FoundOut]:
    """Look a member up; masked."""
    till, actor, now = auth.till_of(request), http.actor_of(request), system_clock.now()
    found = api.find_members(text=body.text, till=till, actor=actor, now=now)
    certain = len(found) == 1 and not found[0].needs_confirmation
    rights = api.member_rights(member_id=found[0].member.id, till=till, actor=actor, now=now) if certain else None
    return [
        FoundOut(
            member=member_out(one.member),
            needs_confirmation=one.needs_confirmation,
            rights=rights_out(rights) if rights else None,
        )
        for one in found
    ]


@router.post("/members", response={201: MemberOut})
def create(request: HttpRequest, body: NewMemberIn) -> Status[MemberOut]:
    """Return the member of a phone, made here when there is none yet."""
    member = api.create_member(
        phone=body.phone,
        name=body.name,
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, member_out(member))
