"""What the stock pages show of modules above the stock: orders and returns as causes, sales as the size of a store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quanyu.modules.aftersales.models import Request, Return
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.models import CHANNEL_LABELS, Order
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.causes import Cause, link_cause
from quanyu.platform.console.formats import yuan
from quanyu.platform.console.measures import Measure, add_measure

_DAYS = 7


def register() -> None:
    """Say how orders and returns are shown where they moved stock, and measure stores by their sales."""
    link_cause("order", _orders)
    link_cause("return", _returns)
    link_cause("exchange", _exchanges)
    add_measure(Measure("sales", _("Sales of 7 days"), orders.VIEW, _sales, yuan, 10))


def _orders(request: HttpRequest, ids: Collection[str]) -> Mapping[str, Cause]:
    return _shown(request, Order, ids, address="admin:orders_order_change", channel="channel")


def _returns(request: HttpRequest, ids: Collection[str]) -> Mapping[str, Cause]:
    return _shown(request, Return, ids, address="admin:aftersales_return_change", channel="order__channel")


def _exchanges(request: HttpRequest, ids: Collection[str]) -> Mapping[str, Cause]:
    return _shown(request, Request, ids, address="admin:aftersales_request_change", channel="order__channel")


def _shown(request: HttpRequest, model: type, ids: Collection[str], *, address: str, channel: str) -> dict[str, Cause]:
    """Return those within the reach of the list of their kind, exactly as it has them."""
    listed = admin.site._registry[model]  # noqa: SLF001 - Django's own admin reads it so
    if not access.may(request, listed.view_permission):  # type: ignore[attr-defined]
        return {}
    keys = [key for key in map(_uuid, ids) if key is not None]
    found = listed.get_queryset(request).filter(pk__in=keys).values_list("pk", "number", channel)
    return {
        str(key): Cause(number, reverse(address, args=[key]), CHANNEL_LABELS.get(of, of)) for key, number, of in found
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _sales(units: Units, now: datetime) -> Mapping[int, int]:
    sold: dict[int, int] = defaultdict(int)
    for day in orders.trade(unit_ids=units, since=now - timedelta(days=_DAYS), until=now):
        sold[day.store_id] += day.sales_fen
    return sold
