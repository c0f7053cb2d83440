"""What was chosen on a screen in a store, on the phone that takes it. Tokens come in bodies: addresses are logged."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall.api import kiosk as api
from quanyu.modules.mall.contracts.kiosk import Handover
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.schemas import PriceOut
from quanyu.platform.http import BigId, Schema

router = Router(tags=["handovers"])


class HandoverIn(Schema):
    """The token in the code that the screen shows."""

    token: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]


class HandoverLineOut(Schema):
    """A line with its goods as the store has them now; ``outcome``: what became, or would become, of it."""

    sku_id: BigId
    product_id: BigId
    name: str
    name_en: str
    specification: dict[str, str]
    image: str
    unit_name: str
    quantity: int
    quantity_scale: int
    price: PriceOut | None
    outcome: Literal["added", "short", "sold_out", "not_for_sale", "full"]


class HandoverOut(Schema):
    """What waits, or was taken. ``taken``: by the member who asks, or by somebody else."""

    id: UUID
    store_id: BigId
    store_name: str
    store_name_en: str
    state: Literal["open", "taken", "lapsed"]
    expires_at: datetime
    lines: list[HandoverLineOut]


@router.post("/handovers/look", response=HandoverOut, auth=None)
def look(request: HttpRequest, body: HandoverIn) -> HandoverOut:
    """Return what waits under a code, before anybody has signed in; nothing is changed."""
    found = api.look_at_handover(token=body.token, tier=auth.tier_of(request), now=system_clock.now())
    return _out(found)


@router.post("/handovers/take", response=HandoverOut)
def take(request: HttpRequest, body: HandoverIn) -> HandoverOut:
    """Take what waits into my cart, once and by one member; asked again, the same answer and nothing changed."""
    found = api.take_handover(
        token=body.token,
        member_id=auth.member_id_of(request),
        tier=auth.tier_of(request),
        now=system_clock.now(),
    )
    return _out(found)


def _out(found: Handover) -> HandoverOut:
    return HandoverOut(
        id=found.id,
        store_id=found.store.id,
        store_name=found.store.name,
        store_name_en=found.store.name_en,
        state=found.state.value,
        expires_at=found.expires_at,
        lines=[
            HandoverLineOut(
                sku_id=line.sku.id,
                product_id=line.sku.product_id,
                name=line.sku.name,
                name_en=line.sku.name_en,
                specification=dict(line.sku.specification),
                image=line.sku.image_thumb,
                unit_name=line.sku.unit_name,
                quantity=line.quantity,
                quantity_scale=line.sku.quantity_scale,
                price=PriceOut.model_validate(line.offer.price) if line.offer else None,
                outcome=line.outcome.value,
            )
            for line in found.lines
        ],
    )
