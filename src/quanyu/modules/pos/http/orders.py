"""The orders of this store: look."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from quanyu.modules.orders.contracts import State
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.schemas import OrderOut, order_out
from quanyu.platform import http
from quanyu.platform.http import Page, PageQuery

router = Router(tags=["orders"])


class OrdersQuery(PageQuery):
    """Which orders."""

    state: Literal["placed", "paid", "completed", "cancelled"] | None = None


@router.get("/orders", response=Page[OrderOut])
def list_orders(request: HttpRequest, query: Query[OrdersQuery]) -> dict[str, object]:
    """Return the orders of this till's store, newest first."""
    till = auth.till_of(request)
    scope = f"pos.orders:{till.store_id}:{query.state}"
    after = http.after(query, scope=scope)
    before = None if after is None else (datetime.fromisoformat(after[0]), UUID(after[1]))
    found = api.store_orders(
        state=State(query.state) if query.state else None,
        before=before,
        limit=query.limit + 1,
        till=till,
        actor=http.actor_of(request),
    )
    page = http.page(found, query, scope=scope, key=lambda order: (order.placed_at.isoformat(), str(order.id)))
    return {**page, "items": [order_out(order) for order in page["items"]]}


@router.get("/orders/{uuid:order_id}", response=OrderOut)
def show_order(request: HttpRequest, order_id: UUID) -> OrderOut:
    """Return one order of this store, or one that was handed out here for another; others do not exist here (404)."""
    return order_out(api.handed_out(order_id=order_id, till=auth.till_of(request), actor=http.actor_of(request)))
