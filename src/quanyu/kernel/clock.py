"""Time as an argument: rules and operations are handed ``now``, only edges ask a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time as an aware datetime in UTC."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock for tests and simulations: it moves only when told to."""

    moment: datetime

    def now(self) -> datetime:
        """Return the moment the clock stands at."""
        return self.moment

    def advance(self, by: timedelta) -> datetime:
        """Move the clock and return its new moment."""
        self.moment += by
        return self.moment


system_clock = SystemClock()
