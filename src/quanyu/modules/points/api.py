"""The door of points: lots that are earned, spent, restored, taken back and end; rules, offers, adjustments.

Write doors open the durable transaction. Earning, spending and taking back belong to deeds that have been permitted
already (an order, a return); doors a person uses demand the permission. Checkout composes the SQL doors
``points_lock``, ``points_spend``, ``points_restore`` and ``points_take_offers`` into its one round trip. Everything
that changes a member's points holds the account row; once, after coupons and before stock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Forbidden
from quanyu.modules.identity import api as _identity
from quanyu.modules.members import api as _members
from quanyu.modules.members.contracts import Level, MergeFollower
from quanyu.modules.organization import api as _organization
from quanyu.modules.points import rules as _rules
from quanyu.modules.points.contracts import (
    ONCE_BP,
    Adjustment,
    Balance,
    Earned,
    EarningRange,
    EarningRule,
    EarnLine,
    HistoryEntry,
    Liability,
    Lot,
    Offer,
    RuleVersion,
    SpendingRule,
)
from quanyu.modules.points.ops import adjust_points as _adjust_points
from quanyu.modules.points.ops import by_the_clock as _by_the_clock
from quanyu.modules.points.ops import earn_points as _earn_points
from quanyu.modules.points.ops import follow_merges as _follow_merges
from quanyu.modules.points.ops import give_points as _give_points
from quanyu.modules.points.ops import offers as _offer_ops
from quanyu.modules.points.ops import set_rules as _set_rules
from quanyu.modules.points.ops import spend_points as _spend_points
from quanyu.modules.points.queries import adjustments as _adjustments
from quanyu.modules.points.queries import balances as _balances
from quanyu.modules.points.queries import liability as _liability
from quanyu.modules.points.queries import offers as _offers
from quanyu.modules.points.queries import rules as _rule_queries
from quanyu.modules.points.queries import settings as _settings
from quanyu.platform import db
from quanyu.platform.marks import Part as _Part
from quanyu.platform.marks import Reading as _Reading

CONFIGURE = "points.configure"
ADJUST = "points.adjust"
APPROVE = "points.approve"
# What can be rolled out store by store.
POINTS_MALL, PAY_WITH_POINTS = _settings.POINTS_MALL, _settings.PAY_WITH_POINTS
HISTORY_MAX = 100
OFFERS_MAX = 200
BATCH = 500


def balance(*, member_id: UUID, now: datetime) -> Balance:
    """Return what a member has, owes, and which points end next. One query."""
    return _balances.balances(member_ids=[member_id], now=now)[member_id]


def balances(*, member_ids: Iterable[UUID], now: datetime) -> dict[UUID, Balance]:
    """Return the balance of every member asked for. One query."""
    return _balances.balances(member_ids=member_ids, now=now)


def lots(*, member_id: UUID) -> list[Lot]:
    """Return a member's lots: usable ones first, in the order in which they are spent. One query."""
    return _balances.lots(member_id=member_id)


def history(*, member_id: UUID, before: int | None = None, limit: int = 20) -> list[HistoryEntry]:
    """Return the deeds of a member's ledger, newest first, at most 100; ``before``: the last id seen. One query."""
    return _balances.history(member_id=member_id, before=before, limit=max(0, min(limit, HISTORY_MAX)))


def liability(*, at: datetime) -> Liability:
    """Return what all members could still use at a moment, by store and month of the end, and its value in fen."""
    return _liability.liability(at=at)


def want_spending_rule(*, reading: _Reading) -> None:
    """Ask a batch's reading for all that ``spending_rule_read`` needs, for any number of places."""
    _settings.want_spending(reading)


def spending_rule_read(*, reading: _Reading, path: Sequence[int]) -> SpendingRule:
    """Return what ``spending_rule`` would, from a reading that was asked. No query."""
    return _settings.spending_read(reading, path)


def spending_rule(*, path: Sequence[int] = ()) -> SpendingRule:
    """Return how points pay, at a place whose path of unit ids is given; uniform (A7). One query."""
    return _settings.spending_rule(path)


def earning_rule(*, path: Sequence[int], at: datetime) -> EarningRule:
    """Return what money earns at the end of a path (PTS-02): the nearest rule wins. One query."""
    return _rule_queries.rule(path=path, at=at)


def earned(*, lines: Sequence[EarnLine], rule: EarningRule, multiplier_bp: int = ONCE_BP) -> Earned:
    """Return the points of an order and of its lines. Pure. Raises ``PointsInvalid`` for negative figures."""
    return _rules.earned(lines=lines, rule=rule, multiplier_bp=multiplier_bp)


def mature_at(*, path: Sequence[int], completed_at: datetime) -> datetime | None:
    """Return when points of an order completed at a moment become usable by the setting; ``None``: at once."""
    return _settings.mature_at(path, completed_at=completed_at)


