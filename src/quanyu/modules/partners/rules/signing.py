"""How a partner signs a request: what is signed, and whether a signature and its time hold."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from quanyu.modules.partners.contracts import ClockWrong, SignatureWrong

WINDOW_S = 300
NONCE_LENGTH = (16, 64)


def signature(*, secret: str, method: str, target: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the HMAC-SHA-256, in hexadecimal, over the five lines of a request; ``target`` is path and query."""
    lines = f"{method}\n{target}\n{timestamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}\n"
    return hmac.new(secret.encode(), lines.encode(), hashlib.sha256).hexdigest()


def check_signature(
    *, secret: str, given: str, method: str, target: str, timestamp: str, nonce: str, body: bytes, now: datetime
) -> None:
    """Raise ``SignatureWrong``, or ``ClockWrong`` for a request that was signed too long ago or ahead."""
    shortest, longest = NONCE_LENGTH
    if not (shortest <= len(nonce) <= longest and nonce.isascii() and nonce.isalnum()):
        raise SignatureWrong
    expected = signature(secret=secret, method=method, target=target, timestamp=timestamp, nonce=nonce, body=body)
    if not hmac.compare_digest(expected, given.lower().encode("ascii", "replace").decode()):
        raise SignatureWrong
    # Signed, so it is the partner's own clock that is judged.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise SignatureWrong
    if abs((now - datetime.fromtimestamp(int(timestamp), UTC)).total_seconds()) > WINDOW_S:
        raise ClockWrong(seconds=WINDOW_S)
