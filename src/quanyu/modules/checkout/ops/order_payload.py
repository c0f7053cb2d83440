"""A priced order as ``checkout_place_orders`` takes it: header with its rights, lines with their wants, money."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.money import line_amount
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.checkout.ops import flash_items
from quanyu.modules.checkout.ops import wishes as wishes_op
from quanyu.modules.checkout.ops.price_order import PricedOrder
from quanyu.modules.checkout.rules import commands, rights, sources
from quanyu.modules.members.contracts import DeliveryAddress
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Delivery, OrderCoupon, State, Wishes
from quanyu.modules.promotions.contracts import QuoteLine
from quanyu.platform import pii

_CODED = (Delivery.PICKUP, Delivery.IN_STORE)
_NUMBER_TYPES = {Channel.POS: "XS"}


def payload(one: PricedOrder, *, source: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return the order as ``{"order": header, "lines": [...], "tenders": [...]}``, without its place in a batch.

    The header has ``rights`` only when the order uses coupons or points, ``newcomer`` only when it has a price for new
    customers: the database finds out whether it is the member's first. ``flash`` is what it takes of flash sales.
    """
    command, price = one.command, one.price
    at = command.happened_at or now
    state = _state(one)
    pay_before = at + one.shop.options.pay_within if state is State.PLACED else None
    coupons = _coupons(one)
    till = command.till
    header = {
        "id": command.id,
        "number_type": _NUMBER_TYPES.get(command.channel, "DD"),
        "state": state.value,
        "actor": f"{actor.kind}:{actor.id}",
        "channel": command.channel.value,
        "delivery": command.delivery.value,
        "store_id": command.store_id,
        "member_id": command.member_id,
        "staff_id": command.staff_id,
        "terminal_id": till and till.terminal_id,
        "terminal_seq": till and till.seq,
        "shift_id": till and till.shift_id,
        "command_sha256": commands.digest(command).hex(),
        "source": command.source,
        "goods_fen": price.goods_fen,
        "discount_fen": price.discount_fen,
        "coupon_fen": price.coupon_fen,
        "points_fen": price.points_fen,
        "points_spent": price.points_spent,
        "coupons": coupons,
        "freight_fen": price.freight_fen,
        "payable_fen": price.payable_fen,
        "address": _sealed(one.address, order_id=command.id),
        "address_masked": one.address.masked if one.address else "",
        "pickup_code": f"{secrets.randbelow(10**8):08d}" if command.delivery in _CODED else "",
        "note": command.note,
        "placed_at": at,
        "pay_before": pay_before,
        "promised_at": wishes_op.promised_at(command, shop=one.shop, at=at),
        "reserve_until": pay_before,
        "facts": {
            "order_id": command.id,
            "channel": command.channel.value,
            "store_id": command.store_id,
            "member_id": command.member_id,
            "payable_fen": price.payable_fen,
        },
    }
    if coupons or price.points_spent:
        header["rights"] = _rights(one, coupons)
    if rights.has_newcomers_price(price):
        header["newcomer"] = True
    if command.wishes:
        header["wishes"] = _wishes(command.wishes, order_id=command.id)
        if slot := wishes_op.slot(one):
            header["slot"] = slot
    if pieces := flash_items.taken(command, now=now):
        header["flash"] = pieces
    keep_safety = sources.keeps_safety(command.channel, command.delivery)
    hands = str(till.terminal_id) if till is not None and command.delivery is Delivery.CARRY_OUT else None
    return {
        "order": header,
        "lines": [_line(one, quoted, source=source, keep_safety=keep_safety, hands=hands) for quoted in price.lines],
        "tenders": [_tender(tender) for tender in command.tenders],
    }


def _state(one: PricedOrder) -> State:
    """Return what the order is with the words that place it: its tenders cover nothing of it, or all."""
    command = one.command
    if sum(tender.amount_fen for tender in command.tenders) != one.price.payable_fen:
        return State.PLACED
    return State.COMPLETED if command.delivery is Delivery.CARRY_OUT else State.PAID