def earn(
    *,
    member_id: UUID,
    order_id: UUID,
    store_id: int,
    path: Sequence[int],
    lines: Sequence[EarnLine],
    multiplier_bp: int = ONCE_BP,
    mature_at: datetime | None,
    now: datetime,
) -> int:
    """Let an order earn by the rule of its place; return the points. Once per order: again changes nothing.

    ``mature_at`` ``None`` or past: usable at once. What the member owes is paid from usable points first. Raises
    ``PointsInvalid``. Publishes ``PointsEarned``. Locks the member's account.
    """
    return db.in_transaction(
        lambda: _earn_points.earn_points(
            member_id=member_id,
            order_id=order_id,
            store_id=store_id,
            rule=_rule_queries.rule(path=path, at=now),
            lines=lines,
            multiplier_bp=multiplier_bp,
            mature_at=mature_at,
            now=now,
        )
    )


def take_back(*, order_id: UUID, lines: Sequence[EarnLine], cause: str, now: datetime) -> int:
    """Take back what an order earned beyond what its REMAINING ``lines`` earn by the same rule version.

    From the order's own lot first, then the first to end; what is not there any more is owed. Returns the points,
    owed ones included. Once per (order, cause). Raises ``PointsInvalid``. Publishes ``PointsTakenBack``.
    """
    return db.in_transaction(lambda: _earn_points.take_back(order_id=order_id, lines=lines, cause=cause, now=now))


def to_take_back(*, order_id: UUID, lines: Sequence[EarnLine]) -> int:
    """Return how many points :func:`take_back` would take back now. Nothing changes."""
    return _earn_points.to_take_back(order_id=order_id, lines=lines)


