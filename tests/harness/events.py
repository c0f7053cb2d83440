"""A reader of server-sent events over HTTP, as a browser's EventSource reads them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Event:
    """One event: its kind, its data, the id to go on from, and when it came (``time.monotonic``)."""

    kind: str
    data: Any
    id: str
    at: float


class Stream:
    """An open stream; ``events`` blocks until the next one."""

    def __init__(self, answer: requests.Response) -> None:
        self.answer = answer
        self.last_id = ""
        self.comments = 0
        self.retry_ms = 0
        self._parts = _events(self, answer)

    def next(self) -> Event | None:
        """Return the next event, ``None`` when the server has ended the stream. Raises when none comes in time."""
        return next(self._parts, None)

    def until(self, kind: str) -> Event:
        """Return the next event of a kind."""
        while (event := self.next()) is not None:
            if event.kind == kind:
                return event
        raise AssertionError(f"the stream ended before {kind!r}")

    def figure(self, sku_id: int, **wanted: int) -> dict[str, int]:
        """Return the figures of a SKU as soon as they are the wanted ones."""
        deadline, seen = time.monotonic() + PATIENCE_S, []
        while time.monotonic() < deadline:
            for item in self.until("stock").data["items"]:
                if item["sku_id"] == sku_id:
                    seen.append(item)
                    if wanted.items() <= item.items():
                        return item
        raise AssertionError(f"never {wanted}, but {seen}")


@contextmanager
def stream(
    url: str,
    *,
    params: dict[str, Any] | None = None,
    token: str = "",
    last_id: str = "",
    patience_s: float = PATIENCE_S,
) -> Iterator[Stream]:
    """Open a stream and wait until the server has taken it."""
    headers = {"Accept": "text/event-stream"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if last_id:
        headers["Last-Event-ID"] = last_id
    with requests.get(url, params=params, headers=headers, stream=True, timeout=(5, PATIENCE_S)) as answer:
        yield Stream(answer)


def _events(stream: Stream, answer: requests.Response) -> Iterator[Event]:
    kind, data, buffer = "", [], b""
    for part in answer.iter_content(chunk_size=None):
        buffer += part
        while b"\n" in buffer:
            raw, buffer = buffer.split(b"\n", 1)
            name, _, value = raw.decode().partition(": ")
            if raw.startswith(b":"):
                stream.comments += 1
            elif name == "id":
                stream.last_id = value
            elif name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "retry":
                stream.retry_ms = int(value)
            elif not raw:
                if data:
                    yield Event(kind, json.loads("\n".join(data)), stream.last_id, time.monotonic())
                kind, data = "", []
