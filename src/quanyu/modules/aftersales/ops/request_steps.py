"""The steps of requests: every one with its event; what returns do to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.aftersales.contracts import Request, RequestMoved, RequestState
from quanyu.modules.aftersales.events import RequestChanged
from quanyu.modules.aftersales.queries import requests as query
from quanyu.modules.orders.contracts import Order
from quanyu.platform import db, outbox


def move(
    request: Request,
    order: Order,
    *,
    from_: tuple[str, ...],
    to: RequestState,
    actor: Actor,
    text: str,
    now: datetime,
) -> None:
    """Move a request. Raises ``RequestMoved`` when it is in none of the states that allow it.

    The order first, then the request, then stock: as returns lock.
    """
    db.value("SELECT orders_lock(%s, ARRAY['completed']) IS NOT NULL", [order.id])
    moved = db.value(
        "SELECT aftersales_move_request(%s, %s::text[], %s, %s, %s, %s)",
        [request.id, list(from_), to.value, signature(actor), text, now],
    )
    if not moved:
        raise RequestMoved
    tell([request.id], order, now=now)


def demand_due(*, return_id: UUID) -> None:
    """Raise ``RequestMoved`` when this is the return of a request that nothing is due of any more.

    Asked under the order's lock, which every move of its requests holds: between a return that waited for a second
    person and its approval the request may have been refused or taken back.
    """
    is_due = db.value(
        "SELECT coalesce((SELECT state = 'received' OR (kind = 'refund_only' AND state = 'approved') "
        "FROM aftersales_request WHERE return_id = %s), true)",
        [return_id],
    )
    if not is_due:
        raise RequestMoved


def follow_return(order: Order, *, return_id: UUID, amount_fen: int, actor: Actor, now: datetime) -> None:
    """After a return was booked: its request is done, and others that ask for more than is left lapse."""
    moved = db.rows(
        "SELECT aftersales_follow_return(%s, %s, %s, %s, %s) AS id",
        [order.id, return_id, amount_fen, signature(actor), now],
    )
    tell([row["id"] for row in moved], order, now=now)


def tell(request_ids: Sequence[UUID], order: Order, *, now: datetime) -> None:
    """Publish ``RequestChanged`` of requests of one order."""
    for request in query.by_ids(request_ids=request_ids):
        outbox.append(
            RequestChanged(
                request_id=str(request.id),
                number=request.number,
                order_id=str(order.id),
                member_id=str(order.member_id) if order.member_id else None,
                store_id=request.store.id if request.store else order.selling_store_id,
                kind=request.kind.value,
                state=request.state.value,
            ),
            now=now,
        )


def signature(actor: Actor) -> str:
    """Return how ledgers note a person."""
    return f"{actor.kind}:{actor.id}"
