"""Limits per subject and window, counted in PostgreSQL so that all processes share them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import connection

from quanyu.kernel.problem import N_, Problem
from quanyu.platform import db

_IPV6_LINE = 64
# Windows of a day end at midnight in China; shorter ones that divide an hour are not moved by this.
_CHINA_OFFSET_S = 8 * 3600


class RateLimited(Problem):
    """The subject used up its limit; ``retry_after_s`` says when the next window opens."""

    code = "rate_limited"
    status = 429
    title = N_("Too many requests.")
    remedy = N_("Wait %(retry_after_s)s seconds and try again.")


def hit(bucket: str, subject: str, limit: int, window_s: int, now: datetime) -> None:
    """Count one hit and raise ``RateLimited`` when the subject has more than ``limit`` in the window.

    ``bucket`` names the limit (``"login"``), ``subject`` whom it concerns (an account, a phone, an
    address of a caller): it is stored as a keyed hash only. Call it before the transaction: a
    refused transaction would forget the hit. Raises ``RuntimeError`` inside of one.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a hit is counted outside of transactions, so that a refusal keeps it")
    window, ends_in_s = _window(window_s, now)
    hits = db.value(
        'INSERT INTO platform_rate (bucket, subject, "window", hits, expires_at) '
        "VALUES (%s, %s, %s, 1, %s) "
        'ON CONFLICT (bucket, subject, "window") DO UPDATE SET hits = platform_rate.hits + 1 '
        "RETURNING hits",
        [bucket, _hashed(bucket, subject), window, now + timedelta(seconds=ends_in_s)],
    )
    if hits > limit:
        raise RateLimited(retry_after_s=ends_in_s)


@contextmanager
def guessing(
    bucket: str,
    subject: str,
    limit: int,
    window_s: int,
    now: datetime,
    *,
    wrong: type[Problem] | tuple[type[Problem], ...],
) -> Iterator[None]:
    """Limit wrong guesses only: the block raises ``wrong`` for one, and anything else is given back.

    A guess is paid for before it is looked at, so that many at once get no more than ``limit``. Raises
    ``RateLimited`` instead of running the block. Outside of transactions, like :func:`hit`.
    """
    hit(bucket, subject, limit, window_s, now)
    try:
        yield
    except wrong:
        raise
    except BaseException:
        _give_back(bucket, subject, window_s, now)
        raise
    _give_back(bucket, subject, window_s, now)


def household(address: str) -> str:
    """Return what is limited for a caller's address: an IPv6 line has a whole /64, so its hosts count as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, _IPV6_LINE), strict=False)) if isinstance(found, IPv6Address) else address


def prune(now: datetime) -> int:
    """Remove windows that ended; return how many."""
    return db.execute("DELETE FROM platform_rate WHERE expires_at < %s", [now.astimezone(UTC)])


def _give_back(bucket: str, subject: str, window_s: int, now: datetime) -> None:
    db.execute(
        'UPDATE platform_rate SET hits = hits - 1 WHERE bucket = %s AND subject = %s AND "window" = %s AND hits > 0',
        [bucket, _hashed(bucket, subject), _window(window_s, now)[0]],
    )


def _window(window_s: int, now: datetime) -> tuple[int, int]:
    """Return the number of the window and the seconds until it ends."""
    elapsed = int(now.timestamp()) + _CHINA_OFFSET_S
    window = elapsed // window_s
    return window, (window + 1) * window_s - elapsed


def _hashed(bucket: str, subject: str) -> str:
    key = hashlib.sha256(b"quanyu.rate\0" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, f"{bucket}\0{subject}".encode(), hashlib.sha256).hexdigest()
