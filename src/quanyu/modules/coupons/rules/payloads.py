"""What a coupon's QR code says: 32 characters, the code and a signature that ends after minutes.

``QC1`` | 16 characters of the code | 13 characters (65 bits, 64 of them signature). The signature covers the
code and the number of the time step, so a photograph of the code is worth nothing soon.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from quanyu.modules.coupons.rules import codes

PREFIX = "QC1"
STEP = timedelta(minutes=5)
_SIGNATURE_BYTES = 8
_SIGNATURE_CHARACTERS = 13
LENGTH = len(PREFIX) + codes.CODE_CHARACTERS + _SIGNATURE_CHARACTERS

# ``sign(text)`` returns a keyed hash of the text of at least 8 bytes; the caller holds the key.
Sign = Callable[[str], bytes]


def payload(code: str, *, now: datetime, sign: Sign) -> str:
    """Return the payload of a code (16 characters) for the step of time that ``now`` is in."""
    return PREFIX + code + _signature(code, _step(now), sign)


def renew_at(now: datetime) -> datetime:
    """Return when the holder's screen must show a new payload."""
    return datetime.fromtimestamp((_step(now) + 1) * STEP.total_seconds(), UTC)


def is_payload(text: str) -> bool:
    """Tell whether a scanned text claims to be a coupon."""
    return text.startswith(PREFIX)


def read(text: str, *, now: datetime, sign: Sign) -> str | None:
    """Return the code of a payload signed in this step of time or the one before, else ``None``."""
    scanned = text.strip()
    if len(scanned) != LENGTH or not scanned.startswith(PREFIX):
        return None
    code = scanned[len(PREFIX) : len(PREFIX) + codes.CODE_CHARACTERS]
    if codes.tidy(code) != code:
        return None
    signature = scanned[-_SIGNATURE_CHARACTERS:].encode()
    genuine = [
        hmac.compare_digest(signature, _signature(code, step, sign).encode()) for step in (_step(now), _step(now) - 1)
    ]
    return code if any(genuine) else None


def _step(now: datetime) -> int:
    return int(now.timestamp() // STEP.total_seconds())


def _signature(code: str, step: int, sign: Sign) -> str:
    content = sign(f"{code}|{step}")[:_SIGNATURE_BYTES]
    # 64 bits in 13 characters: padded to 80, of which the last three characters say nothing.
    return codes.encode(content + b"\0\0")[:_SIGNATURE_CHARACTERS]
