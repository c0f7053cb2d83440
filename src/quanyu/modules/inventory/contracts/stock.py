"""What crosses inventory's door: wants, holds, stock, movements, sharing rules, refusals.

Quantities are integers in base units of the SKU: pieces, or grams of weighed goods.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanyu.kernel.problem import N_, Conflict, Invalid
from quanyu.modules.organization.contracts import Location


class MovementKind(StrEnum):
    """Why stock moved."""

    OPENING = "opening"
    RECEIPT = "receipt"
    SALE = "sale"
    CUSTOMER_RETURN = "customer_return"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    COUNT_GAIN = "count_gain"
    COUNT_LOSS = "count_loss"
    DAMAGE = "damage"
    REPAIR = "repair"
    SCRAP = "scrap"
    ADJUSTMENT = "adjustment"
    SHORTAGE = "shortage"


@dataclass(frozen=True, slots=True)
class Shortage:
    """A line that cannot be had: what its SKU needs at the place in all, and what is available there."""

    line: int | str
    sku_id: int
    wanted: int
    available: int


class StockShort(Conflict):
    """Not enough stock; nothing was reserved or moved. ``shortages`` lists every short line."""

    code = "inventory.stock_short"
    title = N_("Not enough stock: %(wanted)s wanted, %(available)s available.")
    remedy = N_("Take fewer, or choose another store.")

    def __init__(self, shortages: Sequence[Shortage], *, field: str | None = None) -> None:
        first = shortages[0]
        self.shortages = tuple(shortages)
        super().__init__(
            field=field or f"lines.{first.line}",
            sku_id=first.sku_id,
            wanted=first.wanted,
            available=first.available,
            short=[
                {"line": each.line, "sku_id": each.sku_id, "wanted": each.wanted, "available": each.available}
                for each in shortages
            ],
        )


class QuantityInvalid(Invalid):
    """A quantity is zero, negative or larger than what was sent."""

    code = "inventory.quantity_invalid"


class KindInvalid(Invalid):
    """Stock does not move this way through this door."""

    code = "inventory.kind_invalid"


class TransferUnknown(Conflict):
    """Nothing was sent under this transfer number to this place."""

    code = "inventory.transfer_unknown"
    title = N_("Nothing is on its way under the transfer %(transfer)s.")
    remedy = N_("Check the transfer number and the place of arrival.")


class SharingInvalid(Invalid):
    """An owner shares with others, not with itself."""

    code = "inventory.sharing_invalid"


@dataclass(frozen=True, slots=True)
class Want:
    """A line to reserve. ``owner_ids``: whose stock may serve it, the preferred first.

    ``keep_safety`` leaves the safety stock untouched (online channels).
    """

    line: int | str
    location_id: int
    sku_id: int
    owner_ids: tuple[int, ...]
    quantity: int
    keep_safety: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A reserved line and the owner whose stock holds it."""

    line: int | str
    owner_id: int


@dataclass(frozen=True, slots=True)
class Reserved:
    """All lines of a reservation, in the order they were asked for."""

    held: tuple[Held, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Promise:
    """Units of a SKU that a place holds for a cause, an order for example."""

    cause_id: str
    sku_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """Base units of a SKU that wait for a till until a moment; other channels cannot have them."""

    sku_id: int
    quantity: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Goods:
    """A quantity of a SKU to move; ``line`` names it within its cause (empty: its position)."""

    sku_id: int
    quantity: int
    line: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What arrived of one line of a transfer; the rest of that line is booked as a shortage."""

    line: str
    quantity: int


@dataclass(frozen=True, slots=True)
class StockLevel:
    """What one owner has of one SKU at one location."""

    location_id: int
    sku_id: int
    owner_id: int
    on_hand: int
    reserved: int
    damaged: int
    in_transit: int
    safety: int


@dataclass(frozen=True, slots=True)
class MovementEntry:
    """One row of the stock ledger."""

    id: int
    kind: MovementKind
    location_id: int
    sku_id: int
    owner_id: int
    on_hand_delta: int
    damaged_delta: int
    in_transit_delta: int
    on_hand_after: int
    cause_kind: str
    cause_id: str
    cause_line: str
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SharingRule:
    """Whether ``seller_owner_id`` (None: anybody) may sell this owner's stock of a category (None:
    all) on a channel (None: all)."""

    owner_id: int
    seller_owner_id: int | None
    category_id: int | None
    channel: str | None
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for what can be sold of SKUs at locations, by whom and on which channel."""

    sku_ids: tuple[int, ...]
    location_ids: tuple[int, ...]
    seller_owner_id: int
    channel: str


@dataclass(frozen=True, slots=True)
class NearbyStock:
    """A store with what it has of the SKUs asked for; ``complete`` when it has all of it."""

    store: Location
    available: dict[int, int]
    complete: bool


@dataclass(frozen=True, slots=True)
class LivePlace:
    """Whose figures a live stream shows: the store first, then, when it ships, from where else its parcels come."""

    location_ids: tuple[int, ...]
    seller_owner_id: int
    channel: str
    ships: bool = False


@dataclass(frozen=True, slots=True)
class LiveKind:
    """A kind of live stream, for example "the mall's of store 7"; streams with the same ``key`` share all work.

    ``place`` says where it looks, ``None`` once the store is closed; ``offered`` which SKUs may be shown (``None``:
    all); ``shown`` makes what a reader gets of a SKU, its available base units in the store and the most anywhere.
    """

    key: Hashable
    place: Callable[[], Awaitable[LivePlace | None]]
    shown: Callable[[LivePlace, int, int, int], Mapping[str, int]]
    offered: Callable[[LivePlace, Collection[int]], Awaitable[Collection[int]]] | None = None
