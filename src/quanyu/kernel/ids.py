"""Identifiers: UUID version 7 (RFC 9562), ordered by time, and unguessable tokens."""

from __future__ import annotations

import os
import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """Return a new UUIDv7: strictly increasing within this process, 62 random bits.

    The 12 bits after the millisecond are a counter (RFC 9562, method 3 simplified): ids made in
    one process sort in the order they were made, which keeps index inserts local.
    """
    global _last
    with _lock:
        stamp = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        _last = stamp
    millis, counter = stamp >> 12, stamp & 0xFFF
    random_bits = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=millis << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random_bits)


def new_token() -> str:
    """Return an opaque bearer token of 256 random bits, safe in URLs and headers."""
    return secrets.token_urlsafe(32)
