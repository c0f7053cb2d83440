"""As much of HTTP/1.1 as a measuring client needs: requests made once, answers cut out of a byte stream.

No library: the client shares the machine with what it measures, and each microsecond of it is missing there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_END = b"\r\n\r\n"


class Reply(NamedTuple):
    """An answer."""

    status: int
    body: bytes


def template(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request that is sent often; ``request`` puts the body behind it."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode()


def request(head: bytes, body: bytes = b"") -> bytes:
    """Return the whole request."""
    return b"%b\r\nContent-Length: %d\r\n\r\n%b" % (head, len(body), body)


class Answers:
    """Cuts answers out of what a connection brings, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, received: bytes) -> Reply | None:
        """Take what came; return the answer when it is whole. One is open at a time: nothing is pipelined."""
        self._waiting += received
        end = self._waiting.find(_END)
        if end < 0:
            return None
        status, length = _head(self._waiting[:end])
        start = end + len(_END)
        if length is None:
            found = _dechunked(self._waiting, start)
            if found is None:
                return None
            body, stop = found
        else:
            stop = start + length
            if len(self._waiting) < stop:
                return None
            body = self._waiting[start:stop]
        self._waiting = self._waiting[stop:]
        return Reply(status, body)


def _head(head: bytes) -> tuple[int, int | None]:
    """Return (status, length of the body); no length when it comes in chunks."""
    status, lowered = int(head[9:12]), head.lower()
    place = lowered.find(b"\r\ncontent-length:")
    if place >= 0:
        return status, int(lowered[place + 17 :].split(b"\r\n", 1)[0])
    if b"\r\ntransfer-encoding: chunked" in lowered:
        return status, None
    return status, 0


def _dechunked(data: bytes, place: int) -> tuple[bytes, int] | None:
    """Return (body, where it ends), or nothing while chunks are missing."""
    parts = []
    while True:
        line_end = data.find(b"\r\n", place)
        if line_end < 0:
            return None
        size = int(data[place:line_end].split(b";")[0], 16)
        start, place = line_end + 2, line_end + 2 + size + 2
        if len(data) < place:
            return None
        if size == 0:
            return b"".join(parts), place
        parts.append(data[start : start + size])
