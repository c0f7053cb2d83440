"""What the sheets of stock show and how a figure is explained. Quantities are base units of the SKU."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanyu.modules.inventory.contracts.stock import StockLevel


class Figure(StrEnum):
    """A figure of a stock row that can be explained."""

    ON_HAND = "on_hand"
    RESERVED = "reserved"
    AVAILABLE = "available"
    IN_TRANSIT = "in_transit"
    DAMAGED = "damaged"


class Alarm(StrEnum):
    """What is wrong with a stock row: nothing left to sell, or little."""

    OUT = "out"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class SheetFilter:
    """Which stock rows a sheet shows: of one location or of one SKU, within ``units`` (``None``: all).

    A row is within reach when its location or its owner is. ``text`` and ``category_id`` choose SKUs as the search
    of the catalogue does; ``location_ids`` narrows to places (a region); ``ids`` to these rows alone.
    """

    units: frozenset[int] | None
    location_id: int | None = None
    sku_id: int | None = None
    location_ids: tuple[int, ...] | None = None
    text: str = ""
    category_id: int | None = None
    only: str = ""  # "stock": something is there or on its way; "alarm": low or out
    least_first: bool = False
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A stock row on a sheet. ``outgoing`` left here and has not arrived; ``value_fen`` is on hand at cost."""

    id: int
    location_id: int
    sku_id: int
    owner_id: int
    on_hand: int
    reserved: int
    damaged: int
    incoming: int
    outgoing: int
    safety: int
    available: int
    value_fen: int
    alarm: Alarm | None
    code: str
    moved_at: datetime | None


@dataclass(frozen=True, slots=True)
class SheetSums:
    """Sums of all rows of a sheet that count in one measure: ``scale`` 1 are pieces, 1000 grams."""

    scale: int
    rows: int
    on_hand: int
    reserved: int
    damaged: int
    incoming: int
    outgoing: int
    safety: int
    available: int
    value_fen: int
    low: int
    out: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of stock rows and the sums of all of them, of one moment. ``next`` is where the next page begins."""

    rows: tuple[SheetRow, ...]
    sums: tuple[SheetSums, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class PlaceStock:
    """What lies at a location, within reach: value at cost, rows, and how many of them raise an alarm."""

    location_id: int
    rows: int
    low: int
    out: int
    value_fen: int
    on_hand: int
    available: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one kind of movement (or of promise) adds to a figure; ``count`` entries."""

    kind: str
    count: int
    quantity: int


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One change of a figure: the balance after it, and what caused it. ``until``: when a promise lapses."""

    key: str
    kind: str
    quantity: int
    balance: int
    cause_kind: str
    cause_id: str
    cause_line: str
    actor: str
    reason: str
    at: datetime
    until: datetime | None = None
    other_id: int | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a figure is what it is: ``opening`` plus all ``parts`` is ``closing``; all read from one snapshot.

    Without days ``opening`` is 0 and ``closing`` the figure itself. ``entries`` run from the newest to the oldest.
    """

    level: StockLevel
    figure: Figure
    opening: int
    parts: tuple[Part, ...]
    closing: int
    entries: tuple[LedgerEntry, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class TransferLine:
    """One line of a transfer: what was sent, what arrived, what was missing; the rest is on its way."""

    line: str
    sku_id: int
    owner_id: int
    sent: int
    arrived: int
    missing: int

    @property
    def underway(self) -> int:
        """What is still on its way."""
        return self.sent - self.arrived - self.missing


@dataclass(frozen=True, slots=True)
class Transfer:
    """Goods sent from one location to another under one number: how many lines, on their way, with some missing.

    ``lines`` are told only where they were asked for.
    """

    id: str
    key: int
    from_location_id: int
    to_location_id: int
    sent_at: datetime
    closed_at: datetime | None
    actor: str
    line_count: int
    open_count: int
    missing_count: int
    lines: tuple[TransferLine, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether something is still on its way."""
        return self.open_count > 0
