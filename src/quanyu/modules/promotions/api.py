"""Promotions' door: campaigns, and the price chain that turns a basket into a quote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from quanyu.kernel.actor import Actor
from quanyu.kernel.period import Period
from quanyu.modules.identity import api as _identity
from quanyu.modules.organization import api as _organization
from quanyu.modules.promotions.contracts import (
    Basket,
    Campaign,
    CampaignItem,
    CampaignKind,
    CouponFacts,
    CouponOutcome,
    PointsFacts,
    Quote,
    Reason,
    RightsSource,
    Scope,
    Shares,
    Step,
    TierChoice,
)
from quanyu.modules.promotions.ops import change_campaign as _change_campaign
from quanyu.modules.promotions.ops import create_campaign as _create_campaign
from quanyu.modules.promotions.ops import stop_campaign as _stop_campaign
from quanyu.modules.promotions.queries import campaigns as _campaigns
from quanyu.modules.promotions.queries import kept as _kept
from quanyu.modules.promotions.queries import rights_source as _rights_source
from quanyu.modules.promotions.rules.price_chain import chain as _chain
from quanyu.platform import db
from quanyu.platform.marks import Reading as _Reading
from quanyu.platform.marks import day_of as _day_of

EDIT = "promotions.edit"


class Rule(TypedDict, total=False):
    """What a campaign does beyond steps; ``contracts.Campaign`` says what each kind uses."""

    kind: CampaignKind
    stacks: bool
    count: int
    off_bp: int
    price_fen: int | None
    same_sku: bool
    items: tuple[CampaignItem, ...]


def price(*, basket: Basket) -> Quote:
    """Price a basket to the fen, with the reasons for what does not apply. Pure: no query, no clock.

    Raises ``BasketInvalid`` or ``ManualDiscountTooLarge``. Budget: 0.2 ms for three lines.
    """
    return _chain.price(basket)


def judge_coupons(*, basket: Basket, candidates: Sequence[CouponFacts]) -> tuple[CouponOutcome, ...]:
    """Return what each candidate ALONE would save on this basket, or why not and how much is missing.

    Pure; the basket's own coupons and points do not count. Raises as ``price`` does.
    """
    return _chain.judge_coupons(basket, candidates)


def coupon_refusal(*, basket: Basket, coupon: CouponFacts) -> Reason | None:
    """Return why a coupon does not hold at this time, in this store, for this member; the goods do not count.

    ``None``: it holds. Pure. For services, which are handed out without an order.
    """
    return _chain.coupon_refusal(basket, coupon)


def gift_skus(*, campaigns: Iterable[Campaign], coupons: Iterable[CouponFacts] = ()) -> frozenset[int]:
    """Return the SKUs that these may give: ``Basket.gifts`` needs those that are in stock. Pure."""
    return _chain.gift_skus(campaigns, coupons)


def create_campaign(
    *,
    code: str,
    name: str,
    name_en: str = "",
    period: Period,
    steps: Sequence[Step] = (),
    scope: Scope | None = None,
    shares: Shares | None = None,
    repeats: bool = False,
    priority: int = 0,
    actor: Actor,
    now: datetime,
    **rule: Unpack[Rule],
) -> Campaign:
    """Set up a campaign (CPN-14), by default a threshold discount on everything, everywhere, borne by the brand.

    Raises ``Forbidden``, ``CampaignInvalid`` (with the field), ``CampaignCodeTaken``. Publishes
    ``CampaignCreated``; audited.
    """
    where, who = scope or Scope(), shares or Shares()
    given = Campaign(0, code, name, name_en, period, tuple(steps), where, who, repeats, priority, **rule)
    _demand(actor=actor, scope=where)
    return db.in_transaction(lambda: _create_campaign.create_campaign(campaign=given, actor=actor, now=now))


def change_campaign(*, campaign: Campaign, reason: str = "", actor: Actor, now: datetime) -> Campaign:
    """Write the campaign of this id as it is given; ``is_active`` stays as it was. Publishes; audited.

    Raises ``Forbidden``, ``CampaignUnknown``, ``CampaignInvalid``, ``CampaignCodeTaken``, and ``CampaignFixed``
    when it is over, or has started and more than its end, name and priority would change.
    """
    _demand(actor=actor, scope=_campaigns.campaign(campaign.id).scope)
    _demand(actor=actor, scope=campaign.scope)
    return db.in_transaction(
        lambda: _change_campaign.change_campaign(campaign=campaign, reason=reason, actor=actor, now=now)
    )


def stop_campaign(*, campaign_id: int, reason: str, actor: Actor, now: datetime) -> Campaign:
    """Stop a campaign from now on. Raises ``Forbidden``, ``CampaignUnknown``.

    Publishes ``CampaignStopped``; audited.
    """
    _demand(actor=actor, scope=_campaigns.campaign(campaign_id).scope)
    return db.in_transaction(
        lambda: _stop_campaign.stop_campaign(campaign_id=campaign_id, reason=reason, actor=actor, now=now)
    )


def campaigns_in_force(
    *, unit_id: int, path: Sequence[int] | None = None, channel: str, at: datetime
) -> list[Campaign]:
    """Return the campaigns that hold at a unit on a channel at a moment. One query when the path is known."""
    if path is None:
        path = _organization.paths(unit_ids=[unit_id]).get(unit_id, (unit_id,))
    return _campaigns.in_force(path=path, channel=channel, at=at)


def want_campaigns(*, reading: _Reading, at: datetime) -> None:
    """Ask a batch's reading for all that ``campaigns_read`` needs, for any number of places and channels."""
    reading.want(_kept.CAMPAIGNS, [_day_of(at)])


def campaigns_read(*, reading: _Reading, path: tuple[int, ...], channel: str, at: datetime) -> tuple[Campaign, ...]:
    """Return what ``campaigns_in_force`` would, from a reading that was asked. No query."""
    found = reading.of(_kept.CAMPAIGNS)[_day_of(at)]
    return found.at(path=path, channel=channel, at=at) if found else ()


def campaign(*, campaign_id: int) -> Campaign:
    """Return one campaign. Raises ``CampaignUnknown``."""
    return _campaigns.campaign(campaign_id)


def campaigns(*, ending_after: datetime | None = None) -> list[Campaign]:
    """Return all campaigns, or those that have not ended by a moment, newest first. One query."""
    return _campaigns.campaigns(ending_after=ending_after)


def use_rights_source(*, source: RightsSource) -> None:
    """Let simulations know tiers, coupons and points from this source. Called by ``entrypoints`` only."""
    _rights_source.use(source)


def tier_choices() -> Sequence[TierChoice]:
    """Return the membership tiers a campaign may be for; none when nobody has said."""
    return _rights_source.tiers()


def coupon_choices(*, at: datetime) -> Sequence[CouponFacts]:
    """Return coupon templates in force, to try them on a basket; ``id`` is the template's code."""
    return _rights_source.coupons(at=at)


def points_rule(*, path: Sequence[int]) -> PointsFacts | None:
    """Return the rule for points as payment at a unit (its path); ``None`` when nobody has said."""
    return _rights_source.points(path=path)


def _demand(*, actor: Actor, scope: Scope) -> None:
    """Raise unless the actor may edit campaigns at every place of the scope; everywhere, when it names none."""
    for unit_id in scope.unit_ids or {_organization.enterprise().id}:
        _identity.require(actor=actor, permission=EDIT, unit_id=unit_id)
