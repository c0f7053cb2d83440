"""When the proved keys of one call lead to several members: merge what is certain, queue the rest, and go on.

The call always goes on with a defined member: the one that the strongest key leads to (an account outranks a phone,
which a household shares and an operator hands on).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.members.contracts import Evidence, Key, KeysConflict, MergeCause
from quanyu.modules.members.ops import index_keys, keep_contacts, match_queue, merge_members
from quanyu.modules.members.queries import merges as merge_queries
from quanyu.modules.members.rules import merging
from quanyu.modules.members.rules.merging import Contradiction


@dataclass(frozen=True, slots=True)
class Settled:
    """The keys to go on with, those put aside, and the members that may be the same person with what speaks against."""

    keys: tuple[Key, ...]
    put_aside: tuple[Key, ...] = ()
    doubts: dict[UUID, tuple[Contradiction, ...]] = field(default_factory=dict)


def settle(before: Settled, owners: Sequence[dict[str, Any]], *, is_apart: bool, now: datetime) -> Settled:
    """Merge the members of the keys where nothing contradicts, and choose the keys to go on with.

    Raises ``KeysConflict`` for told keys: nobody proved anything, so nothing is decided.
    """
    if not any(key.verified for key in before.keys):
        raise KeysConflict(field="keys")
    # Everybody is locked at once and in one order, before anything is decided about any of them.
    ids = sorted({UUID(row["member_id"]) for row in owners})
    current = dict(zip(ids, (member.pk for member in merge_members.lock_current(*ids)), strict=True))
    owner_of = {(row["kind"], row["namespace"], row["index"]): current[UUID(row["member_id"])] for row in owners}
    led = {key: owner_of.get(_place_of(key)) for key in sorted(before.keys, key=lambda it: merging.strength(it.kind))}
    more = _apart(led) if is_apart else _together(led, now=now)
    return Settled(more.keys, before.put_aside + more.put_aside, {**before.doubts, **more.doubts})


def remember(settled: Settled, member_id: UUID, *, now: datetime) -> None:
    """Write down what was put aside: shared phones as contacts, and each doubtful pair for a person to look at."""
    for key in settled.put_aside:
        if key.kind in keep_contacts.KINDS:
            keep_contacts.add_contact(member_id, key, now=now)
    for other, against in settled.doubts.items():
        if other == member_id or Contradiction.REFUSED in against:
            continue
        evidence = [Evidence("keys", key.kind.value, 0.0) for key in settled.put_aside]
        evidence += [Evidence("against", reason.value, 0.0) for reason in against]
        match_queue.add(member_id, other, cause="keys", score=match_queue.KEYS_SCORE, evidence=evidence, now=now)


def _together(led: dict[Key, UUID | None], *, now: datetime) -> Settled:
    """Several members own the keys: the strongest key says with whom to go on, who joins, and who stays apart."""
    home = next(owner for owner in led.values() if owner is not None)
    doubts: dict[UUID, tuple[Contradiction, ...]] = {}
    for other in sorted({owner for owner in led.values() if owner is not None and owner != home}):
        standings = merge_queries.standings([home, other])
        refused = merge_queries.is_refused(home, other)
        against = merging.contradictions(standings[home], standings[other], is_refused=refused)
        if against:
            doubts[other] = against
        else:
            home, _ = merge_members.merge(
                one_id=home, other_id=other, cause=MergeCause.KEYS, reason="", actor=SYSTEM, now=now
            )
    aside = tuple(key for key, owner in led.items() if owner in doubts)
    return Settled(tuple(key for key in led if key not in aside), aside, doubts)


def _apart(led: dict[Key, UUID | None]) -> Settled:
    """One member owns some of the keys, and a new one is another account of a kind it has already.

    A new account is the stronger key: it makes a member of its own, and the phone stays whose it is. Where the
    owner's key is the stronger one, the new account is put aside.
    """
    owner = next(owner for owner in led.values() if owner is not None)
    owned = tuple(key for key, whose in led.items() if whose is not None)
    new = tuple(key for key, whose in led.items() if whose is None)
    strongest = next(iter(led))
    if led[strongest] is None:
        return Settled(new, owned, {owner: (Contradiction.ACCOUNTS,)})
    aside = tuple(key for key in new if key.kind in merging.SINGLE)
    return Settled(tuple(key for key in led if key not in aside), aside, {})


def _place_of(key: Key) -> tuple[str, str, str]:
    return key.kind.value, key.namespace, index_keys.index_of(key).hex()
