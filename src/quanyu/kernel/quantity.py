"""Quantities as integers in the SKU's base unit: pieces, or grams of weighed goods."""

from __future__ import annotations

import re
from dataclasses import dataclass

PIECES = 1
PER_KILOGRAM = 1000
_DECIMAL = re.compile(r"^(\d{1,12})(?:\.(\d{1,3}))?\Z")


@dataclass(frozen=True, slots=True)
class Quantity:
    """``base`` units at ``scale`` units per priced unit (1 = pieces, 1000 = grams per kg)."""

    base: int
    scale: int = PIECES

    def __post_init__(self) -> None:
        if self.scale not in (PIECES, PER_KILOGRAM):
            raise ValueError("a quantity counts pieces (1) or grams per kilogram (1000)")

    def __str__(self) -> str:
        """Return ``"3"`` for pieces and ``"0.525"`` (kilograms) for weighed goods."""
        if self.scale == PIECES:
            return str(self.base)
        sign = "-" if self.base < 0 else ""
        return f"{sign}{abs(self.base) // self.scale}.{abs(self.base) % self.scale:03d}"


def parse_quantity(text: str, *, scale: int) -> Quantity:
    """Return the quantity written as pieces or kilograms.

    Raises ``ValueError`` for a negative number, more than three decimals, or part of a piece.
    """
    match = _DECIMAL.match(text.strip())
    if match is None:
        raise ValueError(f"not a quantity: {text!r}")
    whole, decimals = match.group(1), (match.group(2) or "").ljust(3, "0")
    thousandths = int(whole) * 1000 + int(decimals)
    if scale == PIECES:
        if thousandths % 1000:
            raise ValueError(f"pieces cannot be divided: {text!r}")
        return Quantity(thousandths // 1000, scale)
    return Quantity(thousandths, scale)
