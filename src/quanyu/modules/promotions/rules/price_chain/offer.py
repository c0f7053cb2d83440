"""What a campaign would do with lines, or what it lacks; each kind of campaign answers with one of the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from quanyu.kernel.money import divide_half_up
from quanyu.modules.promotions.contracts import Reason
from quanyu.modules.promotions.rules.price_chain.draft import DraftLine


@dataclass(frozen=True, slots=True)
class Offer:
    """``saving_fen`` over lines: by ``parts``, else by what is left of each. With a gift: its value, nothing off."""

    lines: Sequence[DraftLine]
    saving_fen: int
    threshold_fen: int = 0
    parts: Sequence[int] | None = None
    gift_sku_id: int | None = None
    gift_quantity: int = 0


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a campaign does nothing with the lines."""

    reason: Reason
    params: dict[str, Any] = field(default_factory=dict)


def unit_fen(line: DraftLine) -> int:
    """Return what a priced unit of the line still costs, rounded down."""
    return line.net_fen * line.line.quantity_scale // line.quantity


def value_of(line: DraftLine, quantity: int) -> int:
    """Return what so much of the line still costs, half up; the whole line costs exactly its net."""
    return divide_half_up(line.net_fen * quantity, line.quantity)


def dearest_first(lines: Sequence[DraftLine]) -> list[DraftLine]:
    """Return the lines by what a unit still costs, the dearest first, then by number."""
    return sorted(lines, key=lambda line: (-unit_fen(line), line.number))
