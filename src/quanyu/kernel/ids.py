"""Identifiers: UUID version 7 (RFC 9562), ordered by time, and unguessable tokens."""

from __future__ import annotations

import os
import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0
# Random bytes are fetched for many ids at once: asking the system lets every other thread go first.
_FETCHED_BYTES = 4096
_random = b""
_used = 0


def uuid7() -> UUID:
    """Return a new UUIDv7: strictly increasing within this process, 62 random bits.

    The 12 bits after the millisecond are a counter (RFC 9562, method 3 simplified): ids made in
    one process sort in the order they were made, which keeps index inserts local.
    """
    global _last, _random, _used
    with _lock:
        stamp = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        _last = stamp
        if _used + 8 > len(_random):
            _random, _used = os.urandom(_FETCHED_BYTES), 0
        random_bits = int.from_bytes(_random[_used : _used + 8], "big") & ((1 << 62) - 1)
        _used += 8
    millis, counter = stamp >> 12, stamp & 0xFFF
    return UUID(int=millis << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random_bits)


def _after_fork() -> None:
    """Forget the parent's random bytes: two processes must not use the same ones."""
    global _lock, _random
    _lock, _random = threading.Lock(), b""


os.register_at_fork(after_in_child=_after_fork)


def new_token() -> str:
    """Return an opaque bearer token of 256 random bits, safe in URLs and headers."""
    return secrets.token_urlsafe(32)
