"""One person, one member: find who the keys lead to, or make the member, in one statement."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.members.contracts import Key, KeyKind, KeysConflict, PhoneInvalid
from quanyu.modules.members.events import MemberCreated
from quanyu.modules.members.ops import index_keys, merge_certain
from quanyu.modules.members.rules import certainty, numbers, places
from quanyu.platform import db, outbox, pii

NAME_LENGTH_MAX = 40
_NUMBERS_TRIED = 3
_SETTLED_MAX = 4
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

    Proved keys of several members bring these together, or the pair into the review queue
    (``ops/merge_certain.py``). Raises ``KeysConflict`` (told keys of several members), ``PhoneInvalid`` or
    ``Invalid``; nothing is written then.
    """
    followed = certainty.certain(_in_one_form(key) for key in keys)
    if not followed:
        raise Invalid(field="keys", reason=N_("at least one identity is needed"))
    if not 1 <= len(channel) <= _CHANNEL_LENGTH_MAX:
        raise Invalid(field="channel", reason=N_("there is no such channel"))
    newcomer = Newcomer(channel=channel, store_id=store_id, name=clean_name(name), language=language, now=now)
    settled = merge_certain.Settled(tuple(followed))
    for _ in range(_SETTLED_MAX):
        answer = claim(settled.keys, followed, newcomer)
        if "owners" not in answer:
            found = _finish(answer, newcomer)
            merge_certain.remember(settled, found, now=now)
            return found
        # Again after the next claim: a merge or its undoing may have given a key another owner meanwhile.
        settled = merge_certain.settle(settled, answer["owners"], is_apart=answer["apart"], now=now)
    raise KeysConflict(field="keys")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is written to the file of a person who is new."""

    channel: str
    store_id: int | None
    name: str
    language: str
    now: datetime


def claim(keys: Sequence[Key], told: Sequence[Key], newcomer: Newcomer) -> dict[str, Any]:
    """Send the keys to the SQL door; a phone among ``told`` becomes the mask of a new file, whose key it may not be."""
    member_id = uuid7()
    name = newcomer.name
    phone = next((key.value for key in told if key.kind is KeyKind.PHONE), "")
    answer: dict[str, Any] = db.call_json(
        "members_find_or_create",
        {
            "id": member_id,
            "numbers": [new_numbers() for _ in range(_NUMBERS_TRIED)],
            "channel": newcomer.channel,
            "store_id": newcomer.store_id,
            "language": newcomer.language,
            "phone_masked": pii.mask_phone(phone) if phone else "",
            "phone_last4": pii.last4(phone),
            "name_encrypted": pii.encrypt(name, places.of_name(member_id)).hex() if name else None,
            "name_masked": pii.mask_name(name) if name else "",
            "now": newcomer.now,
            "keys": [_row(key) for key in keys],
        },
    )
    return answer


def _finish(answer: dict[str, Any], newcomer: Newcomer) -> UUID:
    found = UUID(answer["member_id"])
    if answer["created"]:
        outbox.append(
            MemberCreated(member_id=found, channel=newcomer.channel, store_id=newcomer.store_id), now=newcomer.now
        )
    elif newcomer.name and answer["lacks_name"]:
        write_name(found, newcomer.name, only_if_none=True)
    return found


def write_name(member_id: UUID, name: str, *, only_if_none: bool) -> None:
    """Store a name, encrypted for its row, with its mask."""
    db.execute(
        "UPDATE members_member SET name_encrypted = %s, name_masked = %s, matched_at = NULL "
        "WHERE id = %s AND (name_encrypted IS NULL OR NOT %s)",
        [pii.encrypt(name, places.of_name(member_id)), pii.mask_name(name), member_id, only_if_none],
    )


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
        "index": index_keys.index_of(key).hex(),
        "encrypted": pii.encrypt(key.value, places.of_key(identity_id)).hex(),
        "masked": index_keys.mask_of(key.kind, key.value),
        "verified": key.verified,
    }


def new_numbers() -> tuple[str, str]:
    """Return a random member number and a random card number."""
    space = 10**numbers.RANDOM_DIGITS
    return (
        numbers.number(numbers.MEMBER_PREFIX, secrets.randbelow(space)),
        numbers.number(numbers.CARD_PREFIX, secrets.randbelow(space)),
    )
