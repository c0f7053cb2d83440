"""Figures of advice: how many baskets took it, and what baskets are like with it and without. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Share:
    """Baskets with advice on the screen, or of the control share.

    ``added``: with advice that was added and stayed; ``bought``: with advised goods, however they came there.
    """

    baskets: int = 0
    added: int = 0
    bought: int = 0
    lines: int = 0
    payable_fen: int = 0

    @property
    def attach_bp(self) -> int:
        """Return how many of ten thousand baskets took advice."""
        return self._per_basket(10_000 * self.added)

    @property
    def bought_bp(self) -> int:
        """Return in how many of ten thousand baskets lay what was advised."""
        return self._per_basket(10_000 * self.bought)

    @property
    def lines_hundredths(self) -> int:
        """Return the lines of a basket, in hundredths."""
        return self._per_basket(100 * self.lines)

    @property
    def basket_fen(self) -> int:
        """Return what a basket came to, in fen."""
        return self._per_basket(self.payable_fen)

    def _per_basket(self, amount: int) -> int:
        return (2 * amount + self.baskets) // (2 * self.baskets) if self.baskets else 0


@dataclass(frozen=True, slots=True)
class AdviceFigures:
    """Baskets with advice beside those of the control share."""

    advised: Share = Share()
    control: Share = Share()


@dataclass(frozen=True, slots=True)
class PairFigures:
    """How often goods were advised because of others, and how often they were added and stayed."""

    because_sku_id: int
    sku_id: int
    shown: int
    added: int


@dataclass(frozen=True, slots=True)
class AdviceReport:
    """What advice did, over all and seen from three sides; the pairs that were added most, the best first."""

    whole: AdviceFigures
    by_day: dict[date, AdviceFigures]
    by_store: dict[int, AdviceFigures]
    by_staff: dict[int, AdviceFigures]
    pairs: tuple[PairFigures, ...]
