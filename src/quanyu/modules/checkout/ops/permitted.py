"""Who may do what to an order: members to their own, others where their permission reaches.

The doors ask, so that no channel can forget to. An order out of reach does not exist for the asker (404, not 403).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import Forbidden, NotFound, Problem
from quanyu.modules.checkout.contracts import Asked
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import Wanted
from quanyu.modules.orders.contracts import Order, OrderUnknown

PLACE = "orders.place"
CANCEL = "orders.cancel"
HAND_OVER = "orders.hand_over"
SHIP = "orders.ship"
REASSIGN = "orders.reassign"


def refusals_to_place(asked: Sequence[Asked]) -> list[Problem | None]:
    """Return for each command why its actor may not give it, ``None`` when he may; at most one query for all."""
    refusals = [_refusal_to_member(one) if one.actor.kind is ActorKind.MEMBER else None for one in asked]
    others = [place for place, one in enumerate(asked) if one.actor.kind is not ActorKind.MEMBER]
    wanted = [_wanted(asked[place]) for place in others]
    for place, refusal in zip(others, identity.refusals(asked=wanted), strict=True):
        refusals[place] = refusal
    return refusals


def _wanted(one: Asked) -> Wanted:
    """Return what the asker needs: to sell where the sale is credited, wherever its goods are fetched."""
    command = one.command
    if command.credited_store_id is None:
        return Wanted(one.actor, PLACE, command.store_id, path=one.path)
    return Wanted(one.actor, PLACE, command.credited_store_id)


def _refusal_to_member(one: Asked) -> Problem | None:
    """Return why a member may not give this command.

    A member orders for himself, at the shop's prices, and pays a provider: what only a till can know (money in
    the drawer, a price agreed at the counter) is not his to say.
    """
    command = one.command
    till_only = (
        command.tenders
        or command.till
        or command.credited_store_id
        or any(line.manual_discount_fen or line.journal or line.location_id for line in command.lines)
    )
    if till_only or command.member_id is None or str(command.member_id) != one.actor.id:
        return Forbidden(permission=PLACE)
    return None


def require_own_rights(actor: Actor, *, member_id: UUID | None) -> None:
    """Refuse a member who looks at the coupons and points of somebody else. Raises ``Forbidden``."""
    if member_id is not None and actor.kind is ActorKind.MEMBER and str(member_id) != actor.id:
        raise Forbidden(permission=PLACE)


def require(actor: Actor, permission: str, *, order: Order, unit_id: int | None = None) -> None:
    """Refuse an actor who may not do this to the order at the unit.

    By default that is the selling store; who may place an order there where it is credited may also take its money.
    Raises ``OrderUnknown`` for an order out of the actor's reach, ``Forbidden`` for a permission held nowhere.
    """
    if actor.kind is ActorKind.MEMBER:
        if order.member_id is None or str(order.member_id) != actor.id:
            raise OrderUnknown
        return
    try:
        identity.require(actor=actor, permission=permission, unit_id=unit_id or _home(order, permission))
    except NotFound:
        raise OrderUnknown from None


def _home(order: Order, permission: str) -> int:
    return order.lines[0].credited_store_id if permission == PLACE else order.selling_store_id


def require_staff(actor: Actor, permission: str, *, order: Order, unit_id: int | None = None) -> None:
    """Like :func:`require`, for what the house does with an order: its member may not."""
    if actor.kind is ActorKind.MEMBER:
        raise Forbidden(permission=permission)
    require(actor, permission, order=order, unit_id=unit_id)
