"""What should lie in the drawer, and what goes back to the customer."""

from __future__ import annotations

from collections.abc import Iterable


def expected_cash(*, float_fen: int, cash_paid_fen: int, cash_refunded_fen: int, moves: Iterable[int]) -> int:
    """Return the cash that should be in the drawer: float + taken - given back + put in - taken out, in fen."""
    return float_fen + cash_paid_fen - cash_refunded_fen + sum(moves)


def change_due(tenders: Iterable[tuple[int, int | None]]) -> int:
    """Return what the customer gets back, from pairs (amount, handed over or ``None``), in fen."""
    return sum(tendered - amount for amount, tendered in tenders if tendered is not None)
