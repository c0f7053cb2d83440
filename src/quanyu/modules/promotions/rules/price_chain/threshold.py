"""Link 4: threshold discounts (满减): spend so much on these products, pay so much less.

Campaigns are taken one by one: the highest priority first, then the larger saving, then the lower id.
The lines of a campaign that was taken are gone for the next: a line enters one campaign at most.
"""

from __future__ import annotations

from typing import Any

from quanyu.kernel.money import format_yuan
from quanyu.modules.promotions.contracts import (
    Basket,
    BasketLine,
    Campaign,
    DiscountKind,
    NotApplied,
    Reason,
)
from quanyu.modules.promotions.rules.price_chain.draft import Draft, DraftLine
from quanyu.modules.promotions.rules.steps import saving


def apply(draft: Draft) -> None:
    """Take the campaigns off, and say of every other one why it does not apply."""
    waiting: list[tuple[Campaign, list[DraftLine]]] = []
    refused: dict[int, NotApplied] = {}
    for campaign in draft.basket.campaigns:
        lines = [line for line in draft.lines if _covers(campaign, line.line)]
        reason = _refusal(campaign, draft.basket) or (None if lines else Reason.NO_MATCHING_GOODS)
        if reason is None:
            waiting.append((campaign, lines))
        else:
            refused[campaign.id] = _not_applied(campaign, reason)
    whole = {campaign.id: sum(line.net_fen for line in lines) for campaign, lines in waiting}
    taken: set[int] = set()
    while best := _best(waiting, taken):
        campaign, lines, off_fen = best
        draft.take(
            lines,
            off_fen,
            kind=DiscountKind.THRESHOLD,
            source=campaign.code,
            label=campaign.name,
            shares=campaign.shares,
        )
        taken.update(line.number for line in lines)
        waiting = [pair for pair in waiting if pair[0].id != campaign.id]
    for campaign, lines in waiting:
        refused[campaign.id] = _short_of(campaign, lines, taken, whole[campaign.id])
    draft.not_applied.extend(refused[campaign_id] for campaign_id in sorted(refused))


def _best(
    waiting: list[tuple[Campaign, list[DraftLine]]], taken: set[int]
) -> tuple[Campaign, list[DraftLine], int] | None:
    best, best_rank = None, (0, 0, 0)
    for campaign, all_lines in waiting:
        lines = [line for line in all_lines if line.number not in taken]
        off_fen = saving(campaign.steps, sum(line.net_fen for line in lines), repeats=campaign.repeats)
        rank = (campaign.priority, off_fen, -campaign.id)
        if off_fen > 0 and (best is None or rank > best_rank):
            best, best_rank = (campaign, lines, off_fen), rank
    return best


def _refusal(campaign: Campaign, basket: Basket) -> Reason | None:
    """Return why the campaign holds for nothing in this basket, or ``None``."""
    scope = campaign.scope
    if not campaign.is_active or basket.at not in campaign.period:
        return Reason.NOT_IN_PERIOD
    if scope.channels and basket.channel not in scope.channels:
        return Reason.NOT_IN_CHANNEL
    if scope.unit_ids and basket.store_id not in scope.unit_ids and scope.unit_ids.isdisjoint(basket.store_path):
        return Reason.NOT_IN_STORE
    if scope.members_only and basket.member is None:
        return Reason.MEMBERS_ONLY
    return None


def _covers(campaign: Campaign, line: BasketLine) -> bool:
    scope = campaign.scope
    if line.sku_id in scope.excluded_sku_ids:
        return False
    if not scope.sku_ids and not scope.category_ids:
        return True
    return line.sku_id in scope.sku_ids or not scope.category_ids.isdisjoint(line.category_path)


def _short_of(campaign: Campaign, lines: list[DraftLine], taken: set[int], whole_fen: int) -> NotApplied:
    """Say what is missing: an amount, or lines that a better campaign has taken."""
    step = min(campaign.steps, key=lambda step: step.threshold_fen)
    free = [line for line in lines if line.number not in taken]
    if not free or whole_fen >= step.threshold_fen:
        return _not_applied(campaign, Reason.BETTER_OFFER)
    missing_fen = step.threshold_fen - sum(line.net_fen for line in free)
    return _not_applied(
        campaign,
        Reason.AMOUNT_MISSING,
        missing_fen=missing_fen,
        missing_yuan=format_yuan(missing_fen),
        threshold_fen=step.threshold_fen,
        off_fen=step.off_fen,
    )


def _not_applied(campaign: Campaign, reason: Reason, **params: Any) -> NotApplied:
    return NotApplied(source=campaign.code, label=campaign.name, reason=reason, params=params)
