"""The product's ASGI application in this process: hot routes and Django as a server would call them, without one."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.harness.clients import Reply

_TIMEOUT_S = 60


class ThroughAsgi:
    """A sender: any number of threads may use it at the same time. All requests run on one event loop."""

    def __init__(self) -> None:
        from quanyu.entrypoints.asgi import app

        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="asgi", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the event loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        """Send a request and wait for what comes back."""
        return self.start(method, path, body, headers).result(_TIMEOUT_S)

    def start(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """Send a request and return its future; cancelling it is a client that hangs up."""
        content = b"" if body is None else json.dumps(body, default=str).encode()
        return asyncio.run_coroutine_threadsafe(self._ask(method, path, content, headers), self._loop)

    async def _ask(self, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        parts = urlsplit(path)
        named = {"host": "localhost", "content-type": "application/json", "accept-language": "en", **headers}
        named["content-length"] = str(len(content))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
            "state": {},
            "extensions": {},
        }
        waiting = [{"type": "http.request", "body": content, "more_body": False}]
        said: list[dict[str, Any]] = []
        done = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop()
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        try:
            await self._app(scope, receive, send)
        finally:
            done.set()
        status = next(one["status"] for one in said if one["type"] == "http.response.start")
        answered = b"".join(one.get("body", b"") for one in said if one["type"] == "http.response.body")
        sent = {
            name.decode().title(): value.decode()
            for one in said
            if one["type"] == "http.response.start"
            for name, value in one["headers"]
        }
        return Reply(status, json.loads(answered) if answered else None, sent)
