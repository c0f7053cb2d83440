"""An address as it is stored: what only its members' orders may open is still sealed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SealedAddress:
    """A delivery address; name, phone and street are in ``detail``, encrypted."""

    id: UUID
    area_code: str
    detail: bytes
    masked: str
    longitude: float | None
    latitude: float | None
