"""What the clock, events and merges of member files ask of coupons."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.coupons.ops import issue_coupons as _issue
from quanyu.modules.coupons.ops import unlock_claims as _unlock
from quanyu.modules.coupons.ops import use_coupons as _use
from quanyu.modules.coupons.ops.follow_merge import CouponsFollowMerges
from quanyu.modules.members.contracts import MergeFollower
from quanyu.platform import db

_BATCH = 500


def expire_due(*, now: datetime) -> int:
    """Write down which coupons ended, batch by batch, and forget old staff codes; return how many coupons.

    Nobody waits for this: an ended coupon is refused by the clock before it is written down.
    """
    db.in_transaction(lambda: _unlock.prune(now=now))
    total = 0
    while ended := db.in_transaction(lambda: _use.expire(now=now, limit=_BATCH)):
        total += ended
    return total


def give_new_member_pack(*, member_id: UUID, now: datetime) -> int:
    """Give a member the open parts of the new-member pack, each once (CPN-06); return how many are new."""
    return db.in_transaction(lambda: _issue.give_pack(member_id=member_id, now=now))


def merge_follower() -> MergeFollower:
    """Return who moves coupons when two member files become one (register with ``members.api.follow_merges``)."""
    return CouponsFollowMerges()
