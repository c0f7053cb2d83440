"""A member's points: the balance, the lots behind it, what moved them, and the points mall of a store."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts import PointsOffer
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.schemas import BigIdQuery, OfferOut, offer_out
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import Balance, HistoryEntry, Lot, LotState
from quanyu.platform import http
from quanyu.platform.http import BigId, Page, PageQuery, Schema

router = Router(tags=["points"])
_HOLDING = (LotState.LIVE, LotState.PENDING)


class ExpiryOut(Schema):
    """So many points end on this day: it is the last one on which they can be used."""

    last_day: date
    points: int


class BalanceOut(Schema):
    """What the member has. ``pending`` is earned and may be used later; ``debt`` is paid by the next points."""

    available: int
    pending: int
    debt: int
    next_expiries: list[ExpiryOut]


class LotOut(Schema):
    """Points that came together and end together: ``remaining`` of ``points`` are left."""

    id: BigId
    state: Literal["pending", "live", "empty", "expired"]
    points: int
    remaining: int
    cause_kind: str
    earned_at: datetime
    matures_at: datetime | None
    expires_at: datetime


class PointsOut(Schema):
    """The balance and the lots that still hold something, those that end first."""

    balance: BalanceOut
    lots: list[LotOut]


class MovementOut(Schema):
    """One deed in the ledger: how each figure changed by it."""

    id: BigId
    at: datetime
    kind: str
    available: int
    pending: int
    debt: int
    cause_kind: str
    cause_id: str
    store_id: int | None


class HistoryQuery(PageQuery):
    """A page of the ledger."""

    # One less than the door gives at once: a page asks whether there is one more.
    limit: int = Field(20, ge=1, le=99)


class PointsOfferOut(Schema):
    """An offer of the points mall: one piece for ``points`` and ``cash_fen``. ``left``: null without a limit."""

    id: BigId
    points: int
    cash_fen: int
    level: Literal["identified", "verified"]
    per_member_limit: int | None
    left: int | None
    ends_at: datetime | None
    goods: OfferOut


@router.get("/me/points", response=PointsOut)
def show_points(request: HttpRequest) -> PointsOut:
    """Return the member's points and when they end."""
    member_id = auth.member_id_of(request)
    return PointsOut(
        balance=balance_out(points.balance(member_id=member_id, now=system_clock.now())),
        lots=[_lot_out(lot) for lot in points.lots(member_id=member_id) if lot.state in _HOLDING and lot.remaining],
    )


@router.get("/me/points/history", response=Page[MovementOut])
def history(request: HttpRequest, query: Query[HistoryQuery]) -> dict[str, object]:
    """Return what moved the member's points, newest first."""
    member_id = auth.member_id_of(request)
    scope = f"mall.points:{member_id}"
    after = http.after(query, scope=scope)
    found = points.history(member_id=member_id, before=None if after is None else after[0], limit=query.limit + 1)
    page = http.page(found, query, scope=scope, key=lambda entry: (entry.id,))
    return {**page, "items": [_movement_out(entry) for entry in page["items"]]}


@router.get("/stores/{int:store_id}/points-offers", response=Page[PointsOfferOut], auth=None)
def points_mall(request: HttpRequest, store_id: BigIdQuery, query: Query[PageQuery]) -> dict[str, object]:
    """Return what a store gives for points, or for points and cash, with pictures and stock."""
    scope = f"mall.points_offers:{store_id}"
    after = http.after(query, scope=scope)
    found = api.points_offers(
        store_id=store_id,
        tier=auth.tier_of(request),
        after=0 if after is None else after[0],
        limit=query.limit + 1,
        now=system_clock.now(),
    )
    page = http.page(found, query, scope=scope, key=lambda one: (one.offer.id,))
    return {**page, "items": [_points_offer_out(one) for one in page["items"]]}


def balance_out(balance: Balance) -> BalanceOut:
    """Return a balance for the wire."""
    return BalanceOut.model_validate(balance)


def _lot_out(lot: Lot) -> LotOut:
    return LotOut.model_validate(
        {name: getattr(lot, name) for name in LotOut.model_fields} | {"state": lot.state.value}
    )


def _movement_out(entry: HistoryEntry) -> MovementOut:
    named = {name: getattr(entry, name) for name in MovementOut.model_fields}
    return MovementOut.model_validate(named | {"kind": entry.kind.value})


def _points_offer_out(one: PointsOffer) -> PointsOfferOut:
    offer = one.offer
    return PointsOfferOut(
        id=offer.id,
        points=offer.points,
        cash_fen=offer.cash_fen,
        level=offer.level.value,
        per_member_limit=offer.per_member_limit,
        left=None if offer.total_limit is None else max(0, offer.total_limit - offer.taken),
        ends_at=offer.period.end,
        goods=offer_out(one.goods),
    )
