"""The ASGI dispatcher: named hot routes go to lean handlers, everything else to Django.

Before either sees a request, the true client is put into its scope and its body has arrived whole.

Django sits behind WSGI on a thread pool in the same process: measured, its own ASGI handler costs
several times more per request (docs/adr/0005). A hot route is a method and a template of an address, whose places
are whole segments: ``/api/mall/v1/products/{id:int}``. It may pass a request on to Django (platform.http.hot).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware
from django.conf import settings

from quanyu.entrypoints.wsgi import application as django
from quanyu.kernel.problem import Problem
from quanyu.modules.mall.http import hot_orders, hot_pages
from quanyu.modules.mall.http import live as mall_live
from quanyu.modules.pos.http import hot_sales
from quanyu.modules.pos.http import live as pos_live
from quanyu.platform import gather, health
from quanyu.platform.db import lean
from quanyu.platform.http import bodies, hot, middleware, problems, proxies, streams

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

WEB_THREADS = 16
# How long a server that stops waits for the orders it has taken.
DRAIN_S_MAX = 20.0
_LIVE = ("GET", "/healthz")

HOT_ROUTES: dict[tuple[str, str], hot.HotRoute | streams.LiveRoute] = {
    **hot_orders.ROUTES,
    **hot_pages.ROUTES,
    **hot_sales.ROUTES,
    **mall_live.ROUTES,
    **pos_live.ROUTES,
}

# Both sides speak the same protocol; their stubs name its messages differently.
_django = cast(
    "Callable[[Scope, Receive, Send], Awaitable[None]]", WSGIMiddleware(cast("Any", django), workers=WEB_THREADS)
)
_hot = hot.Router(HOT_ROUTES)

_TRUSTED_PROXIES = settings.CONFIG.proxy_networks
_bodies = bodies.Bodies()
_ASCII = bytes(range(0x21, 0x7F)).decode()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one ASGI connection."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif (scope.get("method"), scope.get("path")) == _LIVE:
        await health.live(scope, receive, send)
    elif scope["type"] == "http":
        proxies.settle(scope, _TRUSTED_PROXIES)
        try:
            async with _bodies.whole(scope, receive) as received:
                await _answer(scope, received, send)
        except bodies.Gone:
            return
        except Problem as refusal:
            await _refuse(refusal, scope, send)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    found = _hot.find(scope["method"], scope["path"])
    if found is not None:
        route, places = found
        passed_on = await route(scope, receive, send, places)
        if passed_on is None:
            return
        receive = passed_on
    # The bridge takes ASCII only; what else a client sends is data like any other.
    scope["query_string"] = quote_from_bytes(scope["query_string"], safe=_ASCII).encode()
    await _through_django(scope, receive, send)


async def _refuse(refusal: Problem, scope: Scope, send: Send) -> None:
    """Say what is wrong with a request that nobody will look at."""
    sent = {name: value.decode("latin-1") for name, value in scope["headers"]}
    request_id = middleware.request_id_from(sent.get(b"x-request-id", ""))
    language = "en" if sent.get(b"accept-language", "").startswith("en") else settings.LANGUAGE_CODE
    status, named, content = problems.encode(refusal, request_id=request_id, language=language)
    headers = {**named, middleware.HEADER: request_id, "X-Content-Type-Options": "nosniff", "Connection": "close"}
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": content})


async def _through_django(scope: Scope, receive: Receive, send: Send) -> None:
    """Let Django answer on a thread.

    The bridge hands what these two return to ``run_coroutine_threadsafe``, which takes coroutines only;
    the server's own are awaitable but not coroutines.
    """

    async def received() -> MutableMapping[str, Any]:
        return await receive()

    async def sent(message: MutableMapping[str, Any]) -> None:
        await send(message)

    await _django(scope, received, sent)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await asyncio.to_thread(gather.drain_all, seconds_max=DRAIN_S_MAX)
            await lean.close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
