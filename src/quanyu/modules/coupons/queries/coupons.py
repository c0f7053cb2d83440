"""The coupons of members, with what the price chain needs to know of them: one query each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.period import Period
from quanyu.modules.coupons.contracts import (
    CHANNELS,
    Coupon,
    CouponEvent,
    CouponState,
    CouponUnknown,
    Reason,
    UseScope,
    Via,
    WalletEntry,
)
from quanyu.modules.coupons.queries import templates
from quanyu.modules.promotions.contracts import CouponFacts, CouponKind, Scope
from quanyu.platform import db, marks

_REFUSAL = (
    "coupons_refusal(coupon.state, template.state, coupon.valid_from, coupon.valid_until, coupon.offered_until, %(at)s)"
)
# All parts are this module's own text: nothing a caller says becomes part of a statement.
_SELECT = f"""
    SELECT coupon.id, coupon.member_id, coupon.is_gift, coupon.state, coupon.valid_from, coupon.valid_until,
           coupon.offered_until, coupon.order_id, coupon.amount_fen, coupon.via, coupon.claimed_at,
           {_REFUSAL} AS refusal, {templates.COLUMNS}
    FROM coupons_coupon AS coupon
    JOIN coupons_template AS template ON template.id = coupon.template_id
    {templates.JOINS}
"""  # noqa: S608
_OF_HOLDERS = (
    _SELECT + "JOIN unnest(%(ids)s::uuid[], %(members)s::uuid[]) AS held (id, member_id) "
    "ON held.id = coupon.id AND held.member_id = coupon.member_id WHERE "
    f"coalesce({_REFUSAL}, '') NOT IN ('used', 'withdrawn', 'given_away')"
)


def facts(*, ids: Iterable[UUID], member_id: UUID, at: datetime) -> dict[UUID, CouponFacts]:
    """Return the facts of those coupons that the member holds and no order has, expired or not.

    The price chain says of one whose time is not now that it is not; what is used, withdrawn or being
    given away is left out.
    """
    found = db.rows(
        _SELECT + "WHERE coupon.id = ANY (%(ids)s) AND coupon.member_id = %(member)s AND "
        f"coalesce({_REFUSAL}, '') NOT IN ('used', 'withdrawn', 'given_away')",
        {"ids": list(ids), "member": member_id, "at": at},
    )
    return {row["id"]: facts_of(row) for row in found}


def facts_part(
    *, chosen: Collection[tuple[UUID, UUID]], at: datetime
) -> marks.Part[dict[tuple[UUID, UUID], CouponFacts]]:
    """Return what ``facts`` asks for many members at once, for a batch's reading, by ``(coupon id, member id)``."""

    def made(rows: list[dict[str, Any]]) -> dict[tuple[UUID, UUID], CouponFacts]:
        for row in rows:
            row |= {name: marks.moment(row[name]) for name in ("valid_from", "valid_until")}
            row["excluded_dates"] = [date.fromisoformat(day) for day in row["excluded_dates"]]
        return {(UUID(row["id"]), UUID(row["member_id"])): facts_of(row) for row in rows}

    ids, members = [coupon_id for coupon_id, _ in chosen], [member_id for _, member_id in chosen]
    return marks.Part(_OF_HOLDERS, {"ids": ids, "members": members, "at": at}, made)


def usable(*, member_id: UUID, path: Sequence[int], channel: str, at: datetime, limit: int) -> list[WalletEntry]:
    """Return the coupons that a member could use at a unit on a channel now, the first to end first."""
    scopes = [scope.value for scope, channels in CHANNELS.items() if channel in channels]
    found = db.rows(
        _SELECT + "WHERE coupon.member_id = %(member)s AND coupon.state = 'available' AND coupon.valid_until > %(at)s "
        f"AND {_REFUSAL} IS NULL AND template.scope = ANY (%(scopes)s) "
        "AND (place.unit_ids = '{}' OR place.unit_ids && %(path)s::bigint[]) "
        "ORDER BY coupon.valid_until, coupon.id LIMIT %(limit)s",
        {"member": member_id, "at": at, "scopes": scopes, "path": list(path), "limit": limit},
    )
    return [_entry(row, at=at) for row in found]


def wallet(
    *, member_id: UUID, states: Collection[CouponState] | None, before: tuple[datetime, UUID] | None, at: datetime,
    limit: int,
) -> list[WalletEntry]:  # fmt: skip
    """Return a member's coupons, the newest first, after a place in the list; ``states`` as they hold now."""
    found = db.rows(
        "SELECT * FROM (" + _SELECT + "WHERE coupon.member_id = %(member)s) AS held "  # noqa: S608
        "WHERE (%(states)s::text[] IS NULL OR CASE WHEN held.state IN ('reserved', 'redeemed') THEN held.state "
        "WHEN held.refusal = 'withdrawn' THEN 'void' WHEN held.refusal = 'expired' THEN 'expired' "
        "ELSE held.state END = ANY (%(states)s)) "
        "AND (%(before_at)s::timestamptz IS NULL OR (held.claimed_at, held.id) < (%(before_at)s, %(before_id)s)) "
        "ORDER BY held.claimed_at DESC, held.id DESC LIMIT %(limit)s",
        {
            "member": member_id,
            "at": at,
            "states": None if states is None else [str(state) for state in states],
            "before_at": before[0] if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        },
    )
    return [_entry(row, at=at) for row in found]


def entry(*, coupon_id: UUID, at: datetime) -> tuple[WalletEntry, Reason | None]:
    """Return one coupon, and why it cannot be taken now. Raises ``CouponUnknown``."""
    found = db.row(_SELECT + "WHERE coupon.id = %(id)s", {"id": coupon_id, "at": at})
    if found is None:
        raise CouponUnknown(field="coupon_id")
    return _entry(found, at=at), _reason(found)


