"""Facts that organization publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class UnitCreated:
    """A unit joined the tree; ``path`` runs from the root to the unit itself."""

    topic: ClassVar[str] = "organization.unit_created.1"

    unit_id: int
    kind: str
    code: str
    path: tuple[int, ...]

    @property
    def aggregate(self) -> str:
        """The unit."""
        return str(self.unit_id)


@dataclass(frozen=True, slots=True)
class UnitMoved:
    """A unit, and all below it, hangs under another parent now."""

    topic: ClassVar[str] = "organization.unit_moved.1"

    unit_id: int
    path_before: tuple[int, ...]
    path: tuple[int, ...]

    @property
    def aggregate(self) -> str:
        """The unit."""
        return str(self.unit_id)


@dataclass(frozen=True, slots=True)
class UnitClosed:
    """A unit was closed; its rows stay, nothing new happens there."""

    topic: ClassVar[str] = "organization.unit_closed.1"

    unit_id: int
    kind: str

    @property
    def aggregate(self) -> str:
        """The unit."""
        return str(self.unit_id)


@dataclass(frozen=True, slots=True)
class LocationChanged:
    """Address, opening hours, radius or services of a location changed; ``fields`` says which."""

    topic: ClassVar[str] = "organization.location_changed.1"

    unit_id: int
    fields: tuple[str, ...]

    @property
    def aggregate(self) -> str:
        """The location's unit."""
        return str(self.unit_id)
