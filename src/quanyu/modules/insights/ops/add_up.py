"""Adds marked days up again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from quanyu.platform import db, locks
from quanyu.platform.locks import Space


def add_up(*, stores: Sequence[int] | None, since: date, until: date, limit: int, now: datetime) -> int | None:
    """Add up to ``limit`` marked days up in the present transaction; return how many.

    ``None``: somebody else is at it. Two at a time would wait for each other at the same marks, and the second would
    find its work done: a reader shows what stands instead.
    """
    if not locks.try_advisory(Space.INSIGHTS, 0):
        return None
    within = None if stores is None else list(stores)
    return int(db.value("SELECT insights_add_up(%s, %s, %s, %s, %s)", [within, since, until, limit, now]))
