"""Bundles (组合价): a set of products, or any n pieces, at one price; the dearest pieces first, while a set saves."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.apportion import apportion_within
from quanyu.modules.promotions.contracts import Campaign, Reason
from quanyu.modules.promotions.rules.price_chain.draft import Draft, DraftLine
from quanyu.modules.promotions.rules.price_chain.offer import Lack, Offer, dearest_first, unit_fen, value_of


def off(campaign: Campaign, lines: Sequence[DraftLine], draft: Draft) -> Offer | Lack:
    """Return what the sets save, spread over their pieces; or how many pieces are missing to the first set."""
    pieces = dearest_first([line for line in lines if line.line.quantity_scale == 1])
    if not pieces:
        return Lack(Reason.NO_MATCHING_GOODS)
    if campaign.items:
        slots = [
            ([line for line in pieces if line.line.sku_id == item.sku_id], item.quantity) for item in campaign.items
        ]
    else:
        slots = [(pieces, campaign.count)]
    counts = [sum(line.quantity for line in slot) for slot, _ in slots]
    sets = min(count // size for count, (_, size) in zip(counts, slots, strict=True))
    if sets == 0:
        missing = sum(max(0, size - count) for count, (_, size) in zip(counts, slots, strict=True))
        return Lack(Reason.QUANTITY_MISSING, {"missing": missing, "count": sum(size for _, size in slots)})
    price_fen = campaign.price_fen or 0
    sets = _worthwhile(slots, sets if campaign.repeats else 1, price_fen)
    joined: list[DraftLine] = []
    weights: list[int] = []
    for slot, size in slots:
        for line, quantity in _first(slot, sets * size):
            joined.append(line)
            weights.append(value_of(line, quantity))
    saving_fen = sum(weights) - sets * price_fen
    if saving_fen <= 0:
        return Lack(Reason.BETTER_OFFER)
    return Offer(joined, saving_fen, parts=apportion_within(saving_fen, weights))


def _worthwhile(slots: list[tuple[list[DraftLine], int]], sets: int, price_fen: int) -> int:
    """Return how many sets cost more in pieces than as sets.

    Each set is made of cheaper pieces than the one before, so the answer is found by halving. Without it
    a customer who adds cheap pieces would pay more for all.
    """

    def worth(count: int) -> int:
        return sum(unit_fen(line) * taken for slot, size in slots for line, taken in _first(slot, count * size))

    low, high = 0, sets
    while low < high:
        middle = (low + high + 1) // 2
        if worth(middle) - worth(middle - 1) > price_fen:
            low = middle
        else:
            high = middle - 1
    return low


def _first(lines: Sequence[DraftLine], quantity: int) -> list[tuple[DraftLine, int]]:
    """Return the lines that so many pieces come from, with how many of each."""
    found = []
    for line in lines:
        if quantity == 0:
            break
        taken = min(quantity, line.quantity)
        found.append((line, taken))
        quantity -= taken
    return found
