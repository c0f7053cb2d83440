"""What a return does to the member's rights, in its own transaction: coupons and points back, earned points gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.modules.aftersales.rules import Refund
from quanyu.modules.orders.contracts import Order
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import EarnLine
from quanyu.platform import db


@dataclass(frozen=True, slots=True)
class GivenBack:
    """How many coupons can be used again, and how many earned points went."""

    coupons_returned: int = 0
    points_taken_back: int = 0


def give_back(order: Order, refund: Refund, *, return_id: UUID, now: datetime) -> GivenBack:
    """Return coupons when the order came back whole, restore spent points, and take earned ones back.

    ``order`` is as it was before the return and its row is held. Coupons come before points: the common lock order.
    """
    coupons_returned = 0
    if refund.whole and order.coupons:
        coupons_returned = db.value("SELECT coupons_return(%s, %s)", [order.id, now])
    if refund.points:
        db.value("SELECT points_restore(%s, %s, %s, %s)", [order.id, refund.points, cause(return_id), now])
    taken = 0
    if order.member_id is not None:
        taken = points.take_back(order_id=order.id, lines=_remaining(order, refund), cause=cause(return_id), now=now)
    return GivenBack(coupons_returned=coupons_returned, points_taken_back=taken)


def points_to_take_back(order: Order, refund: Refund) -> int:
    """Return how many earned points the return would take back now."""
    if order.member_id is None:
        return 0
    return points.to_take_back(order_id=order.id, lines=_remaining(order, refund))


def _remaining(order: Order, refund: Refund) -> list[EarnLine]:
    """Return the money that still earns after this return. An order that has not earned yet earns on that, later."""
    back = {part.line.number: part.amount_fen for part in refund.parts}
    return [EarnLine(line.number, line.remaining_fen - back.get(line.number, 0)) for line in order.lines if line.earns]


def cause(return_id: UUID) -> str:
    """Return what points' ledger knows a return by; each return restores and takes back once."""
    return f"return:{return_id}"
