"""What price simulations need from modules that promotions may not know; entrypoints join the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from quanyu.modules.promotions.contracts.rights import CouponFacts, PointsFacts


@dataclass(frozen=True, slots=True)
class TierChoice:
    """A membership tier with what it takes off the base price."""

    code: str
    name: str
    name_en: str
    discount_bp: int = 0


class RightsSource(Protocol):
    """Knows the rights that other modules give."""

    def tiers(self) -> Sequence[TierChoice]:
        """Return the tiers there are, the lowest first."""

    def coupons(self, *, at: datetime) -> Sequence[CouponFacts]:
        """Return coupon templates in force as if somebody held one of each; ``id`` is the template's code."""

    def points(self, *, path: Sequence[int]) -> PointsFacts | None:
        """Return the rule for points as payment at a unit (its path), nothing wanted, no balance."""
