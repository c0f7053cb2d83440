"""Goods that wait for a till: asked for while it hears the server, sold when it does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.kept import LEASE_HOURS
from quanyu.platform.http import Schema

router = Router(tags=["catalogue"])
_SKUS_MAX = 500


class SetAsideWantIn(Schema):
    """So much of a SKU, in its base units."""

    sku_id: Annotated[int, Field(ge=1)]
    quantity: Annotated[int, Field(ge=1, le=999_999)]


class SetAsideIn(Schema):
    """All that should wait for this till from now on; what is not among it is given back."""

    wants: list[SetAsideWantIn] = Field(max_length=_SKUS_MAX)


class SetAsideGoodsOut(Schema):
    """Units that wait for this till until a moment."""

    sku_id: int
    quantity: int
    until: datetime


class SetAsideOut(Schema):
    """All that waits for this till now: what it asked for, as far as it is free and within the store's share."""

    goods: list[SetAsideGoodsOut]


@router.put("/set-aside", response=SetAsideOut, auth=auth.till_token)
def set_aside(request: HttpRequest, body: SetAsideIn) -> SetAsideOut:
    """Set goods aside for this till; other channels cannot have them until they are sold, given back or lapse."""
    held = api.set_aside(
        wants={one.sku_id: one.quantity for one in body.wants},
        till=auth.till_of(request),
        lease=timedelta(hours=LEASE_HOURS),
        now=system_clock.now(),
    )
    return SetAsideOut(
        goods=[SetAsideGoodsOut(sku_id=one.sku_id, quantity=one.quantity, until=one.until) for one in held]
    )
