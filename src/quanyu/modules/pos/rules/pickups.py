"""An order that is fetched, with all that whoever hands it out must see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.members.contracts import Member
from quanyu.modules.orders.contracts import Order
from quanyu.modules.organization.contracts import Unit


@dataclass(frozen=True, slots=True)
class Pickup:
    """``member``: who ordered it; ``ready_at``: since when its goods lie ready, ``None``: nobody said so.

    ``store``: where it was to be fetched.
    """

    order: Order
    member: Member | None
    ready_at: datetime | None
    skus: Mapping[int, SkuInfo]
    store: Unit