def _tender(tender: TenderGiven) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "tender": tender.tender,
        "amount_fen": tender.amount_fen,
        "tendered_fen": tender.tendered_fen,
        "reference": tender.reference,
    }


def _coupons(one: PricedOrder) -> list[OrderCoupon]:
    return [
        OrderCoupon(
            id=UUID(coupon.id),
            code=coupon.code,
            kind=coupon.kind.value,
            label=coupon.name,
            amount_fen=outcome.amount_fen,
        )
        for coupon, outcome in rights.used_coupons(one.basket, one.price)
    ]


def _rights(one: PricedOrder, coupons: list[OrderCoupon]) -> dict[str, Any]:
    """Return what the order takes of its member's rights; the last two fields of a coupon are for its statistics."""
    offers: dict[int, int] = {}
    for line in one.basket.lines:
        if line.offer is not None:
            offers[line.offer.id] = offers.get(line.offer.id, 0) + line.quantity
    return {
        "coupons": [
            {
                "id": coupon.id,
                "amount_fen": coupon.amount_fen,
                "sales_fen": one.price.payable_fen,
                "store_id": one.command.store_id,
            }
            for coupon in coupons
        ],
        "points": one.price.points_spent,
        "offers": [{"offer_id": offer_id, "quantity": quantity} for offer_id, quantity in sorted(offers.items())],
    }


def _wishes(wishes: Wishes, *, order_id: UUID) -> dict[str, Any]:
    """Return what is wished, with the card sealed: it names people."""
    gift = wishes.gift
    card = None
    if gift is not None and (gift.card or gift.sender):
        text = msgspec.json.encode({"card": gift.card, "sender": gift.sender}).decode()
        card = base64.b64encode(pii.encrypt(text, orders.CARD_AAD.format(order_id=order_id))).decode()
    return {
        "pickup_from": wishes.pickup_from,
        "pickup_until": wishes.pickup_until,
        "is_gift": gift is not None,
        "wrap": bool(gift and gift.wrap),
        "hide_prices": bool(gift and gift.hide_prices),
        "card": card,
    }


def _sealed(address: DeliveryAddress | None, *, order_id: UUID) -> str | None:
    if address is None:
        return None
    text = msgspec.json.encode(address).decode()
    return base64.b64encode(pii.encrypt(text, orders.ADDRESS_AAD.format(order_id=order_id))).decode()


def _line(one: PricedOrder, quoted: QuoteLine, *, source: int, keep_safety: bool, hands: str | None) -> dict[str, Any]:
    """Return a line of the order, with what the stock is asked for; a gift lies where the order comes from.

    ``hands``: the till at which the customer has the goods already; it may have what is set aside there.
    """
    wanted = None if quoted.gift_of else one.command.lines[quoted.number - 1]
    shares = {"shares": wanted.shares} if wanted and wanted.shares else {}
    sku = one.shop.skus[quoted.sku_id]
    return {
        "id": uuid7(),
        "number": quoted.number,
        "sku_id": quoted.sku_id,
        "name": sku.name,
        "quantity": quoted.quantity,
        "quantity_scale": sku.quantity_scale,
        "unit_price_fen": quoted.unit_price_fen,
        "list_fen": quoted.list_fen,
        "discount_fen": quoted.discount_fen,
        "coupon_fen": quoted.coupon_fen,
        "points_fen": quoted.points_fen,
        "points_spent": quoted.points_spent,
        "net_fen": quoted.net_fen,
        "freight_fen": quoted.freight_fen,
        "cost_fen": line_amount(
            unit_price_fen=sku.cost_fen, quantity=quoted.quantity, quantity_scale=sku.quantity_scale
        ),
        "tax_rate_bp": sku.tax_rate_bp,
        "gift_of": quoted.gift_of,
        "location_id": (wanted and wanted.location_id) or source,
        "credited_store_id": one.command.credited_store_id or one.command.store_id,
        "credited_staff_id": wanted and wanted.credited_staff_id,
        "discounts": quoted.discounts,
        "owner_ids": one.shop.owners.get(quoted.sku_id, ()),
        "keep_safety": keep_safety,
        "till": hands,
        **shares,
    }
