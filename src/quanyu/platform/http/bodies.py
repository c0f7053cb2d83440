"""Bodies are read whole before a thread works on them: bounded in size, in time and in all together.

Django reads a body while it holds one of a few threads, so sixteen clients that send a byte a second
would stop the shop. Here they cost a waiting coroutine and at most ``SECONDS_MAX``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from quanyu.kernel.problem import N_, Problem
from quanyu.platform.http.problems import Unavailable

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

BYTES_MAX = 2 * 1024 * 1024
# Pictures come through the console; its forms check their own sizes.
PICTURE_BYTES_MAX = 12 * 1024 * 1024
PICTURE_PREFIX = "/console/"
# Files with rows come through one page of it.
FILES_BYTES_MAX = 32 * 1024 * 1024
FILES_PATH = "/console/files/"
SECONDS_MAX = 20.0
# All bodies that one process holds at a moment.
HELD_BYTES_MAX = 96 * 1024 * 1024


class BodyTooLarge(Problem):
    """More was sent than any request here needs."""

    code = "request.too_large"
    status = 413
    title = N_("The request is too large.")
    remedy = N_("Send less at once.")


class BodyTooSlow(Problem):
    """The body did not arrive in time."""

    code = "request.too_slow"
    status = 408
    title = N_("The request took too long to arrive.")
    remedy = N_("Check the connection and send it again.")


class Gone(Exception):
    """The client hung up before its request was complete."""


class Bodies:
    """Reads the bodies of one process and counts what they hold."""

    def __init__(self, *, held_max: int = HELD_BYTES_MAX, seconds_max: float = SECONDS_MAX) -> None:
        self._held_max = held_max
        self._seconds_max = seconds_max
        self.held = 0

    @asynccontextmanager
    async def whole(self, scope: Scope, receive: Receive) -> AsyncIterator[Receive]:
        """Give a ``receive`` that has the whole body at once, and tell its length in the scope.

        Raises ``BodyTooLarge``, ``BodyTooSlow``, ``Unavailable`` (too many bodies at once) or ``Gone``.
        """
        body = bytearray()
        try:
            if _may_have_body(scope):
                limit = _limit_of(scope["path"])
                if _announced(scope) > limit:
                    raise BodyTooLarge
                try:
                    async with asyncio.timeout(self._seconds_max):
                        await self._read(receive, body, limit)
                except TimeoutError:
                    raise BodyTooSlow from None
                _tell_length(scope, len(body))
            yield _replaying(bytes(body), receive)
        finally:
            self.held -= len(body)

    async def _read(self, receive: Receive, body: bytearray, limit: int) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            part = message.get("body", b"")
            if len(body) + len(part) > limit:
                raise BodyTooLarge
            if self.held + len(part) > self._held_max:
                raise Unavailable
            body += part
            self.held += len(part)
            more = message.get("more_body", False)


def _may_have_body(scope: Scope) -> bool:
    announced = any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
    return announced or scope["method"] not in ("GET", "HEAD", "OPTIONS")


def _announced(scope: Scope) -> int:
    sent = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(sent) if sent.isdigit() else 0


def _tell_length(scope: Scope, length: int) -> None:
    """A chunked body has no length of its own, and without one Django reads nothing."""
    kept = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"transfer-encoding")]
    scope["headers"] = [*kept, (b"content-length", str(length).encode())]


def _replaying(body: bytes, receive: Receive) -> Receive:
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def replayed() -> Message:
        return next(messages, None) or await receive()

    return replayed


def _limit_of(path: str) -> int:
    if path == FILES_PATH:
        return FILES_BYTES_MAX
    return PICTURE_BYTES_MAX if path.startswith(PICTURE_PREFIX) else BYTES_MAX
