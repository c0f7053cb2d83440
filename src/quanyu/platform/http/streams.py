"""Long answers: server-sent events, one connection per reader, beside Django (docs/adr/0005).

A handler looks at the request as a hot route does and returns a :class:`Source`; here stands what all streams need:
how many there may be, the headers that keep proxies from holding events back, a sign of life on quiet streams, an end
for readers who hung up or do not read, for whose right has ended, and for everybody when the server stops.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import uniform
from typing import Any, Protocol

import structlog
from django.http import HttpResponse

from quanyu.kernel.problem import N_, Problem
from quanyu.platform import logs, metrics, rate
from quanyu.platform.http import hot

HEARTBEAT_S = 15.0
# A reader that takes nothing for so long has gone away without a word.
SEND_S_MAX = 20.0
# Streams end after a while, so that a new server gets its share; whoever reads comes back by itself.
LIFETIME_S = 3600.0
RECHECK_S = 30.0
RETRY_MS = 2000
_RETRY_ELSEWHERE_MS = 60_000
# What a process sends over all its streams: with more readers each hears a little less often, and gets the newest
# figures then, so that a crowd that looks does not hold up those who buy. One event after a rest goes at once.
FRAMES_PER_S_MAX = 4000
# Many shoppers share one address (a mobile network, the WiFi of a mall).
PER_ADDRESS_MAX = 200
PER_PROCESS_MAX = 5000
# Descriptors that are left for requests, files and the database.
_DESCRIPTORS_KEPT = 256
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # nginx and those that follow it hold answers back unless told not to.
    (b"x-accel-buffering", b"no"),
)
_log = structlog.get_logger("quanyu.http")


class TooManyStreams(Problem):
    """This client has as many live streams open as one address may have."""

    code = "streams.too_many"
    status = 429
    title = N_("Too many live views are open from here.")
    remedy = N_("Close some of them, or try again in %(retry_after_s)s seconds.")


class StreamsFull(Problem):
    """The server has as many live streams as it can hold."""

    code = "streams.full"
    status = 503
    title = N_("No further live view can be opened at the moment.")
    remedy = N_("Try again in %(retry_after_s)s seconds; load the page anew until then.")


class Source(Protocol):
    """What a stream sends."""

    async def next(self) -> bytes | None:
        """Wait for events and return them as they go over the wire; ``None``: there is no more."""

    def idle(self) -> bytes:
        """Return what is sent when nothing happened for a while."""

    def close(self) -> None:
        """The stream has ended: let go of everything."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a handler opened. ``may_stay`` is asked again and again: false, and the stream ends."""

    source: Source
    may_stay: Callable[[], Awaitable[bool]] | None = None


Handler = Callable[[hot.Request], Awaitable[Opened]]


class Room:
    """How many streams a process holds, in all and per address."""

    def __init__(self, *, per_process: int, per_address: int) -> None:
        self._per_process = per_process
        self._per_address = per_address
        self._of: Counter[str] = Counter()
        self.open: set[asyncio.Task[Any]] = set()

    def enter(self, address: str) -> None:
        """Take a place. Raises ``TooManyStreams`` or ``StreamsFull``."""
        if self._of[address] >= self._per_address:
            raise TooManyStreams(retry_after_s=30)
        if self._of.total() >= self._per_process:
            raise StreamsFull(retry_after_s=30)
        self._of[address] += 1

    def leave(self, address: str) -> None:
        """Give the place back."""
        self._of[address] -= 1
        if not self._of[address]:
            del self._of[address]


def _places() -> int:
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(PER_PROCESS_MAX, descriptors - _DESCRIPTORS_KEPT))


_room = Room(per_process=_places(), per_address=PER_ADDRESS_MAX)


def documented(events: str) -> dict[str, Any]:
    """Return what the OpenAPI document says of a stream's operation; ``events`` tells what comes over it."""
    event = {"id": {"type": "string"}, "event": {"type": "string"}, "data": {"type": "string"}}
    schema = {"type": "object", "properties": event, "required": ["event", "data"]}
    return {"responses": {200: {"description": events, "content": {"text/event-stream": {"schema": schema}}}}}


def elsewhere() -> HttpResponse:
    """Return what Django alone answers, without the dispatcher: it would hold a thread for each reader."""
    content = b"retry: %d\n\n" % _RETRY_ELSEWHERE_MS + _closed("not_here")
    return HttpResponse(content, content_type="text/event-stream; charset=utf-8")


