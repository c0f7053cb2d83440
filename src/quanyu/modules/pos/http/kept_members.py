"""What a till keeps of members: masked, and by a key of its own."""

from __future__ import annotations

import base64
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.catalogue import MemberOut, member_out
from quanyu.modules.pos.http.rights import TierOut
from quanyu.platform.http import QuerySchema, Schema

router = Router(tags=["members"])


class KeptQuery(QuerySchema):
    """The version that the till has; empty: none."""

    version: Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")] = ""


class KeptMemberOut(Schema):
    """A member who bought here lately, masked, with the tier and what it takes off the base price (500 is 5 %)."""

    member: MemberOut
    tier: TierOut
    discount_bp: int


class KeptMembersOut(Schema):
    """All members the till may know. ``members`` null: what it has is that version.

    ``key``: 32 bytes in base64, this till's own; it encrypts what it keeps and finds it by keyed hashes.
    """

    version: str
    key: str
    members: list[KeptMemberOut] | None


@router.get("/members/kept", response=KeptMembersOut, auth=auth.till_token)
def kept_members(request: HttpRequest, response: HttpResponse, query: Query[KeptQuery]) -> KeptMembersOut:
    """Return the members that this till may know while it is cut off; nothing between may keep the answer."""
    found = api.kept_members(till=auth.till_of(request), now=system_clock.now())
    response["Cache-Control"] = "no-store"
    return KeptMembersOut(
        version=found.version,
        key=base64.b64encode(found.key).decode(),
        members=None
        if found.version == query.version
        else [
            KeptMemberOut(
                member=member_out(one.member),
                tier=TierOut(code=one.tier.code, name=one.tier.name, name_en=one.tier.name_en),
                discount_bp=one.tier.discount_bp,
            )
            for one in found.members
        ],
    )
