"""Link 5: campaigns. One by one, the highest priority first, then the larger saving, then the lower id.

The lines of a campaign are gone for the others, unless it combines (``stacks``): a line enters one
campaign at most that does not. Each campaign sees what those before it left of the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quanyu.modules.promotions.contracts import (
    Basket,
    Campaign,
    CampaignKind,
    DiscountKind,
    NotApplied,
    Reason,
)
from quanyu.modules.promotions.rules.price_chain import bundle, new_customer, nth_item, threshold
from quanyu.modules.promotions.rules.price_chain.draft import Draft, DraftLine, Gift
from quanyu.modules.promotions.rules.price_chain.offer import Lack, Offer
from quanyu.modules.promotions.rules.price_chain.scope import covers, refusal

KINDS: dict[CampaignKind, Callable[[Campaign, Sequence[DraftLine], Draft], Offer | Lack]] = {
    CampaignKind.THRESHOLD: threshold.off,
    CampaignKind.GIFT: threshold.gift,
    CampaignKind.NTH: nth_item.off,
    CampaignKind.BUNDLE: bundle.off,
    CampaignKind.NEW_CUSTOMER: new_customer.off,
}


def apply(draft: Draft) -> None:
    """Apply the campaigns, and say of every other one why it does not apply."""
    waiting: dict[int, tuple[Campaign, list[DraftLine]]] = {}
    lacks: dict[int, NotApplied] = {}
    for campaign in draft.basket.campaigns:
        reason = _refusal(campaign, draft.basket)
        lines = [] if reason else _covered(campaign, draft)
        if reason is None and lines:
            waiting[campaign.id] = (campaign, lines)
        else:
            lacks[campaign.id] = _not_applied(campaign, Lack(reason or Reason.NO_MATCHING_GOODS))
    could: set[int] | None = None
    while waiting:
        answers = {id_: _answer(campaign, lines, draft) for id_, (campaign, lines) in waiting.items()}
        offers = [(waiting[id_][0], answer) for id_, answer in answers.items() if isinstance(answer, Offer)]
        if could is None:
            could = {campaign.id for campaign, _ in offers}
        if not offers:
            for id_, (campaign, _) in waiting.items():
                lost = id_ in could and not campaign.stacks
                lacks[id_] = _not_applied(campaign, _lack(answers[id_], lost=lost))
            break
        campaign, offer = max(offers, key=lambda pair: (pair[0].priority, pair[1].saving_fen, -pair[0].id))
        _take(campaign, offer, draft)
        del waiting[campaign.id]
    draft.not_applied.extend(lacks[id_] for id_ in sorted(lacks))


def _answer(campaign: Campaign, lines: list[DraftLine], draft: Draft) -> Offer | Lack | None:
    """Return what the campaign does with the lines it may still enter; ``None`` when there are none."""
    free = lines if campaign.stacks else [line for line in lines if not line.taken]
    return KINDS[campaign.kind](campaign, free, draft) if free else None


def _lack(answer: Offer | Lack | None, *, lost: bool) -> Lack:
    """Say what a campaign lacks; one that could have applied to the whole basket lost its lines to a better one."""
    if isinstance(answer, Lack) and (not lost or answer.reason is Reason.GIFT_GONE):
        return answer
    return Lack(Reason.BETTER_OFFER)


def _take(campaign: Campaign, offer: Offer, draft: Draft) -> None:
    for line in offer.lines:
        line.in_campaign = True
        line.taken = line.taken or not campaign.stacks
    if offer.gift_sku_id is not None:
        draft.gifts.append(
            Gift(
                offer.gift_sku_id,
                offer.gift_quantity,
                campaign.code,
                campaign.name,
                campaign.shares,
                offer.threshold_fen,
            )
        )
        return
    draft.take(
        offer.lines,
        offer.saving_fen,
        kind=DiscountKind(campaign.kind),
        source=campaign.code,
        label=campaign.name,
        shares=campaign.shares,
        threshold_fen=offer.threshold_fen,
        parts=offer.parts,
    )


def _refusal(campaign: Campaign, basket: Basket) -> Reason | None:
    """Return why the campaign holds for nothing in this basket, or ``None``."""
    if not campaign.is_active or basket.at not in campaign.period:
        return Reason.NOT_IN_PERIOD
    reason = refusal(campaign.scope, basket)
    if reason is None and campaign.kind is CampaignKind.NEW_CUSTOMER:
        return None if basket.member is not None and basket.member.is_new else Reason.NEW_CUSTOMERS_ONLY
    return reason


def _covered(campaign: Campaign, draft: Draft) -> list[DraftLine]:
    scope = campaign.scope
    lines = [line for line in draft.lines if covers(scope, line.line)]
    if campaign.items:
        named = {item.sku_id for item in campaign.items}
        lines = [line for line in lines if line.line.sku_id in named]
    return lines


def _not_applied(campaign: Campaign, lack: Lack) -> NotApplied:
    return NotApplied(source=campaign.code, label=campaign.name, reason=lack.reason, params=lack.params)
