"""The rotating member code: 24 digits that change every minute (paper: docs/algorithms/member-code.md). Pure.

``88`` says what it is, eight digits whose phone it is, thirteen digits are a keyed hash of phone and minute (43 bits),
one is Luhn's check digit, so that a misread code is no guess.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from stdnum import luhn

PREFIX = "88"
HANDLE_DIGITS = 8
PROOF_DIGITS = 13
LENGTH = len(PREFIX) + HANDLE_DIGITS + PROOF_DIGITS + 1
WINDOW_S = 60
SECRET_BYTES = 32
_PURPOSE = b"quanyu.member-code.1"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a code says of itself: whose phone shows it, and the proof, which nobody has looked at yet."""

    handle: str
    proof: str


def window_of(at: datetime) -> int:
    """Return the number of the minute (Unix time)."""
    return int(at.timestamp()) // WINDOW_S


def end_of_window(at: datetime) -> datetime:
    """Return when the code of this moment is replaced by the next one."""
    return datetime.fromtimestamp((window_of(at) + 1) * WINDOW_S, UTC)


def code(*, secret: bytes, handle: str, window: int) -> str:
    """Return the code that a phone shows in a window."""
    body = PREFIX + handle + proof(secret=secret, handle=handle, window=window)
    return f"{body}{luhn.calc_check_digit(body)}"


def proof(*, secret: bytes, handle: str, window: int) -> str:
    """Return the thirteen digits that only the phone and we can compute."""
    digest = hmac.new(secret, _PURPOSE + handle.encode() + window.to_bytes(8, "big"), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**PROOF_DIGITS:0{PROOF_DIGITS}d}"


def read(text: str) -> Shown | None:
    """Return what a scanned text says, ``None`` when it has not the form of a code."""
    text = text.strip()
    if len(text) != LENGTH or not (text.isascii() and text.isdigit()) or not text.startswith(PREFIX):
        return None
    if not luhn.is_valid(text):
        return None
    at = len(PREFIX)
    return Shown(handle=text[at : at + HANDLE_DIGITS], proof=text[at + HANDLE_DIGITS : -1])


def matching_window(*, secret: bytes, shown: Shown, now: datetime) -> int | None:
    """Return the window whose code this is: the present one, the one before or the one after; else ``None``.

    A phone's clock may be off by a minute, and a code that changed while it was scanned still counts.
    All three are compared always, so that the time it takes says nothing.
    """
    present = window_of(now)
    found = None
    for window in (present + 1, present - 1, present):
        expected = proof(secret=secret, handle=shown.handle, window=window)
        if hmac.compare_digest(expected, shown.proof):
            found = window
    return found
