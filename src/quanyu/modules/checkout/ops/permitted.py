"""Who may do what to an order: members to their own, others where their permission reaches.

The doors ask, so that no channel can forget to. An order out of reach does not exist for the asker (404, not 403).
"""

from __future__ import annotations

from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import Forbidden, NotFound, Problem
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.identity import api as identity
from quanyu.modules.orders.contracts import Order, OrderUnknown

PLACE = "orders.place"
CANCEL = "orders.cancel"
HAND_OVER = "orders.hand_over"
SHIP = "orders.ship"


def refusal_to_place(command: PlaceOrder, *, actor: Actor) -> Problem | None:
    """Return why the actor may not give this command; ``None`` when he may.

    A member orders for himself, at the shop's prices, and pays a provider: what only a till can know (money in
    the drawer, a price agreed at the counter) is not his to say.
    """
    if actor.kind is not ActorKind.MEMBER:
        try:
            identity.require(actor=actor, permission=PLACE, unit_id=command.store_id)
        except Problem as problem:
            return problem
        return None
    till_only = (
        command.tenders
        or command.till
        or any(line.manual_discount_fen or line.journal or line.location_id for line in command.lines)
    )
    if till_only or command.member_id is None or str(command.member_id) != actor.id:
        return Forbidden(permission=PLACE)
    return None


def require_own_rights(actor: Actor, *, member_id: UUID | None) -> None:
    """Refuse a member who looks at the coupons and points of somebody else. Raises ``Forbidden``."""
    if member_id is not None and actor.kind is ActorKind.MEMBER and str(member_id) != actor.id:
        raise Forbidden(permission=PLACE)


def require(actor: Actor, permission: str, *, order: Order, unit_id: int | None = None) -> None:
    """Refuse an actor who may not do this to the order at the unit (by default the selling store).

    Raises ``OrderUnknown`` for an order out of the actor's reach, ``Forbidden`` for a permission held nowhere.
    """
    if actor.kind is ActorKind.MEMBER:
        if order.member_id is None or str(order.member_id) != actor.id:
            raise OrderUnknown
        return
    try:
        identity.require(actor=actor, permission=permission, unit_id=unit_id or order.selling_store_id)
    except NotFound:
        raise OrderUnknown from None


def require_staff(actor: Actor, permission: str, *, order: Order, unit_id: int | None = None) -> None:
    """Like :func:`require`, for what the house does with an order: its member may not."""
    if actor.kind is ActorKind.MEMBER:
        raise Forbidden(permission=permission)
    require(actor, permission, order=order, unit_id=unit_id)
