"""What holds at a till besides goods and prices: campaigns, scale labels, the store's words on paper."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from quanyu.modules.catalog import api as catalog
from quanyu.modules.checkout import api as checkout
from quanyu.modules.identity import api as identity
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.queries import advice, settings
from quanyu.modules.pos.rules.kept import TillRules
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import Campaign

# A till may be alone for so long; what begins later it learns when it is back.
_AHEAD = timedelta(days=3)


def of_till(*, till: Till, now: datetime) -> TillRules:
    """Return what holds at the till now and in the next days."""
    path = organization.paths(unit_ids=[till.store_id])[till.store_id]
    settings_path = organization.settings_path(unit_id=till.store_id, terminal_id=str(till.device_id))
    found = sorted(promotions.campaigns(ending_after=now), key=lambda campaign: campaign.id)
    return TillRules(
        store=organization.locations(ids=[till.store_id])[till.store_id],
        store_path=tuple(path),
        scale_layouts=tuple(catalog.scale_layouts(settings_path=settings_path)),
        campaigns=tuple(msgspec.to_builtins(one) for one in found if _may_hold(one, path=path, now=now)),
        categories=tuple(catalog.categories()),
        footer=settings.receipt_footer(till=till),
        advice=advice.terms(till=till, now=now),
        discount_limit_bp=settings.discount_limit_bp(till=till),
        sells_only_set_aside=settings.sells_only_set_aside(till=till),
        colleagues=tuple(identity.names_at(unit_id=till.store_id)),
        wraps_gifts=checkout.wraps_gifts(store_id=till.store_id),
        rounding_off_fen=settings.rounding_off_fen(till=till),
    )


def _may_hold(campaign: Campaign, *, path: tuple[int, ...], now: datetime) -> bool:
    scope, start = campaign.scope, campaign.period.start
    return (
        campaign.is_active
        and (start is None or start < now + _AHEAD)
        and (not scope.channels or Channel.POS.value in scope.channels)
        and (not scope.unit_ids or not scope.unit_ids.isdisjoint(path))
    )
