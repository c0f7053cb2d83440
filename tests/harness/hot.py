"""The whole product in this process behind its ASGI dispatcher: hot routes and Django as the server serves them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from requests.structures import CaseInsensitiveDict

from tests.harness.clients import Reply

WAIT_S_MAX = 60


@dataclass(frozen=True)
class RawReply:
    """An answer as it went over the wire; header names in small letters."""

    status: int
    content: bytes
    headers: Mapping[str, str]


@cache
def loop() -> asyncio.AbstractEventLoop:
    """Return an event loop that runs in a thread of its own, as the server's does."""
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, name="asgi", daemon=True).start()
    return made


def ask(method: str, path: str, content: bytes, headers: Mapping[str, str]) -> RawReply:
    """Send a request through the dispatcher and return what it sent."""
    return asyncio.run_coroutine_threadsafe(answered(method, path, content, headers), loop()).result(WAIT_S_MAX)


async def answered(method: str, path: str, content: bytes, headers: Mapping[str, str]) -> RawReply:
    """Send a request through the dispatcher; to be awaited on :func:`loop`."""
    from quanyu.entrypoints import asgi

    bare, _, query = path.partition("?")
    sent: list[dict[str, Any]] = []
    pairs = {"host": "localhost", "content-length": str(len(content)), **{k.lower(): v for k, v in headers.items()}}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": bare,
        "raw_path": bare.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()],
        "client": ("127.0.0.1", 12345),
        "server": ("127.0.0.1", 80),
    }
    messages = iter([{"type": "http.request", "body": content, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(messages, None) or await asyncio.Event().wait()  # type: ignore[return-value] # nobody hangs up

    async def send(message: Any) -> None:
        sent.append(message)

    await asgi.app(scope, receive, send)
    start = sent[0]
    return RawReply(
        start["status"],
        b"".join(message.get("body", b"") for message in sent[1:]),
        {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]},
    )


@contextmanager
def passed_on() -> Iterator[list[str]]:
    """Collect the addresses of requests that reach Django."""
    from quanyu.entrypoints import asgi

    through, seen = asgi._through_django, []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        seen.append(f"{scope['method']} {scope['path']}")
        await through(scope, receive, send)

    asgi._through_django = watched
    try:
        yield seen
    finally:
        asgi._through_django = through


class OverAsgi:
    """A ``clients.Sender`` through the dispatcher."""

    def send(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        """Send a request as the test clients do."""
        content = b"" if body is None else json.dumps(body, default=str).encode()
        named = {"Content-Type": "application/json", "Accept-Language": "en", **headers}
        raw = ask(method, path, content, named)
        body = json.loads(raw.content) if raw.content else None
        return Reply(raw.status, body, CaseInsensitiveDict(raw.headers))
