"""Which keys of a call may lead to a member, and in which form each is compared (MEM-05).

A proved key outranks a told one. Where a call brings proved keys, the told ones are put aside: else somebody
who tells a stranger's phone number at the till would tie their own proved identity to the stranger's file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.members.rules import phones

VALUE_LENGTH_MAX = 128


def certain(keys: Iterable[Key]) -> list[Key]:
    """Return the keys to follow, each once, in a fixed order; proved ones only when there are any."""
    best: dict[tuple[str, str, str], Key] = {}
    for key in keys:
        place = (key.kind.value, key.namespace, key.value)
        if place not in best or key.verified:
            best[place] = key
    proved = [key for key in best.values() if key.verified]
    return sorted(proved or best.values(), key=lambda key: (key.kind, key.namespace, key.value))


def in_one_form(key: Key) -> Key | None:
    """Return the key with its value normalised, or ``None`` when the value cannot be one."""
    value = phones.normalised(key.value) if key.kind is KeyKind.PHONE else key.value.strip()
    if not value or len(value) > VALUE_LENGTH_MAX or not value.isprintable():
        return None
    return replace(key, value=value)
