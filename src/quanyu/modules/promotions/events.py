"""Facts that promotions publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class CampaignCreated:
    """A campaign was set up; it holds during its period."""

    topic: ClassVar[str] = "promotions.campaign_created.1"

    campaign_id: int
    code: str

    @property
    def aggregate(self) -> str:
        """The campaign."""
        return str(self.campaign_id)


@dataclass(frozen=True, slots=True)
class CampaignChanged:
    """A campaign was changed: anything before it started, its end, name or priority since."""

    topic: ClassVar[str] = "promotions.campaign_changed.1"

    campaign_id: int
    code: str

    @property
    def aggregate(self) -> str:
        """The campaign."""
        return str(self.campaign_id)


@dataclass(frozen=True, slots=True)
class CampaignStopped:
    """A campaign holds no more from now on."""

    topic: ClassVar[str] = "promotions.campaign_stopped.1"

    campaign_id: int
    code: str

    @property
    def aggregate(self) -> str:
        """The campaign."""
        return str(self.campaign_id)
