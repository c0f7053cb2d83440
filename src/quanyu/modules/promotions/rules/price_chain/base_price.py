"""Link 1: what the line costs by the base price, half up (docs/algorithms/rounding.md)."""

from __future__ import annotations

from quanyu.kernel.money import line_amount
from quanyu.modules.promotions.rules.price_chain.draft import Draft


def apply(draft: Draft) -> None:
    """Set list and net of every line."""
    for line in draft.lines:
        wanted = line.line
        line.list_fen = line.net_fen = line_amount(
            unit_price_fen=wanted.prices.base_fen, quantity=wanted.quantity, quantity_scale=wanted.quantity_scale
        )
