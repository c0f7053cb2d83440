"""What a store can sell, for the tills of an old system."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.partners import api
from quanyu.modules.partners.http import auth
from quanyu.modules.partners.http.entries import Code, TillCode
from quanyu.platform.http import QuerySchema, Schema

router = Router(tags=["stock"])


class StockQuery(QuerySchema):
    """The till that asks, and up to 200 articles by any of their codes."""

    till: TillCode
    code: Annotated[list[Code], Field(min_length=1, max_length=api.BATCH_MAX)]


class StockOut(Schema):
    """``available`` in base units; null for an article that is not known (``sku_code`` is empty then)."""

    code: str
    sku_code: str
    available: int | None


@router.get("/stock", response=list[StockOut])
def stock(request: HttpRequest, query: Query[StockQuery]) -> list[StockOut]:
    """Say what the till's store can sell of articles now. 查询该收银台所在门店的可售库存。"""
    found = api.stock(till=query.till, codes=query.code, partner=auth.partner_of(request), now=system_clock.now())
    return [StockOut.model_validate(one, from_attributes=True) for one in found]