def give(
    *,
    member_id: UUID,
    points: int,
    cause_kind: str,
    cause_id: str,
    reason: str,
    valid_until: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Give points for a cause of the business, once per cause; usable at once, for two years at most.

    Not a door for people: by hand points change with four eyes only (``request_adjustment``). Raises ``Forbidden``
    for staff, ``PointsInvalid``. Publishes ``PointsEarned``.
    """
    if actor.kind is ActorKind.STAFF:
        raise Forbidden(permission=APPROVE)
    return db.in_transaction(
        lambda: _give_points.give_points(
            member_id=member_id,
            points=points,
            cause_kind=cause_kind,
            cause_id=cause_id,
            reason=reason,
            valid_until=valid_until,
            actor=actor,
            now=now,
        )
    )


def spend(*, member_id: UUID, cause_kind: str, cause_id: str, points: int, now: datetime) -> None:
    """Spend points outside of an order (an exchange), once per cause. Raises ``PointsShort``, ``PointsInvalid``."""
    db.in_transaction(
        lambda: _spend_points.spend_points(
            member_id=member_id, cause_kind=cause_kind, cause_id=cause_id, points=points, now=now
        )
    )


def restore(*, cause_kind: str, cause_id: str, points: int | None = None, cause: str, now: datetime) -> int:
    """Give back points that a cause spent (``None``: all still spent) to their lots; return how many.

    Once per ``cause`` of the giving back. A lot that ended meanwhile gets the days of grace of the setting.
    """
    return db.in_transaction(
        lambda: _spend_points.restore_points(
            cause_kind=cause_kind, cause_id=cause_id, points=points, cause=cause, now=now
        )
    )


def request_adjustment(
    *, member_id: UUID, points: int, reason: str, unit_id: int | None = None, actor: Actor, now: datetime
) -> Adjustment:
    """Ask for points to be given (positive) or taken (negative). Audited.

    ``unit_id``: for whom the asker acts, by default its own unit. Raises ``Forbidden``, ``MemberUnknown``,
    ``PointsInvalid``.
    """
    unit = unit_id or actor.unit_id or _organization.enterprise().id
    _identity.require(actor=actor, permission=ADJUST, unit_id=unit)
    _members.member(id=member_id)
    return db.in_transaction(
        lambda: _adjust_points.request_adjustment(
            member_id=member_id, unit_id=unit, points=points, reason=reason, actor=actor, now=now
        )
    )


def decide_adjustment(*, adjustment_id: UUID, approve: bool, note: str = "", actor: Actor, now: datetime) -> Adjustment:
    """Approve or refuse what somebody else asked for. Audited.

    Raises ``Forbidden``, ``AdjustmentUnknown``, ``FourEyes``, ``OneHand`` of identity (the asker took the actor on, set
    his sign-in or gave him the permission), ``AdjustmentDecided``, ``PointsShort``; then nothing changed.
    """
    asked = _adjustments.adjustment(adjustment_id)
    _identity.require(actor=actor, permission=APPROVE, unit_id=asked.unit_id)
    if asked.requested_by != actor.signature:
        _identity.require_other_hand(
            asked_by=asked.requested_by, permissions=[APPROVE], unit_id=asked.unit_id, actor=actor
        )
    return db.in_transaction(
        lambda: _adjust_points.decide_adjustment(
            adjustment_id=adjustment_id, approve=approve, note=note, actor=actor, now=now
        )
    )


def set_rule(
    *,
    unit_id: int,
    points: int | None,
    per_fen: int | None,
    starts_at: datetime | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> RuleVersion:
    """Set what money earns at a unit and below (both ``None``: as the unit above again), as a new version. Audited.

    Raises ``Forbidden``, ``RuleInvalid``, ``RuleOutOfRange``.
    """
    _identity.require(actor=actor, permission=CONFIGURE, unit_id=unit_id)
    return db.in_transaction(
        lambda: _set_rules.set_rule(
            unit_id=unit_id, points=points, per_fen=per_fen, starts_at=starts_at, reason=reason, actor=actor, now=now
        )
    )


def rules_in_force(*, at: datetime) -> list[RuleVersion]:
    """Return the rule in force of every unit that ever made one. One query."""
    return _rule_queries.in_force(unit_ids=None, at=at)


def rule_versions(*, unit_id: int) -> list[RuleVersion]:
    """Return all versions of a unit's rule, newest first. One query."""
    return _rule_queries.versions(unit_id=unit_id)


def set_range(*, least: int, most: int, reason: str = "", actor: Actor, now: datetime) -> None:
    """Set what stores may choose, in points for 100 yuan. Audited.

    Raises ``Forbidden`` (head office only), ``RuleInvalid``, ``RangeTooNarrow``.
    """
    _identity.require(actor=actor, permission=CONFIGURE, unit_id=_organization.enterprise().id)
    db.in_transaction(
        lambda: _set_rules.set_range(wanted=EarningRange(least, most), reason=reason, actor=actor, now=now)
    )


def earning_range() -> EarningRange | None:
    """Return what stores may choose; ``None``: anything, head office has set no range."""
    return _rule_queries.earning_range()


def create_offer(
    *,
    sku_id: int,
    points: int,
    cash_fen: int = 0,
    period: Period | None = None,
    unit_ids: Collection[int] = (),
    level: Level = Level.IDENTIFIED,
    per_member_limit: int | None = None,
    total_limit: int | None = None,
    actor: Actor,
    now: datetime,
) -> Offer:
    """Put a low-priced product into the points mall (PTS-04, PTS-07), everywhere unless units are named. Audited.

    Raises ``Forbidden``, ``OfferInvalid``, ``OfferTooDear``.
    """
    _demand_at(unit_ids, actor=actor)
    return db.in_transaction(
        lambda: _offer_ops.create_offer(
            sku_id=sku_id,
            points=points,
            cash_fen=cash_fen,
            period=period or Period(),
            unit_ids=unit_ids,
            level=level,
            per_member_limit=per_member_limit,
            total_limit=total_limit,
            actor=actor,
            now=now,
        )
    )


def stop_offer(*, offer_id: int, reason: str, actor: Actor, now: datetime) -> Offer:
    """Take an offer out of the points mall. Raises ``Forbidden``, ``OfferUnknown``. Audited."""
    _demand_at(_offers.offer(offer_id).unit_ids, actor=actor)
    return db.in_transaction(lambda: _offer_ops.stop_offer(offer_id=offer_id, reason=reason, actor=actor, now=now))


def offers(*, path: Sequence[int], at: datetime, after_id: int = 0, limit: int = OFFERS_MAX) -> list[Offer]:
    """Return the offers that hold at the end of a path and can still be had, by id, at most 200. One query."""
    return _offers.in_force(path=path, at=at, after_id=after_id, limit=max(0, min(limit, OFFERS_MAX)))


def offers_by_id(*, ids: Collection[int], at: datetime) -> dict[int, Offer]:
    """Return those of the offers that are in force at a moment; whether they hold at a store say ``unit_ids``."""
    return _offers.by_id(ids=ids, at=at)


def offers_part(*, ids: Collection[int], at: datetime) -> _Part[dict[int, Offer]]:
    """Return the question that ``offers_by_id`` asks, for a batch's reading."""
    return _offers.part_by_id(ids=ids, at=at)


def mature_due(*, now: datetime, limit: int = BATCH) -> int:
    """Make pending points usable whose time has come, one bounded batch; return the lots, 0 when none is left."""
    return db.in_transaction(lambda: _by_the_clock.mature_due(limit=limit, now=now))


def expire_due(*, now: datetime, limit: int = BATCH) -> int:
    """End points whose time is over, one bounded batch; return the lots. Publishes ``PointsExpired``."""
    return db.in_transaction(lambda: _by_the_clock.expire_due(limit=limit, now=now))


def remind_due(*, now: datetime, limit: int = BATCH) -> int:
    """Remind members of points that end soon, once per lot; return the lots. Publishes ``PointsExpiring``."""
    return db.in_transaction(lambda: _by_the_clock.remind_due(limit=limit, now=now))


def merge_follower() -> MergeFollower:
    """Return what moves points with merged member files; entrypoints register it with ``members``."""
    return _follow_merges.Follower()


def _demand_at(unit_ids: Collection[int], *, actor: Actor) -> None:
    """Raise unless the actor may configure points at every one of the units; everywhere, when there is none."""
    for unit_id in unit_ids or {_organization.enterprise().id}:
        _identity.require(actor=actor, permission=CONFIGURE, unit_id=unit_id)
