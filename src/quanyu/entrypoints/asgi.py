"""The ASGI dispatcher: named hot routes go to lean handlers, everything else to Django.

Django sits behind WSGI on a thread pool in the same process: measured, its own ASGI handler costs
several times more per request (docs/adr/0005). A hot route is an exact ``(method, path)``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from quanyu.entrypoints.wsgi import application as django
from quanyu.platform import health

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
HotRoute = Callable[[Scope, Receive, Send], Awaitable[None]]

WEB_THREADS = 16

HOT_ROUTES: dict[tuple[str, str], HotRoute] = {
    ("GET", "/healthz"): health.live,
}

# Both sides speak the same protocol; their stubs name its messages differently.
_django = cast("HotRoute", WSGIMiddleware(cast("Any", django), workers=WEB_THREADS))


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one ASGI connection."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        hot = HOT_ROUTES.get((scope["method"], scope["path"]))
        if hot is not None:
            await hot(scope, receive, send)
        else:
            await _through_django(scope, receive, send)


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
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
