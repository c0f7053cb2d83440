"""A member's own orders of all channels: somebody else's do not exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall import api
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.schemas import OrderOut, order_out, sku_ids_of
from quanyu.modules.orders.contracts import Order
from quanyu.modules.organization import api as organization
from quanyu.platform import http
from quanyu.platform.http import Page, PageQuery

router = Router(tags=["orders"])


@router.get("/orders", response=Page[OrderOut])
def list_orders(request: HttpRequest, query: Query[PageQuery]) -> dict[str, object]:
    """Return the member's orders, newest first."""
    member_id = auth.member_id_of(request)
    scope = f"mall.orders:{member_id}"
    after = http.after(query, scope=scope)
    before = None if after is None else (datetime.fromisoformat(after[0]), UUID(after[1]))
    found = api.orders_of(member_id=member_id, before=before, limit=query.limit + 1)
    page = http.page(found, query, scope=scope, key=lambda order: (order.placed_at.isoformat(), str(order.id)))
    return {**page, "items": shown(page["items"])}


@router.get("/orders/{uuid:order_id}", response=OrderOut)
def show_order(request: HttpRequest, order_id: UUID) -> OrderOut:
    """Return one order with its timeline and, while it waits in the store, its pickup code."""
    return shown([api.order(order_id=order_id, member_id=auth.member_id_of(request))])[0]


def shown(orders: Sequence[Order]) -> list[OrderOut]:
    """Return orders for the wire, with pictures and stores' names: two queries for any number."""
    skus = catalog.skus(ids=sku_ids_of(orders))
    units = organization.units(ids={order.selling_store_id for order in orders})
    names = {unit.id: unit.name for unit in units.values()}
    return [order_out(order, skus=skus, store_names=names) for order in orders]
