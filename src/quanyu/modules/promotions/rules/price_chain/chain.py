"""From a basket to a quote: the links in their order, each seeing what the ones before it left.

Pure: prices, campaigns, the member and the moment come in with the basket. The same basket gives the
same quote, whatever order its lines and campaigns stand in. See docs/algorithms/price-chain.md; the
cases of spec/vectors/price_chain.json are run by every language that prices.
"""

from __future__ import annotations

from collections.abc import Callable

from quanyu.modules.promotions.contracts import Basket, Quote, QuoteLine
from quanyu.modules.promotions.rules.price_chain import (
    base_price,
    freight,
    manual_discount,
    member_or_timed,
    threshold,
)
from quanyu.modules.promotions.rules.price_chain.draft import Draft

# The order is the rule. A coupon comes after the threshold discount, points as payment after the
# coupon; each gets its own file here with its module. Freight is last: no discount reduces it.
LINKS: tuple[Callable[[Draft], None], ...] = (
    base_price.apply,
    member_or_timed.apply,
    manual_discount.apply,
    threshold.apply,
    freight.apply,
)


def price(basket: Basket) -> Quote:
    """Price a basket to the fen. Raises ``BasketInvalid`` or ``ManualDiscountTooLarge``."""
    draft = Draft(basket)
    for link in LINKS:
        link(draft)
    lines = tuple(
        QuoteLine(
            line.number,
            line.line.prices.base_fen,
            line.list_fen,
            tuple(line.discounts),
            line.net_fen,
            line.freight_fen,
        )
        for line in draft.lines
    )
    goods_fen = sum(line.list_fen for line in lines)
    net_fen = sum(line.net_fen for line in lines)
    freight_fen = sum(line.freight_fen for line in lines)
    return Quote(
        lines=lines,
        goods_fen=goods_fen,
        discount_fen=goods_fen - net_fen,
        freight_fen=freight_fen,
        payable_fen=net_fen + freight_fen,
        applied=tuple(draft.applied),
        not_applied=tuple(draft.not_applied),
    )
