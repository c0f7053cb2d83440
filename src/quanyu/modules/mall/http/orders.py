"""A member's own orders of all channels: somebody else's do not exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall import api
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.order_schemas import (
    AddedOut,
    AgainIn,
    AgainOut,
    CountsOut,
    NotAddedOut,
    OrderOut,
    order_out,
    sku_ids_of,
)
from quanyu.modules.orders.contracts import Order, Stage
from quanyu.modules.organization import api as organization
from quanyu.platform import http
from quanyu.platform.http import Page, PageQuery

router = Router(tags=["orders"])


class OrdersQuery(PageQuery):
    """Which orders: unpaid, on their way to the member, done, or with something brought back or asked for."""

    state: Literal["to_pay", "to_receive", "done", "after_sale"] | None = None


@router.get("/orders", response=Page[OrderOut])
def list_orders(request: HttpRequest, query: Query[OrdersQuery]) -> dict[str, object]:
    """Return the member's orders of all channels, newest first; ``state``: only those that stand there."""
    member_id = auth.member_id_of(request)
    scope = f"mall.orders:{member_id}:{query.state}"
    after = http.after(query, scope=scope)
    before = None if after is None else (datetime.fromisoformat(after[0]), UUID(after[1]))
    found = api.orders_of(
        member_id=member_id, stage=query.state and Stage(query.state), before=before, limit=query.limit + 1
    )
    page = http.page(found, query, scope=scope, key=lambda order: (order.placed_at.isoformat(), str(order.id)))
    return {**page, "items": shown(page["items"])}


@router.get("/orders/counts", response=CountsOut)
def counts(request: HttpRequest) -> CountsOut:
    """Return how many of the member's orders stand where."""
    found = api.order_counts(member_id=auth.member_id_of(request))
    return CountsOut.model_validate({stage.value: found[stage] for stage in Stage})


@router.post("/orders/{uuid:order_id}/again", response=AgainOut)
def buy_again(request: HttpRequest, order_id: UUID, body: AgainIn) -> AgainOut:
    """Put what was ordered into the cart of a store; a repeat sets the same quantities, it does not add up."""
    done = api.buy_again(
        order_id=order_id,
        member_id=auth.member_id_of(request),
        store_id=body.store_id,
        tier=auth.tier_of(request),
        now=system_clock.now(),
    )
    return AgainOut(
        added=[AddedOut(sku_id=one.sku_id, name=one.name, quantity=one.quantity) for one in done.added],
        refused=[
            NotAddedOut(sku_id=one.sku_id, name=one.name, reason=one.reason, text=http.text(one.text, dict(one.params)))
            for one in done.refused
        ],
    )


@router.get("/orders/{uuid:order_id}", response=OrderOut)
def show_order(request: HttpRequest, order_id: UUID) -> OrderOut:
    """Return one order with its timeline and, while it waits in the store, its pickup code."""
    return shown([api.order(order_id=order_id, member_id=auth.member_id_of(request))])[0]


def shown(orders: Sequence[Order]) -> list[OrderOut]:
    """Return orders for the wire, with pictures and stores' names: two queries for any number."""
    skus = catalog.skus(ids=sku_ids_of(orders))
    stores = organization.units(ids={order.selling_store_id for order in orders})
    facts = api.order_facts(orders=orders, now=system_clock.now())
    return [order_out(order, skus=skus, stores=stores, facts=facts[order.id]) for order in orders]
