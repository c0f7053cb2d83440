"""``POST /orders`` as a hot route: the answers of :func:`checkout.place_order` beside it, at a fraction of the cost.

Who asks, the idempotency key, the order, the cart and the kept answer are each one statement for all that wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.db import Error, connection

from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import LINES_MAX, Asked, Ending, NewOrder, PlaceOrder, Unusual, WantedLine
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts import NO_FACTS
from quanyu.modules.mall.http import auth, hot_auth
from quanyu.modules.mall.http.quotes import COUPONS_MAX
from quanyu.modules.orders.contracts import Delivery, Gift, Wishes
from quanyu.modules.organization.contracts import UnitUnknown
from quanyu.platform import idempotency
from quanyu.platform.http import hot
from quanyu.platform.http.schemas import BIGINT_MAX, FEN_MAX, ONE_LINE_IN_RE, QUANTITY_MAX, SHORT_TEXT

_ROUTE = "POST /api/mall/v1/orders"
_BigId = Annotated[int, msgspec.Meta(ge=1, le=BIGINT_MAX)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_NOTE = msgspec.Meta(max_length=200, pattern=SHORT_TEXT)


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    sku_id: _BigId
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)]
    points_offer_id: _BigId | None = None


class _Gift(msgspec.Struct, forbid_unknown_fields=True):
    wrap: bool = False
    card: Annotated[str, msgspec.Meta(max_length=120, pattern=ONE_LINE_IN_RE)] = ""
    sender: Annotated[str, msgspec.Meta(max_length=20, pattern=ONE_LINE_IN_RE)] = ""
    hide_prices: bool = False


class _Wishes(msgspec.Struct, forbid_unknown_fields=True):
    pickup_from: _Moment | None = None
    pickup_until: _Moment | None = None
    gift: _Gift | None = None


class _Order(msgspec.Struct, forbid_unknown_fields=True):
    """What ``OrderIn`` accepts, and nothing else."""

    id: UUID
    store_id: _BigId
    delivery: Literal["pickup", "express", "instant", "in_store"]
    lines: Annotated[list[_Line], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    address_id: UUID | None = None
    coupon_ids: Annotated[list[UUID], msgspec.Meta(max_length=COUPONS_MAX)] = []
    points: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    wishes: _Wishes | None = None
    note: Annotated[str, _NOTE] = ""
    expected_payable_fen: Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX)] | None = None


_decoder = msgspec.json.Decoder(_Order)
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class _Wish:
    """A request for an order: its key, its command and who asks."""

    claim: idempotency.Claim
    command: PlaceOrder
    actor: Actor


async def place_order(request: hot.Request) -> hot.Answer:
    """Place an order. What is repeated, malformed or otherwise rare is passed on."""
    key = request.header(b"idempotency-key")
    if request.query or not idempotency.is_key(key):
        raise hot.PassOn
    body = request.json(_decoder)
    actor = await hot_auth.member_of(request)
    now = system_clock.now()
    wish = _Wish(
        claim=idempotency.Claim(actor=actor, key=key, route=_ROUTE, body=request.body, now=now),
        command=_command(body, actor),
        actor=actor,
    )
    client = request.scope.get("client")
    try:
        with checkout.admit(command=wish.command, household=client[0] if client else "", now=now):
            content = await checkout.place_by(way=_WAY, asked=wish, now=now)
    except Unusual:
        raise hot.PassOn from None
    except Error:
        # As Django's operation does: who asks again need not wait until the claim ends, and his order's own id keeps
        # it from being placed twice.
        await asyncio.to_thread(_give_back, wish.claim)
        raise
    return hot.Answer(201, content)


def _give_back(claim: idempotency.Claim) -> None:
    """Give a claim back whose work the database refused; where it is away, the claim ends by the clock."""
    try:
        with suppress(Error):
            idempotency.settle_all([(claim, None)])
    finally:
        connection.close()


class _Way:
    """What the mall does around its orders (``checkout.contracts.OrderWay``)."""

    def begin(self, items: Sequence[_Wish]) -> list[Asked | Exception]:
        """Claim the keys. One that is not free has a history, which is Django's to tell."""
        claimed = idempotency.claim_all([wish.claim for wish in items])
        return [
            Asked(wish.command, wish.actor) if free else Unusual() for wish, free in zip(items, claimed, strict=True)
        ]

    def end(self, items: Sequence[_Wish], endings: Sequence[Ending]) -> list[Any]:
        """Empty the carts of what was ordered and keep the answers; give the keys of refused ones back."""
        answers = [_answer(ending) for ending in endings]
        api.remove_ordered(
            commands=[wish.command for wish, answer in zip(items, answers, strict=True) if isinstance(answer, bytes)]
        )
        idempotency.settle_all(
            [
                (wish.claim, (201, answer) if isinstance(answer, bytes) else None)
                for wish, answer in zip(items, answers, strict=True)
            ]
        )
        return answers


