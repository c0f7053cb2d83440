"""Facts that tiers publishes: ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class TierChanged:
    """A member's tier rose or fell. ``reason``: growth, keep, downgrade, refund, paid, paid_ended, merge, level ..."""

    topic: ClassVar[str] = "tiers.changed.1"

    member_id: str
    from_tier: str
    to_tier: str
    is_upgrade: bool
    reason: str
    valid_until: datetime | None

    @property
    def aggregate(self) -> str:
        """Facts of one member keep their order."""
        return f"member:{self.member_id}"
