"""Endless aisle (EA-01 to EA-03) and purchases that are brought home (POS-08): what there is, and to whom it goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import AddressCard
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.contracts import SELL, Till
from quanyu.modules.pos.queries import aisle as queries
from quanyu.modules.pos.rules.aisle import AisleItem, Ways
from quanyu.platform import rate

_MEMBERS_VIEW, _MEMBERS_EDIT = "members.view", "members.edit"
_NEW_ADDRESSES, _HOUR_S = 60, 3600


def search_range(*, text: str, till: Till, actor: Actor, now: datetime) -> list[AisleItem]:
    """Return what the chain sells that matches a text, with the price at this till and where it lies."""
    demand(actor, SELL, till)
    return queries.search(text=text, store_id=till.store_id, now=now)


def ways(*, wanted: Mapping[int, int], till: Till, actor: Actor, now: datetime) -> Ways:
    """Return how ``{sku id: base units}`` could reach a customer; selling it decides."""
    demand(actor, SELL, till)
    return queries.ways(wanted=wanted, store_id=till.store_id, now=now)


def addresses(*, member_id: UUID, till: Till, actor: Actor) -> list[AddressCard]:
    """Return a member's addresses, masked, the default first. Raises ``MemberUnknown``."""
    demand(actor, SELL, till)
    demand(actor, _MEMBERS_VIEW, till)
    return members.addresses(member_id=members.member(id=member_id).id)


def add_address(
    *, member_id: UUID, name: str, phone: str, area_code: str, text: str, till: Till, actor: Actor, now: datetime
) -> AddressCard:
    """Keep the address that a member tells at the counter; nobody at the till reads it again.

    Raises what members refuse, and ``RateLimited`` after 60 in an hour by one person.
    """
    demand(actor, SELL, till)
    demand(actor, _MEMBERS_EDIT, till)
    rate.hit("pos.address", f"{actor.kind}:{actor.id}", _NEW_ADDRESSES, _HOUR_S, now)
    return members.add_address(
        member_id=members.member(id=member_id).id,
        name=name,
        phone=phone,
        area_code=area_code,
        text=text,
        actor=actor,
        now=now,
    )
