"""What any service that knows where parcels are can be asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Said(StrEnum):
    """Where the carrier says the parcel is."""

    MOVING = "moving"
    DELIVERED = "delivered"
    RETURNED = "returned"


class Unanswered(Exception):
    """No answer that proves anything; ``code`` says how it failed. Ask again later."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a parcel's way."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Track:
    """A parcel's way so far; nothing yet where the service does not know the number (yet)."""

    said: Said
    steps: tuple[Step, ...]


class Tracker(Protocol):
    """A service that knows where parcels are."""

    def wants_phone(self, *, carrier: str) -> bool:
        """Tell whether this carrier answers only who knows the last digits of a phone of the parcel."""
        ...

    def track(self, *, carrier: str, number: str, phone_tail: str = "") -> Track:
        """Return a parcel's way so far; ``phone_tail``: four digits, where wanted. Raises ``Unanswered``."""
        ...
