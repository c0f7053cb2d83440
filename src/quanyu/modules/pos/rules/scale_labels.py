"""From the amount on a scale's label to the weight it stands for."""

from __future__ import annotations

from quanyu.kernel.money import divide_half_up


def grams_of_label(*, label_fen: int, unit_price_fen: int, quantity_scale: int) -> int | None:
    """Return the quantity in base units whose amount is nearest to the label's; ``None`` without a price.

    The amount of that quantity may differ from the label by the rounding of one gram; the till shows both.
    """
    if unit_price_fen <= 0:
        return None
    return max(1, divide_half_up(label_fen * quantity_scale, unit_price_fen))
