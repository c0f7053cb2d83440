"""New-customer prices (新人价): for members who have not bought before, so much per order at this price."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.money import line_amount
from quanyu.modules.promotions.contracts import Campaign, Reason
from quanyu.modules.promotions.rules.price_chain.draft import Draft, DraftLine
from quanyu.modules.promotions.rules.price_chain.offer import Lack, Offer, dearest_first, value_of


def off(campaign: Campaign, lines: Sequence[DraftLine], draft: Draft) -> Offer | Lack:
    """Return what the prices save, line by line; the dearest lines of a product first, up to its limit."""
    joined: list[DraftLine] = []
    parts: list[int] = []
    for item in campaign.items:
        left = item.quantity
        for line in dearest_first([line for line in lines if line.line.sku_id == item.sku_id]):
            quantity = min(left, line.quantity)
            if quantity == 0:
                break
            left -= quantity
            price_fen = line_amount(
                unit_price_fen=item.price_fen, quantity=quantity, quantity_scale=line.line.quantity_scale
            )
            saving_fen = value_of(line, quantity) - price_fen
            if saving_fen > 0:
                joined.append(line)
                parts.append(saving_fen)
    if not joined:
        return Lack(Reason.BETTER_OFFER)
    return Offer(joined, sum(parts), parts=parts)
