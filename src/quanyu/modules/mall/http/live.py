"""The live stock of a store: server-sent events to whoever looks at its pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field, ValidationError

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.http.schemas import BigIdQuery
from quanyu.platform.http import QuerySchema, hot, streams
from quanyu.platform.http.schemas import BIGINT_MAX

router = Router(tags=["stores"])
_PATH = "/api/mall/v1/stores/{store_id:int}/stock/live"
_EVENTS = (
    "Server-sent events; each has an `id`. `open`: everything after this will come, load the page now. `stock`: "
    '`{"items": [{"sku_id", "available", "express_available"}]}`, base units, the newest figure of each SKU. '
    '`reset`: `{"reason"}`, figures were missed, load the page again. `closed`: `{"reason"}`, nothing more will come.'
)


class LiveQuery(QuerySchema):
    """Which SKUs, separated by commas (all that the store offers), and the last event's id for who cannot send it
    as the header ``Last-Event-ID``."""

    skus: str = Field("", pattern=r"^([0-9]{1,18}(,[0-9]{1,18}){0,199})?$")
    last_event_id: str = Field("", max_length=4000)


@router.get(
    "/stores/{int:store_id}/stock/live",
    response={200: None},
    auth=None,
    openapi_extra=streams.documented(_EVENTS),
)
def live_stock(request: HttpRequest, store_id: BigIdQuery, query: Query[LiveQuery]) -> HttpResponse:
    """Tell what can be sold here as it changes. With ``skus`` the first event has the figures of all of them; after a
    gap, ``Last-Event-ID`` brings what changed meanwhile."""
    api.store(store_id=store_id, place=None, now=system_clock.now())
    api.require_live_stock(store_id=store_id)
    return streams.elsewhere()


async def _open(request: hot.Request) -> streams.Opened:
    """Open the stream; whatever is wrong with the request is Django's to tell."""
    store_id = int(request.params["store_id"])
    try:
        query = LiveQuery.model_validate(dict[str, Any](parse_qsl(request.query.decode("latin-1"))))
    except ValidationError:
        raise hot.PassOn from None
    if not 0 < store_id <= BIGINT_MAX:
        raise hot.PassOn
    if not await api.has_live_stock(store_id=store_id):
        raise hot.PassOn
    source = await api.live_stock(
        store_id=store_id,
        sku_ids=frozenset(map(int, query.skus.split(","))) if query.skus else None,
        last_event_id=request.header(b"last-event-id") or query.last_event_id,
    )
    if source is None:
        raise hot.PassOn
    return streams.Opened(source)


LIVE_STOCK = streams.LiveRoute("api/mall/v1/stores/<int:store_id>/stock/live", _open)
ROUTES = {("GET", _PATH): LIVE_STOCK}
