"""What a till may know of members while it is cut off (POS-05, POS-07)."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.queries import kept_members as queries
from quanyu.modules.pos.queries.kept_members import KeptMember, KeptMembers

__all__ = ["KeptMember", "KeptMembers", "kept_members"]


def kept_members(*, till: Till, now: datetime) -> KeptMembers:
    """Return the members that this till may know, masked, with the key by which it keeps them."""
    return queries.of_till(till=till, now=now)
