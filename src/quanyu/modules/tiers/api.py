"""The door of tiers: what a tier gives, where a member stands, and the growth that carries it.

Growth is whole points; basis points: 10,000 is once, 500 off is five percent. Write doors open the durable
transaction, or join that of the door they are called from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import partial
from uuid import UUID

from quanyu.kernel.actor import SYSTEM, Actor
from quanyu.modules.identity import api as _identity
from quanyu.modules.members.contracts import MemberUnknown, MergeFollower
from quanyu.modules.tiers.contracts import (
    Benefits,
    DayBenefits,
    GrowthEntry,
    MemberDay,
    Standing,
    Tier,
    TierChange,
    TierUnknown,
)
from quanyu.modules.tiers.ops import book_growth as _book
from quanyu.modules.tiers.ops import follow_merge as _follow
from quanyu.modules.tiers.ops import grant_paid as _grant
from quanyu.modules.tiers.ops import keep_tiers as _keep
from quanyu.modules.tiers.ops import settle as _settle
from quanyu.modules.tiers.queries import benefits as _benefits
from quanyu.modules.tiers.queries import ladder as _ladder
from quanyu.modules.tiers.queries import standings as _standings
from quanyu.modules.tiers.queries import tiers as _tiers
from quanyu.modules.tiers.rules import settings as _settings
from quanyu.modules.tiers.rules import standing as _rules
from quanyu.platform import db
from quanyu.platform.marks import Part

__all__ = [
    "add_growth", "add_spend", "benefits", "benefits_on", "benefits_part", "changes", "grant_paid", "history",
    "member_days", "members_by_tier", "merge_follower", "save_member_day", "save_tier", "settle_due", "standing",
    "standings", "take_growth", "take_spend", "tier", "tiers",
]  # fmt: skip

VIEW = "tiers.view"
EDIT = "tiers.edit"
GRANT = "tiers.grant"
ENTRIES_MAX = 200


def benefits(*, member_ids: Iterable[UUID]) -> dict[UUID, Benefits]:
    """Return what every purchase of these members gets; one query, unknown members are left out."""
    return _benefits.benefits(member_ids)


def benefits_part(*, member_ids: Iterable[UUID]) -> Part[dict[UUID, Benefits]]:
    """Return the question that ``benefits`` asks, for a batch's reading."""
    return _benefits.part(member_ids)


def benefits_on(
    *, member_id: UUID, birthday: date | None, is_lunar: bool = False, path: Sequence[int] = (), at: datetime
) -> DayBenefits:
    """Return what a purchase at a moment and place gets, birthday and member days included.

    ``birthday`` is the day of birth, celebrated by the Chinese calendar with ``is_lunar``; ``path`` are the ids of
    the store and all above it. Raises ``MemberUnknown``.
    """
    found = _benefits.benefits_on(member_id, birthday=birthday, is_lunar=is_lunar, path=path, at=at)
    if found is None:
        raise MemberUnknown(field="member_id")
    return found


def tiers(*, only_active: bool = True) -> list[Tier]:
    """Return the tiers, the lowest first."""
    return [tier for tier in _tiers.tiers() if tier.is_active or not only_active]


def tier(*, code: str) -> Tier:
    """Return one tier, also one that is out of use. Raises ``TierUnknown``."""
    found = next((tier for tier in _tiers.tiers() if tier.code == code), None)
    if found is None:
        raise TierUnknown(field="code")
    return found


def save_tier(*, tier: Tier, actor: Actor, now: datetime) -> Tier:
    """Define a tier, or change the figures of a known one (never its code or kind); audited.

    Nobody loses a tier by it before its validity ends. Raises ``Forbidden``, ``TierInvalid``, ``TierInUse``.
    """
    _identity.require(actor=actor, permission=EDIT, unit_id=None)
    db.in_transaction(lambda: _keep.save_tier(tier=tier, actor=actor, now=now))
    return tier


def member_days(*, only_active: bool = True) -> list[MemberDay]:
    """Return the member days, oldest first."""
    return _tiers.member_days(only_active=only_active)


def save_member_day(*, day: MemberDay, actor: Actor, now: datetime) -> MemberDay:
    """Define a member day (id 0) or change one; audited. Raises ``Forbidden``, ``DayInvalid``, ``DayUnknown``."""
    _identity.require(actor=actor, permission=EDIT, unit_id=None)
    return db.in_transaction(lambda: _keep.save_member_day(day=day, actor=actor, now=now))


