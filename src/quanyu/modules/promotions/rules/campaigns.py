"""What a campaign must look like, and what of it may change while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from quanyu.kernel.problem import N_
from quanyu.modules.promotions.contracts import Campaign, CampaignFixed, CampaignInvalid, CampaignKind, Step
from quanyu.modules.promotions.rules import steps as rungs

_WHOLE_BP = 10_000
# More would be a mistake of the person who types, and every line of every basket is held against them.
_STEPS_MAX, _ITEMS_MAX, _COUNT_MAX = 20, 200, 100
# What may change once a campaign has started: customers were promised the rest.
_FREE_WHILE_RUNNING = ("name", "name_en", "priority", "period")


def checked(campaign: Campaign) -> Campaign:
    """Return the campaign with its texts trimmed. Raises ``CampaignInvalid`` with the field of what cannot work."""
    campaign = replace(
        campaign, code=campaign.code.strip(), name=campaign.name.strip(), name_en=campaign.name_en.strip()
    )
    shares, scope = campaign.shares, campaign.scope
    if not campaign.code:
        raise CampaignInvalid(field="code", reason=N_("it is empty"))
    if not campaign.name:
        raise CampaignInvalid(field="name", reason=N_("it is empty"))
    parts = (shares.brand_bp, shares.store_bp, shares.supplier_bp)
    if min(parts) < 0 or sum(parts) != _WHOLE_BP:
        raise CampaignInvalid(field="shares", reason=N_("the shares must add up to the whole discount"))
    if scope.sku_ids & scope.excluded_sku_ids:
        raise CampaignInvalid(field="scope.excluded_sku_ids", reason=N_("a product is both named and excluded"))
    _check_unused(campaign)
    match campaign.kind:
        case CampaignKind.THRESHOLD:
            _check_offs(campaign.steps, repeats=campaign.repeats)
        case CampaignKind.GIFT:
            _check_gifts(campaign.steps)
        case CampaignKind.NTH:
            _check_nth(campaign)
        case CampaignKind.BUNDLE:
            _check_bundle(campaign)
        case CampaignKind.NEW_CUSTOMER:
            _check_items(campaign)
    return campaign


def changed(before: Campaign, after: Campaign, now: datetime) -> Campaign:
    """Return the campaign as it shall be; its identity and state stay.

    Raises ``CampaignFixed`` when it is stopped or over, or when it has started and more than its name,
    priority and end would change; ``CampaignInvalid`` as ``checked`` does, or for an end in the past.
    """
    after = checked(replace(after, id=before.id, is_active=before.is_active))
    start, end = before.period.start, before.period.end
    if not before.is_active or (end is not None and end <= now):
        raise CampaignFixed(field="campaign_id")
    if start is None or start <= now:
        kept = {name: getattr(after, name) for name in _FREE_WHILE_RUNNING}
        if replace(before, **kept) != after or after.period.start != start:
            raise CampaignFixed(field="campaign_id")
    if after.period.end is not None and after.period.end <= now:
        raise CampaignInvalid(field="period", reason=N_("it ends in the past"))
    return after


def _check_unused(campaign: Campaign) -> None:
    """Refuse what the kind would not look at: it would be a promise on the screen that nobody keeps."""
    kind, used = campaign.kind, set[str]()
    if kind in (CampaignKind.THRESHOLD, CampaignKind.GIFT):
        used = {"steps", "repeats"}
    elif kind is CampaignKind.NTH:
        used = {"count", "off_bp", "price_fen", "same_sku", "repeats"}
    elif kind is CampaignKind.BUNDLE:
        used = {"count", "price_fen", "items", "repeats"}
    else:
        used = {"items"}
    empty = {"steps": (), "items": (), "count": 0, "off_bp": 0, "price_fen": None, "same_sku": False, "repeats": False}
    for name, nothing in empty.items():
        if name not in used and getattr(campaign, name) != nothing:
            raise CampaignInvalid(field=name, reason=N_("this kind of campaign does not use it"))


def _check_offs(steps: Sequence[Step], *, repeats: bool) -> None:
    _check_rungs(steps)
    lower: list[Step] = []
    for index, step in sorted(enumerate(steps), key=lambda pair: pair[1].threshold_fen):
        if not 0 < step.off_fen < step.threshold_fen or step.gift_sku_id is not None or step.gift_quantity:
            raise CampaignInvalid(
                field=f"steps.{index}.off_fen", reason=N_("a discount is more than zero and less than its threshold")
            )
        # Who buys more must never get less off.
        if step.off_fen <= rungs.saving(lower, step.threshold_fen - 1, repeats=repeats) or (
            lower and lower[-1].threshold_fen == step.threshold_fen
        ):
            raise CampaignInvalid(
                field=f"steps.{index}.off_fen", reason=N_("a higher threshold needs a larger discount")
            )
        lower.append(step)


def _check_gifts(steps: Sequence[Step]) -> None:
    _check_rungs(steps)
    seen: set[int] = set()
    for index, step in enumerate(steps):
        if step.off_fen or step.gift_sku_id is None or step.gift_quantity < 1:
            raise CampaignInvalid(field=f"steps.{index}.gift_sku_id", reason=N_("a gift and how many of it are needed"))
        if step.threshold_fen < 1 or step.threshold_fen in seen:
            raise CampaignInvalid(
                field=f"steps.{index}.threshold_fen", reason=N_("each threshold is more than zero and stands once")
            )
        seen.add(step.threshold_fen)


def _check_rungs(steps: Sequence[Step]) -> None:
    if not steps:
        raise CampaignInvalid(field="steps", reason=N_("at least one step is needed"))
    if len(steps) > _STEPS_MAX:
        raise CampaignInvalid(field="steps", reason=N_("there are too many of them"))


def _check_nth(campaign: Campaign) -> None:
    if not 2 <= campaign.count <= _COUNT_MAX:
        raise CampaignInvalid(field="count", reason=N_("it must be from 2 to 100"))
    if (campaign.off_bp == 0) == (campaign.price_fen is None):
        raise CampaignInvalid(field="off_bp", reason=N_("either a discount or a price is needed"))
    if not 0 <= campaign.off_bp <= _WHOLE_BP:
        raise CampaignInvalid(field="off_bp", reason=N_("it must be from 0 to 100 percent"))
    if campaign.price_fen is not None and campaign.price_fen < 0:
        raise CampaignInvalid(field="price_fen", reason=N_("it must not be negative"))


def _check_bundle(campaign: Campaign) -> None:
    if campaign.price_fen is None or campaign.price_fen < 1:
        raise CampaignInvalid(field="price_fen", reason=N_("it must be more than zero"))
    if not campaign.items:
        if not 2 <= campaign.count <= _COUNT_MAX:
            raise CampaignInvalid(field="count", reason=N_("it must be from 2 to 100"))
        return
    if campaign.count:
        raise CampaignInvalid(field="count", reason=N_("a set of products has no number of its own"))
    if campaign.scope.sku_ids or campaign.scope.category_ids:
        raise CampaignInvalid(field="scope.sku_ids", reason=N_("the set already says which products"))
    _check_items(campaign)
    if sum(item.quantity for item in campaign.items) < 2:
        raise CampaignInvalid(field="items", reason=N_("a set has at least two pieces"))


def _check_items(campaign: Campaign) -> None:
    if not campaign.items:
        raise CampaignInvalid(field="items", reason=N_("at least one product is needed"))
    if len(campaign.items) > _ITEMS_MAX:
        raise CampaignInvalid(field="items", reason=N_("there are too many of them"))
    seen: set[int] = set()
    for index, item in enumerate(campaign.items):
        if item.sku_id in seen:
            raise CampaignInvalid(field=f"items.{index}.sku_id", reason=N_("this product stands here twice"))
        if item.quantity < 1:
            raise CampaignInvalid(field=f"items.{index}.quantity", reason=N_("it must be at least one"))
        if item.price_fen < 0:
            raise CampaignInvalid(field=f"items.{index}.price_fen", reason=N_("it must not be negative"))
        seen.add(item.sku_id)
