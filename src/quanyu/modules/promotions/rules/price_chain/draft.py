"""The quote while it is being made: what each line still costs, and what was taken off so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quanyu.kernel.apportion import apportion, apportion_within
from quanyu.kernel.problem import N_
from quanyu.modules.promotions.contracts import (
    Applied,
    Basket,
    BasketInvalid,
    BasketLine,
    CouponOutcome,
    Discount,
    DiscountKind,
    NotApplied,
    Shares,
)

BRAND_BEARS = Shares()
STORE_BEARS = Shares(brand_bp=0, store_bp=10_000)


class DraftLine:
    """A line on its way through the chain; ``net_fen`` only ever falls, never below zero.

    ``taken``: it entered a campaign that does not combine with others; ``in_campaign``: it entered any.
    """

    __slots__ = (
        "coupon_fen",
        "discounts",
        "freight_fen",
        "gift_of",
        "in_campaign",
        "line",
        "list_fen",
        "net_fen",
        "number",
        "points_fen",
        "points_spent",
        "quantity",
        "taken",
    )

    def __init__(self, line: BasketLine, number: int, quantity: int) -> None:
        self.line = line
        self.number = number
        self.quantity = quantity
        self.list_fen = 0
        self.net_fen = 0
        self.coupon_fen = 0
        self.points_fen = 0
        self.points_spent = 0
        self.freight_fen = 0
        self.gift_of = ""
        self.taken = False
        self.in_campaign = False
        self.discounts: list[Discount] = []


@dataclass(frozen=True, slots=True)
class Gift:
    """Goods that a campaign or a coupon gives; they become a line when all amounts stand."""

    sku_id: int
    quantity: int
    source: str
    label: str
    shares: Shares
    threshold_fen: int


class Draft:
    """The basket's lines by number, and the record of what applied and what did not."""

    __slots__ = (
        "applied",
        "basket",
        "coupons",
        "freight_saver",
        "gifts",
        "lines",
        "not_applied",
        "points_max",
    )

    def __init__(self, basket: Basket) -> None:
        self.basket = basket
        self.lines = [
            DraftLine(line, line.number, line.quantity) for line in sorted(basket.lines, key=lambda line: line.number)
        ]
        self.applied: list[Applied] = []
        self.not_applied: list[NotApplied] = []
        self.coupons: list[CouponOutcome] = []
        self.gifts: list[Gift] = []
        # Source and label of the coupon that takes the freight away.
        self.freight_saver: tuple[str, str] | None = None
        self.points_max = 0
        previous = None
        for draft_line in self.lines:
            if draft_line.number == previous:
                raise BasketInvalid(field=f"lines.{previous}.number", reason=N_("two lines have this number"))
            if draft_line.quantity <= 0:
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
        threshold_fen: int = 0,
        parts: Sequence[int] | None = None,
    ) -> None:
        """Take an amount off lines and note who bears it: by ``parts``, else in proportion to what is left of each.

        Raises ``ValueError`` when the lines cost less than that: a link must not ask for it.
        """
        if parts is None:
            parts = apportion_within(amount_fen, [line.net_fen for line in lines])
        for line, part_fen in zip(lines, parts, strict=True):
            if part_fen:
                line.net_fen -= part_fen
                if kind is DiscountKind.COUPON:
                    line.coupon_fen += part_fen
                bearers = borne(part_fen, shares, line.line.supplier_id)
                line.discounts.append(Discount(kind, source, label, part_fen, *bearers, threshold_fen))
        numbers = tuple(sorted([line.number for line in lines]))
        self.applied.append(Applied(kind, source, label, amount_fen, numbers))

    def gift_left(self, sku_id: int) -> int:
        """Return how much of a SKU may still be given, in base units; 0 when it is out of stock."""
        stock = self.basket.gifts.get(sku_id)
        if stock is None:
            return 0
        return stock.quantity - sum(gift.quantity for gift in self.gifts if gift.sku_id == sku_id)


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
