"""The members that a till may know while it is cut off: who bought here lately, masked, with what their tier gets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Member
from quanyu.modules.orders import api as orders
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.queries import settings
from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.contracts import Tier
from quanyu.platform import pii

# Who did not come for so long is asked for with the network.
_LATELY = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class KeptMember:
    """A member, masked, and the tier whose prices hold."""

    member: Member
    tier: Tier


@dataclass(frozen=True, slots=True)
class KeptMembers:
    """All of them with the key that the till encrypts them by; ``version`` changes with any of them."""

    version: str
    key: bytes
    members: tuple[KeptMember, ...]


def of_till(*, till: Till, now: datetime) -> KeptMembers:
    """Return the members that this till may know, the last customer first. Five queries.

    Who was erased or left is not among them; of merged ones the file that stands for them is.
    """
    most = settings.members_kept(till=till)
    ids = orders.recent_buyers(store_id=till.store_id, since=now - _LATELY, limit=most) if most else []
    known = {tier.code: tier for tier in tiers.tiers(only_active=False)}
    found = {one.id: one for one in members.members(ids=ids).values() if one.is_active and one.tier in known}
    kept = tuple(KeptMember(member, known[member.tier]) for member in found.values())
    return KeptMembers(version=_version(kept), key=_key(till), members=kept)


def _key(till: Till) -> bytes:
    """Return the 32 bytes of a till: its own, the same for as long as it is that device."""
    return pii.blind_index(str(till.device_id), "pos.members_kept")


def _version(kept: tuple[KeptMember, ...]) -> str:
    told = sorted(
        (
            str(one.member.id),
            one.member.number,
            one.member.card_number,
            one.member.name_masked,
            one.member.phone_masked,
            one.member.level,
            one.tier.code,
            one.tier.name,
            one.tier.name_en,
            one.tier.discount_bp,
        )
        for one in kept
    )
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:16]
