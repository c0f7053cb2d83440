"""One person, one member: find who the keys lead to, or make the member, in one statement."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.members.contracts import Key, KeyKind, KeysConflict, PhoneInvalid
from quanyu.modules.members.events import MemberCreated
from quanyu.modules.members.rules import certainty, numbers, places
from quanyu.platform import db, outbox, pii

NAME_LENGTH_MAX = 40
_NUMBERS_TRIED = 3
_CHANNEL_LENGTH_MAX = 12


def find_or_create(
    *,
    keys: Sequence[Key],
    channel: str,
    store_id: int | None,
    name: str | None,
    language: str,
    now: datetime,
) -> UUID:
    """Return the id of the member; a new one is announced with ``MemberCreated``.

    Raises ``KeysConflict``, ``PhoneInvalid`` or ``Invalid``; nothing is written then.
    """
    followed = certainty.certain(_in_one_form(key) for key in keys)
    if not followed:
        raise Invalid(field="keys", reason=N_("at least one identity is needed"))
    if not 1 <= len(channel) <= _CHANNEL_LENGTH_MAX:
        raise Invalid(field="channel", reason=N_("there is no such channel"))
    member_id = uuid7()
    name = clean_name(name)
    phone = next((key.value for key in followed if key.kind is KeyKind.PHONE), "")
    answer = db.call_json(
        "members_find_or_create",
        {
            "id": member_id,
            "numbers": [_new_numbers() for _ in range(_NUMBERS_TRIED)],
            "channel": channel,
            "store_id": store_id,
            "language": language,
            "phone_masked": pii.mask_phone(phone) if phone else "",
            "phone_last4": pii.last4(phone),
            "name_encrypted": pii.encrypt(name, places.of_name(member_id)).hex() if name else None,
            "name_masked": pii.mask_name(name) if name else "",
            "now": now,
            "keys": [_row(key) for key in followed],
        },
    )
    if answer.get("conflict"):
        raise KeysConflict(field="keys")
    found = UUID(answer["member_id"])
    if answer["created"]:
        outbox.append(MemberCreated(member_id=found, channel=channel, store_id=store_id), now=now)
    elif name and answer["lacks_name"]:
        write_name(found, name, only_if_none=True)
    return found


def write_name(member_id: UUID, name: str, *, only_if_none: bool) -> None:
    """Store a name, encrypted for its row, with its mask."""
    db.execute(
        "UPDATE members_member SET name_encrypted = %s, name_masked = %s "
        "WHERE id = %s AND (name_encrypted IS NULL OR NOT %s)",
        [pii.encrypt(name, places.of_name(member_id)), pii.mask_name(name), member_id, only_if_none],
    )


def index_of(key: Key) -> bytes:
    """Return the blind index of a key whose value is in its one form.

    A phone is found by the same hash whatever brought it; other kinds are told apart by kind.
    """
    return pii.blind_index(key.value, f"member.{key.kind}")


def clean_name(name: str | None) -> str:
    """Return the name without surrounding spaces, empty for none. Raises ``Invalid``."""
    cleaned = " ".join((name or "").split())
    if not cleaned.isprintable():
        raise Invalid(field="name", reason=N_("the name holds characters that cannot be printed"))
    if len(cleaned) > NAME_LENGTH_MAX:
        raise Invalid(field="name", reason=N_("the name is too long"))
    return cleaned


def _in_one_form(key: Key) -> Key:
    normal = certainty.in_one_form(key)
    if normal is None:
        if key.kind is KeyKind.PHONE:
            raise PhoneInvalid(field="phone")
        raise Invalid(field="keys", reason=N_("an identity is empty or too long"))
    return normal


def _row(key: Key) -> dict[str, Any]:
    identity_id = uuid7()
    return {
        "id": identity_id,
        "kind": key.kind,
        "namespace": key.namespace,
        "index": index_of(key).hex(),
        "encrypted": pii.encrypt(key.value, places.of_key(identity_id)).hex(),
        "masked": pii.mask_phone(key.value) if key.kind is KeyKind.PHONE else pii.mask_openid(key.value),
        "verified": key.verified,
    }


def _new_numbers() -> tuple[str, str]:
    """Return a random member number and a random card number."""
    space = 10**numbers.RANDOM_DIGITS
    return (
        numbers.number(numbers.MEMBER_PREFIX, secrets.randbelow(space)),
        numbers.number(numbers.CARD_PREFIX, secrets.randbelow(space)),
    )
