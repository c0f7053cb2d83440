"""Facts that points publishes. The SQL room appends them, one per member and deed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PointsEarned:
    """A member earned or was given points; ``pending`` ones become usable later."""

    topic: ClassVar[str] = "points.earned.1"

    member_id: UUID
    lot_id: int
    cause_kind: str
    cause_id: str
    points: int
    pending: bool

    @property
    def aggregate(self) -> str:
        """The member."""
        return str(self.member_id)


@dataclass(frozen=True, slots=True)
class PointsTakenBack:
    """Points of an order were taken back after a return; ``debt`` of them had been used already and are owed."""

    topic: ClassVar[str] = "points.taken_back.1"

    member_id: UUID
    cause_kind: str
    cause_id: str
    points: int
    debt: int

    @property
    def aggregate(self) -> str:
        """The member."""
        return str(self.member_id)


@dataclass(frozen=True, slots=True)
class PointsExpiring:
    """Points of a member end soon: the last day on which they can be used. Told once per lot."""

    topic: ClassVar[str] = "points.expiring.1"

    member_id: UUID
    points: int
    last_day: date

    @property
    def aggregate(self) -> str:
        """The member."""
        return str(self.member_id)


@dataclass(frozen=True, slots=True)
class PointsExpired:
    """Points of a member have ended."""

    topic: ClassVar[str] = "points.expired.1"

    member_id: UUID
    points: int

    @property
    def aggregate(self) -> str:
        """The member."""
        return str(self.member_id)
