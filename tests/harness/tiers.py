"""Builders for tiers: members with growth, and what they stand at."""

from __future__ import annotations

import itertools
import secrets
from datetime import datetime
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db
from tests.harness import members

_numbers = itertools.count(1)


def cause() -> str:
    """Return a cause nobody else has."""
    return f"{secrets.token_hex(6)}-{next(_numbers)}"


def make_member(*, verified: bool = True) -> UUID:
    """Make a member and return its id."""
    return members.make_member(verified=verified).id


def spend(member_id: UUID, yuan: int, at: datetime) -> UUID:
    """Book the growth of an order of so many yuan; return the order's id."""
    order_id = uuid7()
    tiers.add_spend(member_id=member_id, order_id=order_id, net_fen=yuan * 100, now=at)
    return order_id


def refund(order_id: UUID, *, left_yuan: int, at: datetime) -> int:
    """Take growth of an order back, so many yuan of it being left; return what was taken."""
    return tiers.take_spend(
        order_id=order_id, remaining_fen=left_yuan * 100, cause_kind="return", cause_id=cause(), now=at
    )


def tier_in_file(member_id: UUID) -> str:
    """Return the tier that stands in the member's file, where prices look."""
    return str(db.value("SELECT tier FROM members_member WHERE id = %s", [member_id]))


def reasons(member_id: UUID) -> list[tuple[str, str, str]]:
    """Return the member's steps, oldest first: from, to, why."""
    steps = tiers.changes(member_id=member_id, limit=200)
    return [(step.from_tier, step.to_tier, step.reason) for step in reversed(steps)]
