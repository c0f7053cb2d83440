"""A member on the wire: masked, also for the member."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from quanyu.modules.members.contracts import Member
from quanyu.platform.http import Schema


class MemberOut(Schema):
    """Who is signed in; personal data masked. ``lunar_birthday``: it is celebrated by the Chinese calendar."""

    id: UUID
    number: str
    level: Literal["identified", "verified"]
    tier: str
    name_masked: str
    phone_masked: str
    card_number: str
    birthday: date | None
    lunar_birthday: bool
    language: str
    created_at: datetime


def member_out(member: Member) -> MemberOut:
    """Return a member for the wire."""
    named = {name: getattr(member, name) for name in MemberOut.model_fields}
    return MemberOut.model_validate(named | {"level": member.level.value})
