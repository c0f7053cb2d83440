"""Builders of members under random phone numbers, through the members' door, and a sender that keeps codes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind, Member, MemberSession

_random = random.SystemRandom()


def phone() -> str:
    """Return a random mobile number."""
    return "13" + "".join(_random.choices("0123456789", k=9))


def make_member(*, phone_number: str | None = None, name: str | None = "张小三", verified: bool = True) -> Member:
    """Make a member known by a phone."""
    key = Key(KeyKind.PHONE, phone_number or phone(), verified=verified)
    return members.find_or_create(keys=[key], channel="mall", name=name, now=datetime.now(UTC))


@dataclass
class KeptCodes:
    """A code sender that keeps the last code of every phone."""

    codes: dict[str, str] = field(default_factory=dict)

    def send(self, *, phone: str, code: str, language: str) -> None:
        """Keep the code."""
        self.codes[phone] = code


def sign_in(*, phone_number: str | None = None, now: datetime | None = None) -> MemberSession:
    """Sign a member in by a code, as a shopper does; replaces the process's code sender."""
    number, at = phone_number or phone(), now or datetime.now(UTC)
    kept = KeptCodes()
    members.use_code_sender(kept)
    members.send_login_code(phone=number, now=at)
    return members.sign_in(phone=number, code=kept.codes[number], channel="mall", now=at)


def actor_of(session: MemberSession) -> Actor:
    """Return the signed-in member as an actor."""
    actor = members.actor_for_token(token=session.token, now=datetime.now(UTC))
    assert actor is not None
    return actor
