"""What crosses catalog's door for the grid of stores, for labels and for the codes on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quanyu.kernel.problem import N_, Invalid


class OverlayField(StrEnum):
    """What a store may decide for a SKU."""

    LISTED = "is_listed"
    PICKUP = "allows_pickup"
    EXPRESS = "allows_express"
    INSTANT = "allows_instant"


@dataclass(frozen=True, slots=True)
class OverlayCell:
    """One cell of the grid of stores and SKUs: ``was`` is what the editor saw, ``wanted`` what he made of it."""

    unit_id: int
    sku_id: int
    field: OverlayField
    was: bool
    wanted: bool


class CellState(StrEnum):
    """What became of a cell. ``same``: it held the wanted value already."""

    SAVED = "saved"
    SAME = "same"
    STALE = "stale"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CellOutcome:
    """What became of a cell, and what it holds now (unknown where it was refused)."""

    cell: OverlayCell
    state: CellState
    now: bool | None


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where a printed code leads: a SKU, and the store whose shelf it hangs on (``None``: none)."""

    token: str
    sku_id: int
    unit_id: int | None


class LabelKind(StrEnum):
    """What is printed: for the shelf with its price, for the goods with their barcode, or a card with the QR code."""

    SHELF = "shelf"
    STICKER = "sticker"
    QR = "qr"


class LabelsRefused(Invalid):
    """The labels cannot be printed so."""

    code = "catalog.labels_refused"
    title = N_("The labels cannot be printed: %(reason)s")
    remedy = N_("Choose other goods, another paper or another first cell.")


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says. Amounts are fen (``None``: left blank), ``address`` is what the QR code holds."""

    name: str
    code: str
    barcode: str = ""
    specification: str = ""
    unit: str = ""
    origin: str = ""
    grade: str = ""
    price_fen: int | None = None
    member_fen: int | None = None
    address: str = ""
    dated: str = ""
