"""The door of loyalty: purchases earn, returns give growth back, and a member is seen as one over all channels."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.loyalty.contracts import CategorySpend, EntryKind, Profile, Rewarded, Timeline
from quanyu.modules.loyalty.ops import hold_data as _hold
from quanyu.modules.loyalty.ops import note_return as _note
from quanyu.modules.loyalty.ops import reward_order as _reward
from quanyu.modules.loyalty.queries import profile as _profile
from quanyu.modules.loyalty.queries import timeline as _timeline
from quanyu.modules.members.contracts import DataHolder
from quanyu.modules.orders.contracts import Channel
from quanyu.platform import db

__all__ = ["categories", "data_holder", "profile", "reward_order", "take_back_growth", "timeline"]

VIEW = "loyalty.view"
PAGE_MAX = 100


def reward_order(*, order_id: UUID, now: datetime) -> Rewarded:
    """Give a completed order's points and growth, once; zeros for nobody's order and for one that is not completed.

    Base: what was paid for goods and not given back, without gifts and goods of the points mall. Points: the
    store's rule, times the multiplier of tier, birthday and member day at the purchase; usable after the setting's
    days. Locks the order, then the member's points account, then its standing.
    """
    return db.in_transaction(lambda: _reward.reward(order_id=order_id, now=now))


def take_back_growth(
    *, order_id: UUID, return_id: str, store_id: int, channel: str, amount_fen: int, now: datetime
) -> int:
    """Take back the growth of returned goods, once per return, and remember the return; gives what was taken."""

    def work() -> int:
        _note.note_return(
            return_id=return_id, order_id=order_id, store_id=store_id, channel=channel, amount_fen=amount_fen, now=now
        )
        return _reward.take_back_growth(order_id=order_id, return_id=return_id, now=now)

    return db.in_transaction(work)


def timeline(
    *,
    member_id: UUID,
    kind: EntryKind | None = None,
    channel: Channel | None = None,
    before: str = "",
    limit: int = 30,
) -> Timeline:
    """Return a page of all that happened with a member, newest first; ``before`` is ``next`` of the page above it.

    ``kind`` and ``channel`` narrow it: only purchases and returns have a channel. Who asks must have looked at the
    reach of the one he asks for (``members.api``). Raises ``Invalid``.
    """
    limit = max(1, min(limit, PAGE_MAX))
    return _timeline.timeline(member_id=member_id, kind=kind, channel=channel, before=before, limit=limit)


def categories(*, member_id: UUID, now: datetime) -> list[CategorySpend]:
    """Return what a member bought in a year by category of goods, the one with most money first; two queries."""
    return _profile.categories(member_id=member_id, now=now)


def profile(*, member_id: UUID, now: datetime) -> Profile:
    """Return a member at a glance, in a fixed number of queries. Raises ``MemberUnknown``."""
    return _profile.profile(member_id=member_id, now=now)


def data_holder() -> DataHolder:
    """Return what hands out, and forgets, what orders, points, coupons and tiers keep of a member."""
    return _hold.PurchaseHolder()
