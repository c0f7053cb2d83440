"""What a till asks before it sells: goods, codes, new members."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.identity import api as identity
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind, Member
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.pos.api import rights
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.contracts import (
    VIEW,
    CataloguePage,
    ScanResult,
    Till,
)
from quanyu.modules.pos.queries import catalogue
from quanyu.modules.pos.queries import scan as scan_queries
from quanyu.modules.pos.rules import scanned


def catalogue_page(*, till: Till, after: int | None, limit: int, now: datetime) -> CataloguePage:
    """Return a page of what the till can sell, after a SKU id."""
    return catalogue.page(store_id=till.store_id, after=after, limit=limit, now=now)


def scan(*, code: str, till: Till, actor: Actor, now: datetime) -> ScanResult:
    """Return what a scanned code is: a line to propose, or a member. Raises ``ScanUnknown``.

    A live code is a member's, as in :func:`scan_rights`.
    """
    demand(actor, VIEW, till)
    if scanned.could_be_member_code(code.strip()):
        shown = rights.scan_rights(text=code, till=till, actor=actor, now=now).rights
        return ScanResult(line=None, member=shown.member if shown else None)
    return scan_queries.scan(code=code, till=till, actor=actor, now=now)


def create_member(*, phone: str, name: str, till: Till, actor: Actor, now: datetime) -> Member:
    """Return the member of this phone, made at this store when there is none yet."""
    identity.require(actor=actor, permission="members.edit", unit_id=till.store_id)
    return members.find_or_create(
        keys=[Key(KeyKind.PHONE, phone)], channel=Channel.POS, store_id=till.store_id, name=name or None, now=now
    )
