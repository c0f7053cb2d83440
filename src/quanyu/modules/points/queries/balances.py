"""What members have: balances, lots, history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from quanyu.modules.points.contracts import Balance, Expiry, HistoryEntry, Lot, LotState, MovementKind
from quanyu.platform import db

NEXT_EXPIRIES_MAX = 12


def balances(*, member_ids: Iterable[UUID], now: datetime) -> dict[UUID, Balance]:
    """Return an answer for every member asked for; lots that have ended count no more. One query."""
    wanted = list(member_ids)
    rows = db.rows(
        "SELECT account.member_id, account.debt, lot.state, points_last_day(lot.expires_at) AS last_day, "
        "sum(lot.remaining)::bigint AS points FROM points_account AS account "
        "LEFT JOIN points_lot AS lot ON lot.member_id = account.member_id AND lot.state IN ('pending', 'live') "
        "AND lot.expires_at > %s WHERE account.member_id = ANY(%s) GROUP BY 1, 2, 3, 4 ORDER BY 4",
        [now, wanted],
    )
    debts: dict[UUID, int] = {}
    pending: dict[UUID, int] = defaultdict(int)
    live: dict[UUID, list[Expiry]] = defaultdict(list)
    for row in rows:
        member_id = row["member_id"]
        debts[member_id] = row["debt"]
        if row["state"] == LotState.PENDING:
            pending[member_id] += row["points"]
        elif row["state"] == LotState.LIVE:
            live[member_id].append(Expiry(last_day=row["last_day"], points=row["points"]))
    return {
        member_id: Balance(
            available=sum(expiry.points for expiry in live[member_id]),
            pending=pending[member_id],
            debt=debts.get(member_id, 0),
            next_expiries=tuple(live[member_id][:NEXT_EXPIRIES_MAX]),
        )
        for member_id in wanted
    }


def lots(*, member_id: UUID) -> list[Lot]:
    """Return all lots of a member: those that can be used, the first to end first, then the others, newest first."""
    rows = db.rows(
        "SELECT id, member_id, state, points, remaining, cause_kind, cause_id, store_id, rule_id, rule_version, "
        "multiplier_bp, earned_at, matures_at, expires_at FROM points_lot WHERE member_id = %s "
        "ORDER BY state = 'live' DESC, state = 'pending' DESC, "
        "CASE WHEN state IN ('live', 'pending') THEN expires_at END, id DESC",
        [member_id],
    )
    return [Lot(**row | {"state": LotState(row["state"])}) for row in rows]


def history(*, member_id: UUID, before: int | None, limit: int) -> list[HistoryEntry]:
    """Return the deeds of a member's ledger, newest first; ``before`` is the id of the last entry seen. One query.

    A deed that touched several lots is one entry: its movements stand beside each other, because a member's
    movements are written one deed after the other.
    """
    rows = db.rows(
        "SELECT min(movement.id) AS id, movement.at, movement.kind, "
        "sum(movement.available_delta)::bigint AS available, "
        "sum(movement.pending_delta)::bigint AS pending, sum(movement.debt_delta)::bigint AS debt, "
        "movement.cause_kind, movement.cause_id, min(lot.store_id) AS store_id, movement.actor, movement.reason "
        "FROM points_movement AS movement LEFT JOIN points_lot AS lot ON lot.id = movement.lot_id "
        "AND movement.kind IN ('earn', 'mature', 'give') "
        "WHERE movement.member_id = %s AND (%s::bigint IS NULL OR movement.id < %s) "
        "GROUP BY movement.at, movement.kind, movement.cause_kind, movement.cause_id, movement.deed, movement.actor, "
        "movement.reason ORDER BY min(movement.id) DESC LIMIT %s",
        [member_id, before, before, limit],
    )
    return [HistoryEntry(**row | {"kind": MovementKind(row["kind"])}) for row in rows]


def months(*, at: datetime) -> list[tuple[int | None, date, int, int]]:
    """Return ``(store, month of the end, live, pending)`` of what members could still use at a moment. One query.

    Summed from the ledger, so that an earlier moment gives the figures of that time.
    """
    rows = db.rows(
        "SELECT lot.store_id, date_trunc('month', points_last_day(lot.expires_at))::date AS month, "
        "sum(movement.available_delta)::bigint AS live, sum(movement.pending_delta)::bigint AS pending "
        "FROM points_movement AS movement JOIN points_lot AS lot ON lot.id = movement.lot_id "
        "WHERE movement.at <= %s AND lot.expires_at > %s GROUP BY 1, 2 "
        "HAVING sum(movement.available_delta) <> 0 OR sum(movement.pending_delta) <> 0 ORDER BY 1 NULLS LAST, 2",
        [at, at],
    )
    return [(row["store_id"], row["month"], row["live"], row["pending"]) for row in rows]


def owed(*, at: datetime) -> int:
    """Return what all members owed at a moment."""
    found = db.value("SELECT coalesce(sum(debt_delta), 0) FROM points_movement WHERE at <= %s", [at])
    return int(found)
