"""The nth piece for less (第 N 件): of the dearest pieces in groups of n, the cheapest of each group."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.apportion import apportion_within
from quanyu.kernel.money import share_of
from quanyu.modules.promotions.contracts import Campaign, Reason
from quanyu.modules.promotions.rules.price_chain.draft import Draft, DraftLine
from quanyu.modules.promotions.rules.price_chain.offer import Lack, Offer, dearest_first, unit_fen, value_of


def off(campaign: Campaign, lines: Sequence[DraftLine], draft: Draft) -> Offer | Lack:
    """Return what the nth pieces save, spread over all pieces of their groups; or how many are missing."""
    pieces = [line for line in lines if line.line.quantity_scale == 1]
    if not pieces:
        return Lack(Reason.NO_MATCHING_GOODS)
    groups: dict[int, list[DraftLine]] = {}
    for line in dearest_first(pieces):
        groups.setdefault(line.line.sku_id if campaign.same_sku else 0, []).append(line)
    most, saving_fen = 0, 0
    joined: list[DraftLine] = []
    weights: list[int] = []
    for group in groups.values():
        count = sum(line.quantity for line in group)
        most = max(most, count)
        last = count // campaign.count * campaign.count if campaign.repeats else min(campaign.count, count)
        if last < campaign.count:
            continue
        before = 0
        for line in group:
            after = min(before + line.quantity, last)
            if after == before:
                break
            saving_fen += (after // campaign.count - before // campaign.count) * _saving(campaign, unit_fen(line))
            joined.append(line)
            weights.append(value_of(line, after - before))
            before = after
    if not joined:
        return Lack(Reason.QUANTITY_MISSING, {"missing": campaign.count - most, "count": campaign.count})
    if saving_fen <= 0:
        return Lack(Reason.BETTER_OFFER)
    return Offer(joined, saving_fen, parts=apportion_within(saving_fen, weights))


def _saving(campaign: Campaign, price_fen: int) -> int:
    """Return what one nth piece saves."""
    if campaign.price_fen is not None:
        return max(0, price_fen - campaign.price_fen)
    return share_of(amount_fen=price_fen, basis_points=campaign.off_bp)
