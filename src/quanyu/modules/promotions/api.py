"""Promotions' door: campaigns, and the price chain that turns a basket into a quote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.period import Period
from quanyu.modules.identity import api as _identity
from quanyu.modules.organization import api as _organization
from quanyu.modules.promotions.contracts import Basket, Campaign, Quote, Scope, Shares, Step
from quanyu.modules.promotions.ops import create_campaign as _create_campaign
from quanyu.modules.promotions.ops import stop_campaign as _stop_campaign
from quanyu.modules.promotions.queries import campaigns as _campaigns
from quanyu.modules.promotions.rules.price_chain import chain as _chain
from quanyu.platform import db

EDIT = "promotions.edit"


def price(*, basket: Basket) -> Quote:
    """Price a basket to the fen, with the reasons for what does not apply. Pure: no query, no clock.

    Raises ``BasketInvalid`` or ``ManualDiscountTooLarge``. Budget: 0.2 ms for three lines.
    """
    return _chain.price(basket)


def create_campaign(
    *,
    code: str,
    name: str,
    name_en: str = "",
    period: Period,
    steps: Sequence[Step],
    scope: Scope | None = None,
    shares: Shares | None = None,
    repeats: bool = False,
    priority: int = 0,
    actor: Actor,
    now: datetime,
) -> Campaign:
    """Set up a threshold discount (CPN-14), by default on everything, everywhere, borne by the brand.

    Raises ``Forbidden``, ``CampaignInvalid`` (with the field), ``CampaignCodeTaken``. Publishes
    ``CampaignCreated``; audited.
    """
    where = scope or Scope()
    _demand(actor=actor, scope=where)
    return db.in_transaction(
        lambda: _create_campaign.create_campaign(
            code=code,
            name=name,
            name_en=name_en,
            period=period,
            steps=steps,
            scope=where,
            shares=shares or Shares(),
            repeats=repeats,
            priority=priority,
            actor=actor,
            now=now,
        )
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


def campaign(*, campaign_id: int) -> Campaign:
    """Return one campaign. Raises ``CampaignUnknown``."""
    return _campaigns.campaign(campaign_id)


def campaigns(*, ending_after: datetime | None = None) -> list[Campaign]:
    """Return all campaigns, or those that have not ended by a moment, newest first. One query."""
    return _campaigns.campaigns(ending_after=ending_after)


def _demand(*, actor: Actor, scope: Scope) -> None:
    """Raise unless the actor may edit campaigns at every place of the scope; everywhere, when it names none."""
    for unit_id in scope.unit_ids or {_organization.enterprise().id}:
        _identity.require(actor=actor, permission=EDIT, unit_id=unit_id)
