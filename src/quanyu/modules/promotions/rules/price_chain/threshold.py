"""Threshold discount (满减) and threshold gift (满赠): spend so much on these goods and pay less, or get a gift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quanyu.kernel.money import format_yuan, line_amount
from quanyu.modules.promotions.contracts import Campaign, Reason
from quanyu.modules.promotions.rules import steps
from quanyu.modules.promotions.rules.price_chain.draft import Draft, DraftLine
from quanyu.modules.promotions.rules.price_chain.offer import Lack, Offer


def off(campaign: Campaign, lines: Sequence[DraftLine], draft: Draft) -> Offer | Lack:
    """Return what the highest step takes off, or the amount missing to the first one."""
    amount_fen = sum(line.net_fen for line in lines)
    found = steps.reached(campaign.steps, amount_fen, repeats=campaign.repeats)
    if found is None:
        step = steps.lowest(campaign.steps)
        return Lack(Reason.AMOUNT_MISSING, _missing(step.threshold_fen, amount_fen) | {"off_fen": step.off_fen})
    step, times = found
    return Offer(lines, step.off_fen * times, step.threshold_fen * times)


def gift(campaign: Campaign, lines: Sequence[DraftLine], draft: Draft) -> Offer | Lack:
    """Return the gift of the highest step, or the amount missing to the first; one that is gone is no promise."""
    amount_fen = sum(line.net_fen for line in lines)
    found = steps.reached(campaign.steps, amount_fen, repeats=campaign.repeats)
    step, times = found or (steps.lowest(campaign.steps), 1)
    sku_id = step.gift_sku_id
    # As long as stocks last: what is there is given, in whole gifts.
    times = min(times, draft.gift_left(sku_id) // step.gift_quantity) if sku_id is not None else 0
    quantity = step.gift_quantity * times
    if sku_id is None or times <= 0:
        return Lack(Reason.GIFT_GONE, {"gift_sku_id": sku_id, "gift_quantity": step.gift_quantity})
    if found is None:
        promise = {"gift_sku_id": sku_id, "gift_quantity": quantity}
        return Lack(Reason.AMOUNT_MISSING, _missing(step.threshold_fen, amount_fen) | promise)
    facts = draft.basket.gifts[sku_id]
    worth_fen = line_amount(
        unit_price_fen=facts.prices.base_fen, quantity=quantity, quantity_scale=facts.quantity_scale
    )
    return Offer(lines, worth_fen, step.threshold_fen * times, gift_sku_id=sku_id, gift_quantity=quantity)


def _missing(threshold_fen: int, amount_fen: int) -> dict[str, Any]:
    missing_fen = threshold_fen - amount_fen
    return {"missing_fen": missing_fen, "missing_yuan": format_yuan(missing_fen), "threshold_fen": threshold_fen}
