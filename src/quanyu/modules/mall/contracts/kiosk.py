"""What crosses the mall's door for the screens in stores: who they are, what they hand over, what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, NotFound
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.catalog.contracts.guides import Guide
from quanyu.modules.mall.contracts import Offer
from quanyu.modules.organization.contracts import Location, Unit

KIOSK = "kiosk.device"
HANDOVER_LINES_MAX = 60


class HandoverUnknown(NotFound):
    """No hand-over has this code."""

    code = "mall.handover_unknown"
    title = N_("There is nothing to take under this code.")
    remedy = N_("Scan the code on the screen in the store again.")


class HandoverLapsed(Conflict):
    """Nobody took the goods in time."""

    code = "mall.handover_lapsed"
    title = N_("This code is too old.")
    remedy = N_("Choose the goods on the screen in the store again, it makes a new code.")


class HandoverTaken(Conflict):
    """Another member has taken the goods."""

    code = "mall.handover_taken"
    title = N_("Somebody else has taken these goods into the cart already.")
    remedy = N_("Show your own code on the screen in the store, or look for the goods in the mall.")


class HandoverState(StrEnum):
    """Whether a hand-over can still be taken."""

    OPEN = "open"
    TAKEN = "taken"
    LAPSED = "lapsed"


class LineOutcome(StrEnum):
    """What became, or would become, of a line: only ``ADDED`` and ``SHORT`` lie in the cart."""

    ADDED = "added"
    SHORT = "short"
    SOLD_OUT = "sold_out"
    NOT_FOR_SALE = "not_for_sale"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A screen of a store, and how it behaves."""

    device_id: UUID
    name: str
    store: Location
    idle_seconds: int
    handover_minutes: int


@dataclass(frozen=True, slots=True)
class HandoverWish:
    """So much of a SKU, in base units."""

    sku_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class NewHandover:
    """A hand-over just made. The token is told this once."""

    id: UUID
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HandoverLine:
    """A line with its goods as the store has them now; ``offer`` is ``None`` when it does not sell them."""

    sku: SkuInfo
    quantity: int
    offer: Offer | None
    outcome: LineOutcome


@dataclass(frozen=True, slots=True)
class Handover:
    """A hand-over as a phone sees it. ``outcome`` of its lines: what became, or would become, of each."""

    id: UUID
    store: Unit
    state: HandoverState
    expires_at: datetime
    lines: tuple[HandoverLine, ...]


@dataclass(frozen=True, slots=True)
class Supply:
    """Where a SKU would come from: so many lie here; else a parcel, from where and by when."""

    sku_id: int
    here: int
    source: Unit | None
    arrives_by: datetime | None


@dataclass(frozen=True, slots=True)
class ShownGuide:
    """An outfit or tutorial with what the store offers of its goods: variants by product, in the guide's order."""

    guide: Guide
    goods: tuple[tuple[int, tuple[Offer, ...]], ...]
