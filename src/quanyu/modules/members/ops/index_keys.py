"""The blind index of keys and contacts: found by the same hash whatever brought the value."""

from __future__ import annotations

from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.platform import pii


def index_of(key: Key) -> bytes:
    """Return the blind index of a key whose value is in its one form.

    A phone is found by the same hash whatever brought it; other kinds are told apart by kind.
    """
    return pii.blind_index(key.value, f"member.{key.kind}")


def mask_of(kind: KeyKind, value: str) -> str:
    """Return a key's value as screens show it."""
    if kind is KeyKind.PHONE:
        return pii.mask_phone(value)
    return pii.mask_email(value) if kind is KeyKind.EMAIL else pii.mask_openid(value)
