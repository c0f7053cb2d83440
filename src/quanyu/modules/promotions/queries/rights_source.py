"""Who knows the rights of other modules; without anybody there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quanyu.modules.promotions.contracts import CouponFacts, PointsFacts, RightsSource, TierChoice


@dataclass
class _Registered:
    source: RightsSource | None = None


_registered = _Registered()


def use(source: RightsSource) -> None:
    """Ask this source from now on."""
    _registered.source = source


def tiers() -> Sequence[TierChoice]:
    """Return the tiers there are."""
    return _registered.source.tiers() if _registered.source is not None else ()


def coupons(*, at: datetime) -> Sequence[CouponFacts]:
    """Return coupon templates in force."""
    return _registered.source.coupons(at=at) if _registered.source is not None else ()


def points(*, path: Sequence[int]) -> PointsFacts | None:
    """Return the rule for points as payment at a unit."""
    return _registered.source.points(path=path) if _registered.source is not None else None