_WAY = _Way()


ROUTES = {("POST", "/api/mall/v1/orders"): hot.HotRoute("api/mall/v1/orders", place_order)}


def _command(body: _Order, actor: Actor) -> PlaceOrder:
    return api.command(
        order_id=body.id,
        member_id=auth.id_of(actor),
        store_id=body.store_id,
        delivery=Delivery(body.delivery),
        lines=[WantedLine(line.sku_id, line.quantity, points_offer_id=line.points_offer_id) for line in body.lines],
        address_id=body.address_id,
        note=body.note,
        expected_payable_fen=body.expected_payable_fen,
        coupon_ids=body.coupon_ids,
        points=body.points,
        wishes=_wishes(body.wishes),
    )


def _wishes(given: _Wishes | None) -> Wishes | None:
    if given is None:
        return None
    asked = given.gift
    gift = None if asked is None else Gift(asked.wrap, asked.card, asked.sender, asked.hide_prices)
    return Wishes(pickup_from=given.pickup_from, pickup_until=given.pickup_until, gift=gift)


def _answer(ending: Ending) -> bytes | Exception:
    """Return the JSON of a new order. One that stood before, and a store that is none, are Django's to tell."""
    if isinstance(ending, NewOrder):
        return _encoder.encode(_shown(ending))
    if isinstance(ending, Problem) and not isinstance(ending, UnitUnknown):
        return ending
    return Unusual()


def _shown(new: NewOrder) -> dict[str, Any]:
    """Return a new order as ``order_schemas.order_out`` shows it once it was read back."""
    header = new.header
    state, at = header["state"], header["placed_at"]
    way = api.way_of_new(header=header)
    is_paid, is_completed = state != "placed", state == "completed"
    return {
        "id": new.id,
        "number": new.number,
        "channel": header["channel"],
        "delivery": header["delivery"],
        "state": state,
        "store_id": header["store_id"],
        "store_name": new.store.unit.name,
        "store_name_en": new.store.unit.name_en,
        "goods_fen": header["goods_fen"],
        "discount_fen": header["discount_fen"],
        "coupon_fen": header["coupon_fen"],
        "points_fen": header["points_fen"],
        "points_spent": header["points_spent"],
        "points_restored": 0,
        "freight_fen": header["freight_fen"],
        "payable_fen": header["payable_fen"],
        "paid_fen": header["payable_fen"] if is_paid else 0,
        "refunded_fen": 0,
        "coupons": header["coupons"],
        "note": header["note"],
        "wishes": new.wishes,
        "address_masked": header["address_masked"],
        "placed_at": at,
        "promised_at": header["promised_at"],
        "pay_before": header["pay_before"],
        "paid_at": at if is_paid else None,
        "completed_at": at if is_completed else None,
        "cancelled_at": None,
        "cancel_reason": "",
        "pickup_code": (header["pickup_code"] or None) if state == "paid" else None,
        "lines": [_line(new, line) for line in new.lines],
        "timeline": [{"at": at, "state": step, "reason": ""} for step in _STEPS[state]],
        "steps": [{"kind": kind, "at": done_at} for kind, done_at in api.steps(way=way, facts=NO_FACTS)],
        "parcels": [],
        "may": api.may(way=way, facts=NO_FACTS),
        "invoice": None,
        "requests": [],
    }


_STEPS = {"placed": ("placed",), "paid": ("placed", "paid"), "completed": ("placed", "paid", "completed")}


def _line(new: NewOrder, line: Any) -> dict[str, Any]:
    sku = new.skus[line["sku_id"]]
    return {
        "number": line["number"],
        "sku_id": line["sku_id"],
        "product_id": sku.product_id,
        "name": line["name"],
        "name_en": sku.name_en,
        "specification": sku.specification,
        "image": sku.image_thumb,
        "quantity": line["quantity"],
        "quantity_scale": line["quantity_scale"],
        "unit_price_fen": line["unit_price_fen"],
        "list_fen": line["list_fen"],
        "discount_fen": line["discount_fen"],
        "coupon_fen": line["coupon_fen"],
        "points_fen": line["points_fen"],
        "points_spent": line["points_spent"],
        "points_restored": 0,
        "net_fen": line["net_fen"],
        "gift_of": line["gift_of"],
        "returned_quantity": 0,
        "refunded_fen": 0,
    }
