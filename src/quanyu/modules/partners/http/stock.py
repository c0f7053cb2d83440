"""What a store can sell, for the tills of an old system."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.partners import api
from quanyu.modules.partners.contracts import StockAnswer
from quanyu.modules.partners.http import auth
from quanyu.modules.partners.http.entries import Code, TillCode
from quanyu.platform.http import QuerySchema, Schema

router = Router(tags=["stock"])


class StockQuery(QuerySchema):
    """The till that asks, and up to 200 articles by any of their codes."""

    till: TillCode
    code: Annotated[list[Code], Field(min_length=1, max_length=api.BATCH_MAX)]


class StockOut(Schema):
    """``available`` in base units and the price for everybody, per piece or kilogram; null for what is not known."""

    code: str
    sku_code: str
    name: str
    barcodes: list[str]
    available: int | None
    price_fen: int | None


class GoodsQuery(QuerySchema):
    """The till whose store is asked about, and where the page before ended."""

    till: TillCode
    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class GoodsOut(Schema):
    """A page of goods. ``next_after`` leads to the next one; null: that was all."""

    goods: list[StockOut]
    next_after: int | None


@router.get("/stock", response=list[StockOut])
def stock(request: HttpRequest, query: Query[StockQuery]) -> list[StockOut]:
    """Say what the till's store can sell of articles now. 查询该收银台所在门店的可售库存与价格。"""
    found = api.stock(till=query.till, codes=query.code, partner=auth.partner_of(request), now=system_clock.now())
    return [_out(one) for one in found]


@router.get("/goods", response=GoodsOut)
def goods(request: HttpRequest, query: Query[GoodsQuery]) -> GoodsOut:
    """Page through the goods of the till's store. 分页获取该门店的商品、价格与库存。"""
    found = api.goods(
        till=query.till,
        after_id=query.after,
        limit=query.limit,
        partner=auth.partner_of(request),
        now=system_clock.now(),
    )
    more = found[-1][0] if len(found) == query.limit else None
    return GoodsOut(goods=[_out(one) for _, one in found], next_after=more)


def _out(one: StockAnswer) -> StockOut:
    return StockOut(
        code=one.code,
        sku_code=one.sku_code,
        name=one.name,
        barcodes=list(one.barcodes),
        available=one.available,
        price_fen=one.price_fen,
    )