def entries(*, ids: Sequence[UUID], at: datetime) -> dict[UUID, WalletEntry]:
    """Return coupons by id."""
    found = db.rows(_SELECT + "WHERE coupon.id = ANY (%(ids)s)", {"ids": list(ids), "at": at})
    return {row["id"]: _entry(row, at=at) for row in found}


def by_code_index(*, index: bytes, at: datetime) -> tuple[WalletEntry, Reason | None] | None:
    """Return the coupon with a code (its keyed hash), and why it cannot be taken now."""
    found = db.row(_SELECT + "WHERE coupon.code_index = %(index)s", {"index": index, "at": at})
    return None if found is None else (_entry(found, at=at), _reason(found))


def of_orders(*, order_ids: Sequence[UUID], at: datetime) -> dict[UUID, list[WalletEntry]]:
    """Return the coupons that orders have, by order."""
    found = db.rows(
        _SELECT + "WHERE coupon.order_id = ANY (%(orders)s) ORDER BY coupon.id", {"orders": list(order_ids), "at": at}
    )
    by_order: dict[UUID, list[WalletEntry]] = {}
    for row in found:
        by_order.setdefault(row["order_id"], []).append(_entry(row, at=at))
    return by_order


def of_template(
    *, template_id: int, before: tuple[datetime, UUID] | None, at: datetime, limit: int
) -> list[WalletEntry]:
    """Return the coupons of a template, the newest first, after a place in the list."""
    found = db.rows(
        _SELECT + "WHERE coupon.template_id = %(template)s AND (%(before_at)s::timestamptz IS NULL "
        "OR (coupon.claimed_at, coupon.id) < (%(before_at)s, %(before_id)s)) "
        "ORDER BY coupon.claimed_at DESC, coupon.id DESC LIMIT %(limit)s",
        {
            "template": template_id,
            "at": at,
            "before_at": before[0] if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        },
    )
    return [_entry(row, at=at) for row in found]


def history(*, coupon_id: UUID) -> list[CouponEvent]:
    """Return what happened to a coupon, the first thing first."""
    found = db.rows(
        "SELECT kind, to_state, member_id, order_id, amount_fen, cause, actor, at FROM coupons_event "
        "WHERE coupon_id = %s ORDER BY id",
        [coupon_id],
    )
    return [
        CouponEvent(
            kind=row["kind"],
            state=CouponState(row["to_state"]),
            member_id=row["member_id"],
            order_id=row["order_id"],
            amount_fen=row["amount_fen"],
            cause=row["cause"],
            actor=row["actor"],
            at=row["at"],
        )
        for row in found
    ]


def held_counts(*, member_id: UUID, template_ids: Sequence[int]) -> dict[int, int]:
    """Return how many coupons of templates a member was given, with what merged files were given."""
    found = db.rows(
        "SELECT template_id, claimed + carried AS held FROM coupons_person "
        "WHERE member_id = %s AND template_id = ANY (%s)",
        [member_id, list(template_ids)],
    )
    return {row["template_id"]: row["held"] for row in found}


def facts_of(row: dict[str, Any]) -> CouponFacts:
    """Make what the price chain needs to know of a row."""
    return CouponFacts(
        id=str(row["id"]),
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        kind=CouponKind(row["kind"]),
        amount_fen=row["off_fen"],
        percent_off_bp=row["percent_off_bp"],
        cap_fen=row["cap_fen"],
        threshold_fen=row["threshold_fen"],
        scope=Scope(
            unit_ids=frozenset(row["unit_ids"]),
            channels=CHANNELS[UseScope(row["scope"])],
            category_ids=frozenset(row["category_ids"]),
            sku_ids=frozenset(row["sku_ids"]),
            excluded_sku_ids=frozenset(row["excluded_sku_ids"]),
            members_only=True,
            tiers=frozenset(row["tiers"]),
        ),
        period=Period(row["valid_from"], row["valid_until"]),
        weekdays=frozenset(row["weekdays"]),
        hours=templates.hours_of(row),
        excluded_dates=frozenset(row["excluded_dates"]),
        tiers=frozenset(row["tiers"]),
        shares=templates.shares_of(row),
        stacks_with_campaigns=row["stacks_with_campaigns"],
        stacks_with_coupons=row["stacks_with_coupons"],
        gift_sku_id=row["gift_sku_id"],
        gift_quantity=row["gift_quantity"],
    )


def _entry(row: dict[str, Any], *, at: datetime) -> WalletEntry:
    offered = row["offered_until"]
    coupon = Coupon(
        id=row["id"],
        template_code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        member_id=row["member_id"],
        state=_state(row),
        via=Via(row["via"]),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        offered_until=offered if offered is not None and offered > at else None,
        order_id=row["order_id"],
        amount_fen=row["amount_fen"],
        is_gift=row["is_gift"],
        transferable=row["transferable"],
        claimed_at=row["claimed_at"],
    )
    return WalletEntry(coupon=coupon, facts=facts_of(row))


def _state(row: dict[str, Any]) -> CouponState:
    """Return the state that holds now, whether or not the job has written it down."""
    reason = _reason(row)
    if reason is Reason.WITHDRAWN:
        return CouponState.VOID
    if reason is Reason.EXPIRED:
        return CouponState.EXPIRED
    return CouponState(row["state"])


def _reason(row: dict[str, Any]) -> Reason | None:
    return None if row["refusal"] is None else Reason(row["refusal"])
