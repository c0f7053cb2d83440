"""Time and randomness of provider calls, injectable so that tests can hold them still."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

Clock = Callable[[], datetime]
Nonce = Callable[[], str]

# Both providers write local times without an offset as Beijing time, which has no summer time.
BEIJING = timezone(timedelta(hours=8))


def system_clock() -> datetime:
    """Current time, timezone-aware."""
    return datetime.now(UTC)


def random_nonce() -> str:
    """32 characters nobody can guess."""
    return secrets.token_hex(16)
