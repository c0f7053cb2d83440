"""Hand out what was ordered elsewhere: by the customer's code alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PickupCodeWrong, PickupElsewhere
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, StateConflict
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.api.sales import own_sale
from quanyu.modules.pos.contracts import HAND_OVER, Till
from quanyu.modules.pos.ops.limit_guesses import guessing, may_look_elsewhere
from quanyu.modules.pos.queries import pickups
from quanyu.modules.pos.rules.pickups import Pickup

# Whatever is not a waiting order counts as a guess, so that searching finds no more by what the refusals tell.
_NOTHING_WAITS = (PickupCodeWrong, PickupElsewhere, StateConflict)


def waiting_pickups(*, after: tuple[datetime, UUID] | None, limit: int, till: Till, actor: Actor) -> list[Pickup]:
    """Return the paid orders that wait at this store, the one promised first at the head."""
    demand(actor, HAND_OVER, till)
    return pickups.told(orders=orders.waiting_at(store_id=till.store_id, after=after, limit=limit))


def find_pickup(*, code: str, till: Till, actor: Actor, now: datetime) -> Pickup:
    """Return the paid order that waits here under a pickup code.

    Raises ``PickupCodeWrong``, for a right code ``PickupDone``, ``PickupCancelled``, ``PickupNotPaid``,
    ``PickupElsewhere``; or ``RateLimited``.
    """
    demand(actor, HAND_OVER, till)
    with guessing("pickup_code", actor, now, wrong=_NOTHING_WAITS):
        try:
            order = checkout.find_pickup(code=code, store_id=till.store_id, now=now)
        except PickupCodeWrong:
            if may_look_elsewhere(actor, now):
                checkout.check_pickup_elsewhere(code=code)
            raise
    return pickups.told(orders=[order])[0]


def hand_over(*, order_id: UUID, code: str, till: Till, actor: Actor, now: datetime) -> Order:
    """Hand an order over by its code; a repeat by the same person gives the same.

    Raises ``PickupCodeWrong``, ``PickupNotPaid``, ``PickupCancelled``, ``PickupDone`` when a colleague was quicker, or
    ``RateLimited``.
    """
    demand(actor, HAND_OVER, till)
    own_sale(order_id=order_id, till=till, actor=actor)
    with guessing("pickup_code", actor, now, wrong=PickupCodeWrong):
        return checkout.hand_over(order_id=order_id, code=code, store_id=till.store_id, actor=actor, now=now)