def add_growth(
    *,
    member_id: UUID,
    cause_kind: str,
    cause_id: str,
    amount: int,
    reason: str = "",
    actor: Actor = SYSTEM,
    now: datetime,
) -> int:
    """Give growth once per cause and let the member rise at once; return what was given, 0 for a repeat.

    Locks the member's standing. Appends ``TierChanged``. Raises ``GrowthInvalid``.
    """
    return db.in_transaction(
        lambda: _book.give(
            member_id=member_id,
            cause_kind=cause_kind,
            cause_id=cause_id,
            amount=amount,
            reason=reason,
            actor=actor,
            now=now,
        )
    )


def take_growth(
    *,
    of_kind: str,
    of_id: str,
    remaining: int,
    cause_kind: str,
    cause_id: str,
    reason: str = "",
    actor: Actor = SYSTEM,
    now: datetime,
) -> int:
    """Take growth of a cause back until ``remaining`` is left of it; return how much was taken.

    Once per taking cause, and never more than is left, so that repeated partial returns take exactly what was
    given. The tier that stood on it may fall. Whoever has the growth now (after merges) gives it.
    """
    return db.in_transaction(
        lambda: _book.take(
            of_kind=of_kind,
            of_id=of_id,
            remaining=remaining,
            cause_kind=cause_kind,
            cause_id=cause_id,
            reason=reason,
            actor=actor,
            now=now,
        )
    )


def add_spend(*, member_id: UUID, order_id: UUID, net_fen: int, now: datetime) -> int:
    """Give the growth of an order's net amount (fen), whole points by the chain's setting, as :func:`add_growth`."""
    rate = _settings.fen_per_growth()
    return db.in_transaction(
        lambda: _book.give(
            member_id=member_id,
            cause_kind=_book.ORDER,
            cause_id=str(order_id),
            amount=_rules.growth_of(net_fen, rate),
            fen_per_growth=rate,
            actor=SYSTEM,
            now=now,
        )
    )


def take_spend(*, order_id: UUID, remaining_fen: int, cause_kind: str, cause_id: str, now: datetime) -> int:
    """Take back what an order no longer earns with ``remaining_fen`` left of it, as :func:`take_growth`."""
    return db.in_transaction(
        lambda: _book.take_of_order(
            order_id=order_id,
            remaining_fen=remaining_fen,
            cause_kind=cause_kind,
            cause_id=cause_id,
            actor=SYSTEM,
            now=now,
        )
    )


def grant_paid(
    *,
    member_id: UUID,
    tier: str,
    until: datetime,
    cause_kind: str,
    cause_id: str,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> bool:
    """Give a paid tier until a moment, once per cause; ``False`` for a repeat. Needs ``tiers.grant``; audited.

    Raises ``Forbidden``, ``TierUnknown``, ``TierInvalid`` (field ``until``).
    """
    _identity.require(actor=actor, permission=GRANT, unit_id=None)
    return db.in_transaction(
        lambda: _grant.grant_paid(
            member_id=member_id,
            tier=tier,
            until=until,
            cause_kind=cause_kind,
            cause_id=cause_id,
            reason=reason,
            actor=actor,
            now=now,
        )
    )


def standing(*, member_id: UUID, now: datetime) -> Standing:
    """Return where a member stands and what is missing to the next tier. Raises ``MemberUnknown``."""
    found = _standings.standings([member_id], now=now).get(member_id)
    if found is None:
        raise MemberUnknown(field="member_id")
    return found


def standings(*, member_ids: Iterable[UUID], now: datetime) -> dict[UUID, Standing]:
    """Return where members stand; a fixed number of queries for any number of members."""
    return _standings.standings(member_ids, now=now)


def history(*, member_id: UUID, before: int | None = None, limit: int = 50) -> list[GrowthEntry]:
    """Return the growth ledger of a member, newest first; ``before`` is the id of the last entry seen."""
    return _standings.history(member_id=member_id, before=before, limit=min(limit, ENTRIES_MAX))


def changes(*, member_id: UUID, before: int | None = None, limit: int = 50) -> list[TierChange]:
    """Return the steps of a member between tiers, newest first; ``before`` is the id of the last step seen."""
    return _standings.changes(member_id=member_id, before=before, limit=min(limit, ENTRIES_MAX))


def members_by_tier(*, store_ids: Collection[int] | None = None) -> dict[str, int]:
    """Return how many members stand in each tier; of those who joined at the stores, ``None``: all. One query."""
    return _ladder.members_by_tier(store_ids=store_ids)


def settle_due(*, now: datetime, limit: int = 200) -> int:
    """Keep or lower the tiers whose validity is over, end paid ones, lift who proved to be who they are.

    One transaction per member; return how many were looked at.
    """
    due = _standings.due(now=now, limit=limit)
    for member_id in due:
        db.in_transaction(partial(_settle.settle_due, member_id=member_id, now=now))
    return len(due)


def merge_follower() -> MergeFollower:
    """Return what moves growth and tier along with a merge of two members."""
    return _follow.TierFollower()
