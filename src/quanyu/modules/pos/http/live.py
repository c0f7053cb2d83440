"""The live stock of a till's store: server-sent events to the till."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field, ValidationError

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem, Unauthenticated
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.http import auth
from quanyu.platform.gather import Gatherer
from quanyu.platform.http import QuerySchema, hot, streams

router = Router(tags=["catalogue"])
_EVENTS = (
    "Server-sent events; each has an `id`. `open`: everything after this will come, load the catalogue now. `stock`: "
    '`{"items": [{"sku_id", "available"}]}`, base units, the newest figure of each SKU. `reset`: `{"reason"}`, figures '
    'were missed, load the catalogue again. `closed`: `{"reason"}`, nothing more will come.'
)


class LiveQuery(QuerySchema):
    """Which SKUs, separated by commas (all of the store), and the last event's id for who cannot send it as the
    header ``Last-Event-ID``."""

    skus: str = Field("", pattern=r"^([0-9]{1,18}(,[0-9]{1,18}){0,199})?$")
    last_event_id: str = Field("", max_length=4000)


@router.get(
    "/stock/live",
    response={200: None},
    auth=auth.till_token,
    openapi_extra=streams.documented(_EVENTS),
)
def live_stock(request: HttpRequest, query: Query[LiveQuery]) -> HttpResponse:
    """Tell what this till's store can sell as it changes. With ``skus`` the first event has the figures of all of
    them; after a gap, ``Last-Event-ID`` brings what changed meanwhile."""
    auth.till_of(request)
    return streams.elsewhere()


def _tills(tokens: list[str]) -> list[tuple[Actor, Till] | BaseException]:
    """Return which till stands behind each token."""
    return [_till(token) for token in tokens]


def _till(token: str) -> tuple[Actor, Till] | BaseException:
    try:
        device = auth.device_of(token)
        return Unauthenticated() if device is None else (device, api.till_of(actor=device))
    except Problem as refusal:
        return refusal


_gathered = Gatherer("pos.live_tills", _tills)


async def _open(request: hot.Request) -> streams.Opened:
    """Open the stream; whatever is wrong with the request is Django's to tell."""
    token = request.bearer()
    request.actor, till = await _gathered.acall(token)
    try:
        query = LiveQuery.model_validate(dict[str, Any](parse_qsl(request.query.decode("latin-1"))))
    except ValidationError:
        raise hot.PassOn from None
    source = await api.live_stock(
        till=till,
        sku_ids=frozenset(map(int, query.skus.split(","))) if query.skus else None,
        last_event_id=request.header(b"last-event-id") or query.last_event_id,
    )
    if source is None:
        raise hot.PassOn

    async def may_stay() -> bool:
        """The till may have been blocked, or belong to another store now."""
        try:
            _, now_till = await _gathered.acall(token)
        except Unauthenticated:
            return False
        return now_till.store_id == till.store_id

    return streams.Opened(source, may_stay)


LIVE_STOCK = streams.LiveRoute("api/pos/v1/stock/live", _open)
ROUTES = {("GET", "/api/pos/v1/stock/live"): LIVE_STOCK}
