"""Codes and numbers that lead nowhere, per person: a misread one happens, a row of them is a search."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.platform import rate

MISSES_MAX = 20
WINDOW_S = 900
# Of all stores together many codes are right: so few are told to be another store's.
ELSEWHERE_MAX = 5
ELSEWHERE_S = 3600


def guessing(
    bucket: str, actor: Actor, now: datetime, *, wrong: type[Problem] | tuple[type[Problem], ...]
) -> AbstractContextManager[None]:
    """Let the block look something up; after 20 misses in 15 minutes it raises ``RateLimited`` instead."""
    return rate.guessing(f"pos.{bucket}", f"{actor.kind}:{actor.id}", MISSES_MAX, WINDOW_S, now, wrong=wrong)


def looking_elsewhere(actor: Actor, now: datetime, *, wrong: tuple[type[Problem], ...]) -> AbstractContextManager[None]:
    """Let the block compare a code with those of other stores; after 5 misses in an hour it raises ``RateLimited``."""
    return rate.guessing(
        "pos.pickup_elsewhere", f"{actor.kind}:{actor.id}", ELSEWHERE_MAX, ELSEWHERE_S, now, wrong=wrong
    )
