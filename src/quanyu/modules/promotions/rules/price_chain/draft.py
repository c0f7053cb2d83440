"""The quote while it is being made: what each line still costs, and what was taken off so far."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.apportion import apportion, apportion_within
from quanyu.kernel.problem import N_
from quanyu.modules.promotions.contracts import (
    Applied,
    Basket,
    BasketInvalid,
    BasketLine,
    Discount,
    DiscountKind,
    NotApplied,
    Shares,
)

BRAND_BEARS = Shares()
STORE_BEARS = Shares(brand_bp=0, store_bp=10_000)


class DraftLine:
    """A line on its way through the chain; ``net_fen`` only ever falls, never below zero."""

    __slots__ = ("discounts", "freight_fen", "line", "list_fen", "net_fen", "number")

    def __init__(self, line: BasketLine) -> None:
        self.line = line
        self.number = line.number
        self.list_fen = 0
        self.net_fen = 0
        self.freight_fen = 0
        self.discounts: list[Discount] = []


class Draft:
    """The basket's lines by number, and the record of what applied and what did not."""

    __slots__ = ("applied", "basket", "lines", "not_applied")

    def __init__(self, basket: Basket) -> None:
        self.basket = basket
        self.lines = [DraftLine(line) for line in sorted(basket.lines, key=lambda line: line.number)]
        self.applied: list[Applied] = []
        self.not_applied: list[NotApplied] = []
        previous = None
        for draft_line in self.lines:
            if draft_line.number == previous:
                raise BasketInvalid(field=f"lines.{previous}.number", reason=N_("two lines have this number"))
            if draft_line.line.quantity <= 0:
                raise BasketInvalid(field=f"lines.{draft_line.number}.quantity", reason=N_("it must be at least one"))
            previous = draft_line.number

    def take(
        self,
        lines: Sequence[DraftLine],
        amount_fen: int,
        *,
        kind: DiscountKind,
        source: str,
        label: str,
        shares: Shares,
    ) -> None:
        """Take an amount off lines, in proportion to what is left of each, and note who bears it.

        Raises ``ValueError`` when the lines cost less than that: a link must not ask for it.
        """
        parts = apportion_within(amount_fen, [line.net_fen for line in lines])
        for line, part_fen in zip(lines, parts, strict=True):
            if part_fen:
                line.net_fen -= part_fen
                line.discounts.append(
                    Discount(kind, source, label, part_fen, *borne(part_fen, shares, line.line.supplier_id))
                )
        self.applied.append(Applied(kind, source, label, amount_fen, tuple(line.number for line in lines)))


def borne(amount_fen: int, shares: Shares, supplier_id: int | None) -> tuple[int, int, int]:
    """Return what brand, store and supplier bear of an amount; together exactly the amount.

    Largest remainder, ties to the brand, then the store. Without a supplier its share is the brand's.
    """
    brand_bp, supplier_bp = shares.brand_bp, shares.supplier_bp
    if supplier_id is None:
        brand_bp, supplier_bp = brand_bp + supplier_bp, 0
    if brand_bp == 10_000:  # by far the most frequent case, and the chain is a hot path
        return amount_fen, 0, 0
    brand_fen, store_fen, supplier_fen = apportion(amount_fen, (brand_bp, shares.store_bp, supplier_bp))
    return brand_fen, store_fen, supplier_fen
