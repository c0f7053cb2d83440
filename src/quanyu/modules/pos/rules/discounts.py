"""How much of a discount a cashier may give alone."""

from __future__ import annotations

from quanyu.kernel.money import BASIS_POINTS


def needs_approval(*, list_fen: int, discount_fen: int, limit_bp: int) -> bool:
    """Tell whether a discount on a line exceeds the limit (basis points of the list amount), exactly."""
    return discount_fen * BASIS_POINTS > list_fen * limit_bp


def percent(basis_points: int) -> str:
    """Return basis points as people write them: ``"10"``, ``"12.5"``."""
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") if part else str(whole)
