"""Put products into the points mall, and take them out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.period import Period
from quanyu.kernel.problem import N_
from quanyu.modules.catalog import api as catalog
from quanyu.modules.members.contracts import Level
from quanyu.modules.organization import api as organization
from quanyu.modules.points import rules
from quanyu.modules.points.contracts import Offer, OfferInvalid, OfferTooDear
from quanyu.modules.points.queries import offers, settings
from quanyu.modules.pricing import api as pricing
from quanyu.platform import audit, db


def create_offer(
    *,
    sku_id: int,
    points: int,
    cash_fen: int,
    period: Period,
    unit_ids: Collection[int],
    level: Level,
    per_member_limit: int | None,
    total_limit: int | None,
    actor: Actor,
    now: datetime,
) -> Offer:
    """Make an offer. Raises ``OfferInvalid`` (with the field), ``OfferTooDear``. Audited."""
    _check_limits(points=points, per_member_limit=per_member_limit, total_limit=total_limit)
    sku = catalog.skus(ids=[sku_id]).get(sku_id)
    if sku is None or not sku.is_active or sku.is_weighed:
        raise OfferInvalid(field="sku_id", reason=N_("a product sold by the piece is needed"))
    list_fen = _list_fen(sku_id, unit_ids, now=now)
    if not 0 <= cash_fen < list_fen:
        raise OfferInvalid(field="cash_fen", reason=N_("the cash is less than the list price"))
    ceiling_fen = settings.offer_ceiling_fen()
    if list_fen > ceiling_fen:
        raise OfferTooDear(field="sku_id", price_fen=list_fen, ceiling_fen=ceiling_fen)
    offer_id = db.value(
        "INSERT INTO points_offer (sku_id, points, cash_fen, list_fen, ceiling_fen, starts_at, ends_at, level, "
        "per_member_limit, total_limit, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [
            sku_id,
            points,
            cash_fen,
            list_fen,
            ceiling_fen,
            period.start or now,
            period.end,
            level,
            per_member_limit,
            total_limit,
            now,
        ],
    )
    db.execute(
        "INSERT INTO points_offer_units (offer_id, unit_id) SELECT %s, unnest(%s::bigint[])",
        [offer_id, sorted(set(unit_ids))],
    )
    made = offers.offer(offer_id)
    _record("points.create_offer", made, reason="", actor=actor, now=now)
    return made


def stop_offer(*, offer_id: int, reason: str, actor: Actor, now: datetime) -> Offer:
    """Take an offer out of the points mall; orders that took it are not touched. Audited."""
    db.execute("UPDATE points_offer SET is_active = false WHERE id = %s", [offer_id])
    stopped = offers.offer(offer_id)
    _record("points.stop_offer", stopped, reason=reason, actor=actor, now=now)
    return stopped


def _check_limits(*, points: int, per_member_limit: int | None, total_limit: int | None) -> None:
    for field, figure in (("points", points), ("per_member_limit", per_member_limit), ("total_limit", total_limit)):
        if figure is not None and not 0 < figure <= rules.POINTS_MAX:
            raise OfferInvalid(field=field, reason=N_("a number above zero is needed"))


def _list_fen(sku_id: int, unit_ids: Collection[int], *, now: datetime) -> int:
    """Return the highest list price of the SKU at the places of the offer, the enterprise when it names none."""
    places = organization.paths(unit_ids=unit_ids or [organization.enterprise().id])
    found = [
        prices[sku_id].base_fen
        for unit_id, path in places.items()
        if sku_id in (prices := pricing.prices(unit_id=unit_id, sku_ids=[sku_id], at=now, path=path))
    ]
    if not found:
        raise OfferInvalid(field="sku_id", reason=N_("the product has no price there"))
    return max(found)


def _record(action: str, offer: Offer, *, reason: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="points_offer",
        subject_id=offer.id,
        reason=reason,
        detail={
            "sku_id": offer.sku_id,
            "points": offer.points,
            "cash_fen": offer.cash_fen,
            "list_fen": offer.list_fen,
            "unit_ids": sorted(offer.unit_ids),
        },
        now=now,
    )
