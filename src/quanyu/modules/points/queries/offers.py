"""Offers of the points mall."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from quanyu.kernel.period import Period
from quanyu.modules.members.contracts import Level
from quanyu.modules.points.contracts import Offer, OfferUnknown
from quanyu.platform import db, marks

_OFFER = (
    "SELECT offer.id, offer.sku_id, offer.points, offer.cash_fen, offer.list_fen, offer.starts_at, offer.ends_at, "
    "offer.level, offer.per_member_limit, offer.total_limit, offer.taken, offer.is_active, "
    "ARRAY(SELECT scope.unit_id FROM points_offer_units AS scope WHERE scope.offer_id = offer.id) AS unit_ids "
    "FROM points_offer AS offer "
)
_IN_FORCE = "offer.is_active AND offer.starts_at <= %s AND (offer.ends_at IS NULL OR offer.ends_at > %s)"


def in_force(*, path: Sequence[int], at: datetime, after_id: int, limit: int) -> list[Offer]:
    """Return the offers that hold at the end of a path and are not sold out, by id after one. One query."""
    rows = db.rows(
        f"{_OFFER} WHERE {_IN_FORCE} AND offer.id > %s "  # noqa: S608 - constants
        "AND (offer.total_limit IS NULL OR offer.taken < offer.total_limit) "
        "AND (NOT EXISTS (SELECT FROM points_offer_units AS scope WHERE scope.offer_id = offer.id) "
        "OR EXISTS (SELECT FROM points_offer_units AS scope WHERE scope.offer_id = offer.id "
        "AND scope.unit_id = ANY(%s))) ORDER BY offer.id LIMIT %s",
        [at, at, after_id, list(path), limit],
    )
    return [_offer(row) for row in rows]


def by_id(*, ids: Collection[int], at: datetime | None) -> dict[int, Offer]:
    """Return those of the offers that hold at a moment (``None``: all that exist), by id. One query."""
    rows = db.rows(
        _OFFER + f"WHERE offer.id = ANY(%s) AND (%s::timestamptz IS NULL OR ({_IN_FORCE}))", [list(ids), at, at, at]
    )
    return {row["id"]: _offer(row) for row in rows}


def part_by_id(*, ids: Collection[int], at: datetime) -> marks.Part[dict[int, Offer]]:
    """Return the question for those of the offers that hold at a moment, for a batch's reading."""

    def made(rows: list[dict[str, Any]]) -> dict[int, Offer]:
        for row in rows:
            row |= {name: marks.moment(row[name]) for name in ("starts_at", "ends_at")}
        return {row["id"]: _offer(row) for row in rows}

    return marks.Part(f"{_OFFER} WHERE offer.id = ANY(%s) AND {_IN_FORCE}", [list(ids), at, at], made)


def offer(offer_id: int) -> Offer:
    """Return one offer. Raises ``OfferUnknown``."""
    found = by_id(ids=[offer_id], at=None)
    if offer_id not in found:
        raise OfferUnknown(field="offer_id")
    return found[offer_id]


def _offer(row: dict[str, Any]) -> Offer:
    starts_at, ends_at = row.pop("starts_at"), row.pop("ends_at")
    return Offer(
        **row
        | {
            "period": Period(starts_at, ends_at),
            "unit_ids": frozenset(row["unit_ids"]),
            "level": Level(row["level"]),
        }
    )
