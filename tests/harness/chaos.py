"""How much of a fault run is played: all of it for `make chaos`, a twentieth inside `make test`; and its seed."""

from __future__ import annotations

import os
import random
import secrets

FULL = os.environ.get("QUANYU_CHAOS") == "full"
SHARE = 20


def count(full: int, *, daily: int | None = None) -> int:
    """Return how often a fault is played: ``full`` times in a whole run, else a twentieth, or as told."""
    if FULL:
        return full
    return max(1, full // SHARE) if daily is None else daily


def seed() -> int:
    """Return the run's seed: QUANYU_SEED replays one; a test prints it, so that it stands beside a failure."""
    chosen = int(os.environ.get("QUANYU_SEED") or secrets.randbelow(2**31))
    print(f"replay with QUANYU_SEED={chosen}")
    return chosen


def dice() -> random.Random:
    """Return the randomness of a fault run."""
    return random.Random(seed())
