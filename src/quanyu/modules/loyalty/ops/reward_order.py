"""Give a completed order its points and growth; take growth back when goods come back.

Both hold the order's row: a return that happens at the same moment comes either before, and its money earns
nothing, or after, and takes back what it earned.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.loyalty.contracts import Rewarded
from quanyu.modules.loyalty.rules import earning
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Line, Order, State
from quanyu.modules.organization import api as organization
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import EarnLine
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db

RETURN = "return"


def reward(*, order_id: UUID, now: datetime) -> Rewarded:
    """Earn for an order; once, whoever calls how often (UNIQUE of the ledgers)."""
    order = _held(order_id)
    if order is None or order.member_id is None:
        return Rewarded()
    lines = earning.earning_lines(order.lines)
    net_fen = earning.base_fen(lines)
    if net_fen == 0:
        return Rewarded()
    return Rewarded(
        points=_earn_points(order, order.member_id, lines, now=now),
        growth=tiers.add_spend(member_id=order.member_id, order_id=order.id, net_fen=net_fen, now=now),
    )


def take_back_growth(*, order_id: UUID, return_id: str, now: datetime) -> int:
    """Take back the growth that the returned goods had earned; points went back with the return itself."""
    order = _held(order_id)
    if order is None:
        return 0
    return tiers.take_spend(
        order_id=order.id,
        remaining_fen=earning.base_fen(earning.earning_lines(order.lines)),
        cause_kind=RETURN,
        cause_id=return_id,
        now=now,
    )


def _held(order_id: UUID) -> Order | None:
    """Return the completed order, its row held; what stands in it cannot change until we are done.

    Its member is held before it, as a merge locks its members first: neither waits for the other in a ring.
    """
    member_id = db.value("SELECT orders_member_of(%s)", [order_id])
    if member_id is not None:
        db.execute("SELECT members_hold(%s)", [[member_id]])
    if db.json_value("SELECT orders_lock(%s, %s)", [order_id, [State.COMPLETED.value]]) is None:
        return None
    return orders.order(id=order_id)


def _earn_points(order: Order, member_id: UUID, lines: list[Line], *, now: datetime) -> int:
    store_id = order.selling_store_id
    path = organization.paths(unit_ids=[store_id])[store_id]
    member = members.member(id=member_id)
    bought_at = order.paid_at or order.placed_at
    benefits = tiers.benefits_on(
        member_id=member_id, birthday=member.birthday, is_lunar=member.lunar_birthday, path=path, at=bought_at
    )
    return points.earn(
        member_id=member_id,
        order_id=order.id,
        store_id=store_id,
        path=path,
        lines=[EarnLine(line.number, line.remaining_fen) for line in lines],
        multiplier_bp=benefits.points_multiplier_bp,
        mature_at=points.mature_at(path=path, completed_at=order.completed_at or now),
        now=now,
    )
