"""Half-open periods of time: the start belongs to them, the end does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Period:
    """``[start, end)``; ``None`` is unbounded. Naive datetimes and empty periods are refused."""

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a period needs aware datetimes")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("a period ends after it starts")

    def __contains__(self, moment: datetime) -> bool:
        """Tell whether the moment lies in the period."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)

    def overlaps(self, other: Period) -> bool:
        """Tell whether the two periods share a moment; touching ends do not overlap."""
        starts_before_end = self.start is None or other.end is None or self.start < other.end
        ends_after_start = self.end is None or other.start is None or other.start < self.end
        return starts_before_end and ends_after_start
