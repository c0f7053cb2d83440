"""Money as integer fen, and the two roundings the product knows.

Every amount in Quanyu is an ``int`` of fen (1 yuan = 100 fen). There is one rounding rule for a
computed amount, *half up* (the rule shoppers and tax offices expect), and one for splitting a
total, the largest remainder (:mod:`quanyu.kernel.apportion`). See docs/algorithms/rounding.md.
"""

from __future__ import annotations

import re
from typing import NewType

Fen = NewType("Fen", int)

_YUAN = re.compile(r"^(-?)(\d{1,15})(?:\.(\d{1,2}))?\Z")
BASIS_POINTS = 10_000


def divide_half_up(numerator: int, denominator: int) -> int:
    """Return ``numerator / denominator`` rounded half away from zero, in exact integer arithmetic.

    Raises ``ZeroDivisionError`` when the denominator is zero.
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def line_amount(*, unit_price_fen: int, quantity: int, quantity_scale: int) -> int:
    """Return the amount of a line in fen.

    ``quantity`` is in base units of the SKU: pieces (scale 1) or grams of goods priced per
    kilogram (scale 1000).
    """
    return divide_half_up(unit_price_fen * quantity, quantity_scale)


def share_of(*, amount_fen: int, basis_points: int) -> int:
    """Return ``basis_points`` / 10 000 of an amount, half up, in fen."""
    return divide_half_up(amount_fen * basis_points, BASIS_POINTS)


def parse_yuan(text: str) -> int:
    """Return the fen of a yuan string such as ``"12.5"``. Raises ``ValueError`` on anything else."""
    match = _YUAN.match(text.strip())
    if match is None:
        raise ValueError(f"not an amount in yuan with at most two decimals: {text!r}")
    sign, yuan, cents = match.groups()
    fen = int(yuan) * 100 + int((cents or "").ljust(2, "0") or 0)
    return -fen if sign else fen


def format_yuan(fen: int) -> str:
    """Return ``"-12.05"`` for ``-1205``: two decimals, no currency sign, no grouping."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
