"""Hand out what was ordered elsewhere: by the customer's code alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PickupCodeWrong, PickupElsewhere
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, OrderUnknown, State, StateConflict
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.contracts import HAND_OVER, VIEW, Till
from quanyu.modules.pos.ops.limit_guesses import guessing, looking_elsewhere
from quanyu.modules.pos.queries import pickups
from quanyu.modules.pos.rules.pickups import Pickup
from quanyu.platform.rate import RateLimited

# Whatever is not a waiting order counts as a guess, so that searching finds no more by what the refusals tell.
_NOTHING_WAITS = (PickupCodeWrong, PickupElsewhere, StateConflict)


def waiting_pickups(*, after: tuple[datetime, UUID] | None, limit: int, till: Till, actor: Actor) -> list[Pickup]:
    """Return the paid orders that wait at this store, the one promised first at the head."""
    demand(actor, HAND_OVER, till)
    return pickups.told(orders=orders.waiting_at(store_id=till.store_id, after=after, limit=limit))


def find_pickup(*, code: str, till: Till, actor: Actor, now: datetime) -> Pickup:
    """Return the paid order that waits here under a pickup code, or at another store that lets this one hand it out.

    Raises ``PickupCodeWrong``, for a right code ``PickupDone``, ``PickupCancelled``, ``PickupNotPaid``,
    ``PickupElsewhere``; or ``RateLimited``.
    """
    demand(actor, HAND_OVER, till)
    with guessing("pickup_code", actor, now, wrong=_NOTHING_WAITS):
        try:
            order = checkout.find_pickup(code=code, store_id=till.store_id, now=now)
        except PickupCodeWrong as unknown:
            try:
                with looking_elsewhere(actor, now, wrong=_NOTHING_WAITS):
                    order = checkout.find_pickup_elsewhere(code=code, store_id=till.store_id)
            except RateLimited:
                raise unknown from None
    return pickups.told(orders=[order])[0]


def handed_out(*, order_id: UUID, till: Till, actor: Actor) -> Order:
    """Return an order of this till's store, or one that was handed out here for another. Raises ``OrderUnknown``."""
    demand(actor, VIEW, till)
    order = orders.order(id=order_id)
    is_from_here = order.state is State.COMPLETED and all(line.location_id == till.store_id for line in order.lines)
    if order.selling_store_id == till.store_id or (
        is_from_here and checkout.hands_out(order=order, store_id=till.store_id)
    ):
        return order
    raise OrderUnknown


def hand_over(*, order_id: UUID, code: str, till: Till, actor: Actor, now: datetime) -> Order:
    """Hand an order over by its code; a repeat by the same person gives the same.

    Raises ``PickupCodeWrong``, ``PickupNotPaid``, ``PickupCancelled``, ``PickupDone`` when a colleague was quicker, or
    ``RateLimited``.
    """
    demand(actor, HAND_OVER, till)
    order = orders.order(id=order_id)
    if not checkout.hands_out(order=order, store_id=till.store_id):
        raise OrderUnknown
    with guessing("pickup_code", actor, now, wrong=PickupCodeWrong):
        return checkout.hand_over(order_id=order_id, code=code, store_id=till.store_id, actor=actor, now=now)