class LiveRoute:
    """One stream's operation. ``template`` as Django shows it; asked like a :class:`hot.HotRoute`."""

    def __init__(self, template: str, handler: Handler, *, room: Room | None = None) -> None:
        self.template = template
        self._handler = handler
        self._room = room or _room
        self._gauge = metrics.live_streams.labels(route=template)

    async def __call__(
        self, scope: hot.Scope, receive: hot.Receive, send: hot.Send, params: Mapping[str, str] | None = None
    ) -> hot.Receive | None:
        """Stream until somebody has enough; or return a ``receive`` with which Django can refuse the request."""
        stay = _Stay(self._room, self._handler)
        # Whatever is refused is refused, told and counted as on every hot route.
        passed_on = await hot.HotRoute(self.template, stay.begin)(scope, receive, send, params)
        if stay.opened is None or stay.request is None or passed_on is None:
            return passed_on
        started = time.perf_counter()
        self._gauge.inc()
        try:
            await passed_on()  # the request itself; what follows is the reader's leaving
            await self._sent(stay.opened, stay.request, passed_on, send)
        finally:
            self._gauge.dec()
            stay.end()
            _account(self.template, stay.request, seconds=time.perf_counter() - started)
        return None

    async def _sent(self, opened: Opened, request: hot.Request, receive: hot.Receive, send: hot.Send) -> None:
        """Send until the reader hangs up, the source ends, the right ends, or the server stops."""
        sending = asyncio.create_task(_events(opened, request, send, readers=lambda: len(self._room.open)))
        gone = asyncio.create_task(_hung_up(receive))
        self._room.open.add(sending)
        _close_at_signals(self._room)
        try:
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
            is_stopped = sending.cancelled()
        finally:
            self._room.open.discard(sending)
            sending.cancel()
            gone.cancel()
        outcome, _ = await asyncio.gather(sending, gone, return_exceptions=True)
        if is_stopped:
            await _last(send, _closed("server_stops"))
        elif isinstance(outcome, TimeoutError):
            _log.info("http.stream_not_read", route=self.template)
        elif isinstance(outcome, Exception):
            _log.warning("http.stream_failed", route=self.template, **logs.failure(outcome))


class _Stay:
    """One reader's place in the room, from the moment it is let in."""

    def __init__(self, room: Room, handler: Handler) -> None:
        self._room = room
        self._handler = handler
        self._address = ""
        self.request: hot.Request | None = None
        self.opened: Opened | None = None

    async def begin(self, request: hot.Request) -> hot.Answer:
        """Let a reader in. Raises ``PassOn`` in the end: nothing is answered yet; or what the handler raises."""
        address = rate.household((request.scope.get("client") or ("", 0))[0])
        self._room.enter(address)
        try:
            self.opened = await self._handler(request)
        except BaseException:
            self._room.leave(address)
            raise
        self._address, self.request = address, request
        raise hot.PassOn

    def end(self) -> None:
        """Let it out."""
        if self.opened is not None:
            self.opened.source.close()
            self._room.leave(self._address)


def _account(template: str, request: hot.Request, *, seconds: float) -> None:
    metrics.requests.labels(route=template, status="200").inc()
    _log.info(
        "http.stream",
        route=template,
        duration_s=round(seconds, 1),
        request_id=request.request_id,
        actor=f"{request.actor.kind}:{request.actor.id}" if request.actor else None,
    )


async def _events(opened: Opened, request: hot.Request, send: hot.Send, *, readers: Callable[[], int]) -> None:
    pairs = [*_HEADERS, (b"x-request-id", request.request_id.encode()), *hot.always(request.language)]
    await send({"type": "http.response.start", "status": 200, "headers": pairs})
    await _part(send, b"retry: %d\n\n" % RETRY_MS)
    now = time.monotonic()
    ends_at, ask_again_at = now + LIFETIME_S * uniform(0.9, 1.0), now + RECHECK_S  # noqa: S311 - spread, no secret
    source = opened.source
    while (now := time.monotonic()) < ends_at:
        if opened.may_stay is not None and now >= ask_again_at:
            if not await opened.may_stay():
                await _last(send, _closed("signed_out"))
                return
            ask_again_at = now + RECHECK_S
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                content = await source.next()
        except TimeoutError:
            content = source.idle()
        if content is None:
            break
        await _part(send, content)
        await asyncio.sleep(readers() / FRAMES_PER_S_MAX)
    await _last(send, b"")


def _closed(reason: str) -> bytes:
    return b'event: closed\ndata: {"reason":"%s"}\n\n' % reason.encode()


async def _part(send: hot.Send, content: bytes) -> None:
    """Send a part. Raises ``TimeoutError`` when the reader does not take it: it is dropped."""
    async with asyncio.timeout(SEND_S_MAX):
        await send({"type": "http.response.body", "body": content, "more_body": True})


async def _last(send: hot.Send, content: bytes) -> None:
    async with asyncio.timeout(1.0):
        await send({"type": "http.response.body", "body": content, "more_body": False})


async def _hung_up(receive: hot.Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


_watched: set[int] = set()


def _close_at_signals(room: Room) -> None:
    """End the streams when the process is told to stop: the server waits for open connections before anything else.

    Its own handler, which stands on the loop, runs afterwards as ever.
    """
    loop = asyncio.get_running_loop()
    if id(loop) in _watched:
        return
    _watched.add(id(loop))
    handlers = getattr(loop, "_signal_handlers", {})
    for number in (signal.SIGTERM, signal.SIGINT):
        before = handlers.get(number)
        if before is not None:
            loop.add_signal_handler(number, _stop, room, before)


def _stop(room: Room, before: Any) -> None:
    for sending in list(room.open):
        sending.cancel()
    before._run()  # noqa: SLF001 - asyncio has no way to add a second handler
