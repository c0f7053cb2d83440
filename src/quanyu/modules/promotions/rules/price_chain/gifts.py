"""Link 8: what campaigns and coupons give becomes lines of its own, after the others, that cost nothing."""

from __future__ import annotations

from quanyu.kernel.money import line_amount
from quanyu.modules.promotions.contracts import DiscountKind
from quanyu.modules.promotions.rules.price_chain.draft import Draft, DraftLine


def apply(draft: Draft) -> None:
    """Add a line per gift: its list by the base price, and one discount of the whole by who gives it."""
    number = draft.lines[-1].number if draft.lines else 0
    for gift in draft.gifts:
        facts = draft.basket.gifts[gift.sku_id]
        number += 1
        line = DraftLine(facts, number, gift.quantity)
        line.gift_of = gift.source
        line.list_fen = line.net_fen = line_amount(
            unit_price_fen=facts.prices.base_fen, quantity=gift.quantity, quantity_scale=facts.quantity_scale
        )
        draft.lines.append(line)
        draft.take(
            (line,),
            line.list_fen,
            kind=DiscountKind.GIFT,
            source=gift.source,
            label=gift.label,
            shares=gift.shares,
            threshold_fen=gift.threshold_fen,
        )
