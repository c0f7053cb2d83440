"""What waits here to be fetched: the list, one by its code, and handing it out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.orders.contracts import Line
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.schemas import OrderOut, order_out
from quanyu.platform import http
from quanyu.platform.http import BigId, Page, PageQuery, Schema

router = Router(tags=["orders"])
PickupCode = Annotated[str, Field(min_length=4, max_length=12)]


class PickupIn(Schema):
    """The code that the customer shows."""

    code: PickupCode


class PickupsQuery(PageQuery):
    """Which page of what waits."""


class PickupCustomerOut(Schema):
    """Whoever ordered it: masked."""

    name_masked: str
    phone_masked: str


class PickupGiftOut(Schema):
    """The order is a present. ``hide_prices``: no paper with prices goes with it."""

    wrap: bool
    card: str
    sender: str
    hide_prices: bool


class PickupLineOut(Schema):
    """Goods to be put on the counter; ``image`` is empty when there is no picture. ``gift_of``: what gave it."""

    number: int
    sku_id: BigId
    sku_code: str
    name: str
    name_en: str
    specification: dict[str, str]
    unit_name: str
    image: str
    quantity: int
    quantity_scale: int
    gift_of: str


class PickupStoreOut(Schema):
    """A store by its names."""

    id: int
    name: str
    name_en: str


class PickupOut(Schema):
    """A paid order that waits here: what is handed out, to whom, and how it was wished.

    ``pickup_from`` and ``pickup_until``: the slot that was chosen; ``promised_at``: from when it was promised;
    ``ready_at``: since when its goods lie ready, null when nobody said so. The code is the customer's and not told.
    ``store``: where it was to be fetched; when that is another one, the goods leave from here all the same.
    """

    id: UUID
    number: str
    channel: str
    delivery: str
    customer: PickupCustomerOut | None
    placed_at: datetime
    paid_at: datetime | None
    promised_at: datetime | None
    pickup_from: datetime | None
    pickup_until: datetime | None
    ready_at: datetime | None
    paid_fen: int
    gift: PickupGiftOut | None
    note: str
    store: PickupStoreOut
    lines: list[PickupLineOut]


@router.get("/pickups", response=Page[PickupOut])
def waiting(request: HttpRequest, query: Query[PickupsQuery]) -> dict[str, object]:
    """Return the paid orders that wait here to be fetched, first what was promised first."""
    till = auth.till_of(request)
    scope = f"pos.pickups:{till.store_id}"
    after = http.after(query, scope=scope)
    found = api.waiting_pickups(
        after=None if after is None else (datetime.fromisoformat(after[0]), UUID(after[1])),
        limit=query.limit + 1,
        till=till,
        actor=http.actor_of(request),
    )
    page = http.page(found, query, scope=scope, key=_place)
    return {**page, "items": [_pickup_out(one) for one in page["items"]]}


@router.post("/pickups", response=PickupOut)
def find_pickup(request: HttpRequest, body: PickupIn) -> PickupOut:
    """Return the paid order that waits under a pickup code, here or where this store may hand it out for another.

    A right code of any other order says why it is not handed out.
    """
    till, actor = auth.till_of(request), http.actor_of(request)
    return _pickup_out(api.find_pickup(code=body.code, till=till, actor=actor, now=system_clock.now()))


@router.post("/orders/{uuid:order_id}/hand-over", response=OrderOut)
def hand_over(request: HttpRequest, order_id: UUID, body: PickupIn) -> OrderOut:
    """Hand an order over to whoever shows its code; the same again by the same person changes nothing."""
    return order_out(
        api.hand_over(
            order_id=order_id,
            code=body.code,
            till=auth.till_of(request),
            actor=http.actor_of(request),
            now=system_clock.now(),
        )
    )


def _place(one: api.Pickup) -> list[str]:
    return [(one.order.promised_at or one.order.placed_at).isoformat(), str(one.order.id)]


def _pickup_out(one: api.Pickup) -> PickupOut:
    order, wishes = one.order, one.order.wishes
    gift = wishes.gift if wishes else None
    return PickupOut(
        id=order.id,
        number=order.number,
        channel=order.channel.value,
        delivery=order.delivery.value,
        customer=PickupCustomerOut(name_masked=one.member.name_masked, phone_masked=one.member.phone_masked)
        if one.member
        else None,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        promised_at=order.promised_at,
        pickup_from=wishes.pickup_from if wishes else None,
        pickup_until=wishes.pickup_until if wishes else None,
        ready_at=one.ready_at,
        paid_fen=order.paid_fen,
        gift=PickupGiftOut(wrap=gift.wrap, card=gift.card, sender=gift.sender, hide_prices=gift.hide_prices)
        if gift
        else None,
        note=order.note,
        store=PickupStoreOut(id=one.store.id, name=one.store.name, name_en=one.store.name_en),
        lines=[_line_out(line, one) for line in order.lines],
    )


def _line_out(line: Line, one: api.Pickup) -> PickupLineOut:
    sku = one.skus[line.sku_id]
    return PickupLineOut(
        number=line.number,
        sku_id=line.sku_id,
        sku_code=sku.code,
        name=line.name,
        name_en=sku.name_en,
        specification=dict(sku.specification),
        unit_name=sku.unit_name,
        image=sku.image_thumb,
        quantity=line.quantity,
        quantity_scale=line.quantity_scale,
        gift_of=line.gift_of,
    )
