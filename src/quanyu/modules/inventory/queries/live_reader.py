"""One reader of a live stream: what it has not been sent yet, the latest figure per SKU only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import msgspec

# A reader that fell so far behind loads the page again: less work for both sides.
WAITING_MAX = 2000
Items = Mapping[int, Mapping[str, int]]


class Batch:
    """What changed at once for a kind of stream; written as JSON once, however many read it."""

    __slots__ = ("_content", "items")

    def __init__(self, items: Items) -> None:
        self.items = items
        self._content: bytes | None = None

    @property
    def content(self) -> bytes:
        """The data of the event."""
        if self._content is None:
            self._content = msgspec.json.encode({"items": list(self.items.values())})
        return self._content


class Reader:
    """Where the hub puts what a reader has to know, and from where its stream takes it.

    Memory is bounded whatever the reader does: a newer figure takes the place of an older one, and past
    ``WAITING_MAX`` SKUs everything that waits becomes one ``reset``.
    """

    def __init__(self, sku_ids: frozenset[int] | None, *, on_close: Callable[[Reader], None]) -> None:
        self.sku_ids = sku_ids
        self._on_close = on_close
        self._is_opened = False
        self._notices: list[tuple[str, str]] = []
        self._batch: Batch | None = None
        self._position = ""
        self._is_ended = False
        self._wake = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many SKUs have a figure that was not taken yet."""
        return len(self._batch.items) if self._batch is not None else 0

    def open(self, position: str) -> None:
        """Tell that everything after this position will come."""
        if not self._is_opened:
            self._is_opened = True
            self._say("open", "", position)

    def put(self, batch: Batch, position: str) -> None:
        """Hand over new figures; those it did not ask for are left out."""
        if self.sku_ids is not None and not batch.items.keys() <= self.sku_ids:
            batch = Batch({sku_id: item for sku_id, item in batch.items.items() if sku_id in self.sku_ids})
        self._position = position
        if not batch.items:
            return
        if self._batch is not None:
            batch = Batch({**self._batch.items, **batch.items})
        if len(batch.items) > WAITING_MAX:
            self.reset("too_slow", position)
            return
        self._batch = batch
        self._wake.set()

    def reset(self, reason: str, position: str) -> None:
        """Tell that figures were missed: whatever is shown must be loaded again."""
        self._batch = None
        self._notices = [notice for notice in self._notices if notice[0] != "reset"]
        self._say("reset", reason, position)

    def end(self, reason: str, position: str) -> None:
        """Tell that nothing more will come, and why."""
        if not self._is_ended:
            self._is_ended = True
            self._say("closed", reason, position)

    def close(self) -> None:
        """Leave: the stream is gone."""
        self._on_close(self)

    async def next(self) -> bytes | None:
        """Wait for something to tell and return it as server-sent events; ``None`` after the last."""
        await self._wake.wait()
        self._wake.clear()
        frames = [
            _frame(kind, msgspec.json.encode({"reason": reason} if reason else {}), self._position)
            for kind, reason in self._notices
        ]
        if self._batch is not None:
            frames.append(_frame("stock", self._batch.content, self._position))
        self._notices, self._batch = [], None
        if self._is_ended:
            self._wake.set()
        return b"".join(frames) or None

    def idle(self) -> bytes:
        """Return what keeps a quiet stream alive: a comment, and the position to go on from."""
        return b":\nid: %s\n\n" % self._position.encode() if self._position else b":\n\n"

    def _say(self, kind: str, reason: str, position: str) -> None:
        self._position = position
        self._notices.append((kind, reason))
        self._wake.set()


def _frame(kind: str, content: bytes, position: str) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (position.encode(), kind.encode(), content)
