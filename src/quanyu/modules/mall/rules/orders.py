"""How far an order is on its way to its member, and what the member can do with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from quanyu.modules.mall.contracts import OrderFacts, Step, Way
from quanyu.modules.orders.contracts import Gift, Order, Wishes

_BY_CODE = ("pickup", "in_store")
_BY_CARRIER = {"express": "shipped", "instant": "on_the_way"}


def wanted(wishes: Wishes | None) -> Wishes | None:
    """Return wishes as the book keeps them: times of the world's clock, and nothing where nothing is wished."""
    if wishes is None:
        return None
    gift = wishes.gift if wishes.gift != Gift() else None
    start, end = (at and _in_utc(at) for at in (wishes.pickup_from, wishes.pickup_until))
    if start is None and end is None and gift is None:
        return None
    return Wishes(pickup_from=start, pickup_until=end, gift=gift)


def _in_utc(at: datetime) -> datetime:
    """Return the moment of the world's clock; at the ends of the calendar there is none, and no store is open then."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def way_of(order: Order) -> Way:
    """Return what of an order decides its steps."""
    return Way(
        delivery=order.delivery.value,
        state=order.state.value,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        completed_at=order.completed_at,
        cancelled_at=order.cancelled_at,
        returnable=any(line.returned_quantity < line.quantity for line in order.lines),
        open_fen=order.payable_fen - order.refunded_fen,
    )


def way_of_new(header: Mapping[str, Any]) -> Way:
    """Return the same of an order just placed, from its header as it was written."""
    state, at = header["state"], header["placed_at"]
    return Way(
        delivery=header["delivery"],
        state=state,
        placed_at=at,
        paid_at=at if state != "placed" else None,
        completed_at=at if state == "completed" else None,
        cancelled_at=None,
        returnable=True,
        open_fen=header["payable_fen"],
    )


def steps(way: Way, facts: OrderFacts) -> list[Step]:
    """Return the steps of an order in their order; what is to come has no time.

    The book completes an order when its goods leave the house; for its member a parcel has come when it is there.
    """
    if way.state == "cancelled":
        paid: list[Step] = [("paid", way.paid_at)] if way.paid_at else []
        return [("placed", way.placed_at), *paid, ("cancelled", way.cancelled_at)]
    begun: list[Step] = [("placed", way.placed_at), ("paid", way.paid_at)]
    if way.delivery in _BY_CODE:
        ready_at = facts.ready_at or way.completed_at
        return [*begun, ("preparing", way.paid_at), ("ready", ready_at), ("completed", way.completed_at)]
    if way.delivery in _BY_CARRIER:
        left: Step = (_BY_CARRIER[way.delivery], way.completed_at)
        came_at = facts.delivered_at if facts.parcels else way.completed_at
        return [*begun, ("preparing", way.paid_at), left, ("completed", came_at)]
    return [*begun, ("completed", way.completed_at)]


def may(way: Way, facts: OrderFacts) -> dict[str, bool]:
    """Return what the member can do with the order now."""
    has_invoice = facts.invoice is not None and facts.invoice.state != "refused"
    return {
        "pay": way.state == "placed",
        "cancel": way.state in ("placed", "paid"),
        "ask_return": way.state == "completed" and way.returnable and facts.returns_open,
        "buy_again": way.state != "placed",
        "invoice": way.state != "cancelled" and way.open_fen > 0 and not has_invoice,
    }
