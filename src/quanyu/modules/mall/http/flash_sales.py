"""The flash sales of a store: what runs and what is to come, by the server's clock."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts import FlashOffer
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.schemas import BigIdQuery, OfferOut, offer_out
from quanyu.platform.http import BigId, Schema

router = Router(tags=["flash sales"])


class FlashSaleOut(Schema):
    """A flash sale. Its price is that of the goods: now, and from the start on what then holds."""

    id: BigId
    state: Literal["announced", "running"]
    starts_at: datetime
    ends_at: datetime
    per_member_limit: int
    had: int = Field(description="Pieces that the signed-in member has of it already.")
    left: int | None = Field(description="Left of the pieces in all; null when only the stock limits them.")
    is_sold_out: bool = Field(description="Nothing is left at the moment; what is not paid in time returns to sale.")
    goods: OfferOut


class FlashSalesOut(Schema):
    """The store's flash sales, the first to start first; count down by ``server_time``."""

    server_time: datetime
    items: list[FlashSaleOut]


@router.get("/stores/{int:store_id}/flash-sales", response=FlashSalesOut, auth=None)
def list_flash_sales(request: HttpRequest, store_id: BigIdQuery) -> FlashSalesOut:
    """Return the flash sales that run or are to come at a store."""
    now = system_clock.now()
    reader = auth.reader_of(request)
    member_id = auth.id_of(reader) if reader else None
    found = api.flash_sales(store_id=store_id, tier=auth.tier_of(request), member_id=member_id, now=now)
    return FlashSalesOut(server_time=now, items=[flash_sale_out(one) for one in found])


def flash_sale_out(one: FlashOffer) -> FlashSaleOut:
    """Return a flash sale for the wire."""
    sale, goods = one.at_store.sale, offer_out(one.goods)
    gone = one.at_store.sold_out or max(one.goods.available, one.goods.express_available) <= 0
    return FlashSaleOut.model_validate(
        {
            "id": sale.id,
            "state": one.at_store.state.value,
            "starts_at": sale.starts_at,
            "ends_at": sale.ends_at,
            "per_member_limit": sale.per_member_limit,
            "had": one.had,
            "left": one.at_store.left,
            "is_sold_out": gone,
            "goods": goods,
        }
    )
