"""Builders of points: lots that a member earned, and the ledger as a test reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import Balance, EarnLine
from quanyu.platform import db
from tests.harness import members, organization

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday noon in Shanghai


def make_member() -> UUID:
    """Return the id of a new member without points."""
    return members.make_member().id


def give(member_id: UUID, amount: int, *, valid_until: datetime | None = None, now: datetime = NOW) -> None:
    """Give a member usable points."""
    points.give(
        member_id=member_id,
        points=amount,
        cause_kind="test",
        cause_id=str(uuid7()),
        reason="test",
        valid_until=valid_until,
        actor=SYSTEM,
        now=now,
    )


def earn(
    member_id: UUID,
    *bases_fen: int,
    order_id: UUID | None = None,
    store_id: int | None = None,
    multiplier_bp: int = 10_000,
    mature_at: datetime | None = None,
    now: datetime = NOW,
) -> UUID:
    """Let an order of these lines earn by the default rule (1 yuan is 1 point) or its store's; return the order."""
    order = order_id or uuid7()
    root = organization.enterprise().id
    points.earn(
        member_id=member_id,
        order_id=order,
        store_id=store_id or root,
        path=() if store_id is None else (root, store_id),
        lines=lines(*bases_fen),
        multiplier_bp=multiplier_bp,
        mature_at=mature_at,
        now=now,
    )
    return order


def lines(*bases_fen: int) -> tuple[EarnLine, ...]:
    """Return lines 1, 2 ... with these amounts."""
    return tuple(EarnLine(number, base_fen) for number, base_fen in enumerate(bases_fen, start=1))


def spend(member_id: UUID, amount: int, *, order_id: UUID | None = None, now: datetime = NOW) -> bool:
    """Spend points for an order as checkout does; tell whether they were enough."""
    return bool(db.value("SELECT points_spend(%s, %s, %s, %s)", [member_id, order_id or uuid7(), amount, now]))


def restore(order_id: UUID, amount: int | None, *, cause: str = "return 1", now: datetime = NOW) -> int:
    """Give points of an order back as checkout and after-sales do."""
    return int(db.value("SELECT points_restore(%s, %s, %s, %s)", [order_id, amount, cause, now]))


def balance(member_id: UUID, *, now: datetime = NOW) -> Balance:
    """Return what a member has."""
    return points.balance(member_id=member_id, now=now)


def figures(member_id: UUID, *, now: datetime = NOW) -> tuple[int, int, int]:
    """Return usable points, pending ones and those owed."""
    found = balance(member_id, now=now)
    return found.available, found.pending, found.debt


def ledger(member_id: UUID) -> list[tuple[str, int, int, int]]:
    """Return all movements of a member, the first one first: kind, usable, pending, owed."""
    rows = db.rows(
        "SELECT kind, available_delta, pending_delta, debt_delta FROM points_movement WHERE member_id = %s ORDER BY id",
        [member_id],
    )
    return [(row["kind"], row["available_delta"], row["pending_delta"], row["debt_delta"]) for row in rows]


def left(member_id: UUID) -> list[int]:
    """Return what is left in each of a member's lots, in the order in which they end."""
    rows = db.rows("SELECT remaining FROM points_lot WHERE member_id = %s ORDER BY expires_at, id", [member_id])
    return [row["remaining"] for row in rows]
