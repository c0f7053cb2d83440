"""The one order path: every channel's orders go through here, alone or in batches.

Read and price in Python, then one SQL call places the whole batch in one transaction
(``checkout_place_orders``): header, stock, lines, money, events. The stock row decides; a short order is tried
at its next source, then refused with what is left.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.money import line_amount
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import KeyReused, PlaceOrder, PriceChanged
from quanyu.modules.checkout.ops.price_order import PricedOrder
from quanyu.modules.checkout.rules import commands, sources
from quanyu.modules.inventory.contracts import Shortage, StockShort
from quanyu.modules.members.contracts import DeliveryAddress
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.platform import db, metrics, pii

Outcome = UUID | Problem
_CODED = (Delivery.PICKUP, Delivery.IN_STORE)
_TRIES_MAX = 8
_NUMBER_TYPES = {Channel.POS: "XS"}


@dataclass(frozen=True, slots=True)
class _Try:
    """An order on its way: its place in the answer, and which of its sources is tried."""

    place: int
    order: PricedOrder
    source: int = 0

    @property
    def command(self) -> PlaceOrder:
        return self.order.command

    @property
    def location_id(self) -> int:
        return self.order.sources[self.source]


def place(priced: Sequence[PricedOrder], *, actor: Actor, now: datetime) -> list[Outcome]:
    """Place priced orders; each has its own outcome: its id, or the Problem that refused it.

    One transaction per round; a round after the first holds only the orders that were short at one source
    and have another. Repeats of known commands give the standing order.
    """
    outcomes: list[Outcome | None] = [_refusal(one) for one in priced]
    waiting = [_Try(place, one) for place, one in enumerate(priced) if outcomes[place] is None]
    for _ in range(_TRIES_MAX):
        if not waiting:
            break
        waiting = _round(waiting, outcomes, actor=actor, now=now)
    placed = [outcome for outcome in outcomes if outcome is not None]
    _count(priced, placed)
    return placed


def _refusal(one: PricedOrder) -> Problem | None:
    if one.problems:
        return one.problems[0]
    expected = one.command.expected_payable_fen
    if expected is not None and expected != one.price.payable_fen:
        return PriceChanged(field="expected_payable_fen", payable_fen=one.price.payable_fen, expected_fen=expected)
    try:
        commands.check_tenders(one.command, payable_fen=one.price.payable_fen)
    except Problem as problem:
        return problem
    return None


def _round(waiting: list[_Try], outcomes: list[Outcome | None], *, actor: Actor, now: datetime) -> list[_Try]:
    batch = [_payload(one.order, source=one.location_id, actor=actor, now=now) for one in waiting]
    answers = db.in_transaction(lambda: db.call_json("checkout_place_orders", batch))
    again: list[_Try] = []
    known = [one.command.id for one, answer in zip(waiting, answers, strict=True) if answer["outcome"] == "known"]
    digests = orders.command_digests(ids=known) if known else {}
    for one, answer in zip(waiting, answers, strict=True):
        if answer["outcome"] == "placed":
            outcomes[one.place] = one.command.id
        elif answer["outcome"] == "known":
            outcomes[one.place] = _standing(one.command, digests)
            if one.command.id not in digests and one.command.till is None:
                # Not the id but the random pickup code stood already: another one is drawn.
                again.append(one)
        else:
            outcomes[one.place] = _short(one.order, answer["short"])
            if one.source + 1 < len(one.order.sources):
                again.append(replace(one, source=one.source + 1))
    return again


def _standing(command: PlaceOrder, digests: Mapping[UUID, bytes]) -> Outcome:
    """Return the outcome of a command whose id, or whose till's number, an order has already."""
    digest = digests.get(command.id)
    if digest is None:
        return KeyReused(field="till.seq" if command.till else "id")
    return command.id if digest == commands.digest(command) else KeyReused(field="id")


def _short(one: PricedOrder, short: list[dict[str, Any]]) -> StockShort:
    shortages = sorted((msgspec.convert(line, Shortage, strict=False) for line in short), key=lambda s: int(s.line))
    return StockShort(shortages, field=f"lines.{int(shortages[0].line) - 1}.quantity")


def _payload(one: PricedOrder, *, source: int, actor: Actor, now: datetime) -> dict[str, Any]:
    command, price = one.command, one.price
    at = command.happened_at or now
    settled = sum(tender.amount_fen for tender in command.tenders) == price.payable_fen
    pay_before = None if settled else at + one.shop.options.pay_within
    header = {
        "id": command.id,
        "number_type": _NUMBER_TYPES.get(command.channel, "DD"),
        "channel": command.channel.value,
        "delivery": command.delivery.value,
        "store_id": command.store_id,
        "member_id": command.member_id,
        "staff_id": command.staff_id,
        "terminal_id": command.till and command.till.terminal_id,
        "terminal_seq": command.till and command.till.seq,
        "shift_id": command.till and command.till.shift_id,
        "command_sha256": commands.digest(command).hex(),
        "source": command.source,
        "goods_fen": price.goods_fen,
        "discount_fen": price.discount_fen,
        "freight_fen": price.freight_fen,
        "payable_fen": price.payable_fen,
        "address": _sealed(one.address, order_id=command.id),
        "address_masked": one.address.masked if one.address else "",
        "pickup_code": f"{secrets.randbelow(10**8):08d}" if command.delivery in _CODED else "",
        "note": command.note,
        "placed_at": at,
        "pay_before": pay_before,
        "lines": _lines(one, source=source),
    }
    return {
        "order": header,
        "wants": _wants(one, source=source),
        "reserve_until": pay_before,
        "tenders": [{"id": uuid7(), **msgspec.to_builtins(tender)} for tender in command.tenders],
        "completes": command.delivery is Delivery.CARRY_OUT,
        "actor": f"{actor.kind}:{actor.id}",
        "facts": {
            "order_id": command.id,
            "channel": command.channel.value,
            "store_id": command.store_id,
            "member_id": command.member_id,
            "payable_fen": price.payable_fen,
        },
    }


def _sealed(address: DeliveryAddress | None, *, order_id: UUID) -> str | None:
    if address is None:
        return None
    text = msgspec.json.encode(address).decode()
    return base64.b64encode(pii.encrypt(text, orders.ADDRESS_AAD.format(order_id=order_id))).decode()


def _lines(one: PricedOrder, *, source: int) -> list[dict[str, Any]]:
    lines = []
    for quoted in one.price.lines:
        wanted = one.command.lines[quoted.number - 1]
        sku = one.shop.skus[wanted.sku_id]
        discounts = [msgspec.to_builtins(discount) for discount in quoted.discounts]
        lines.append(
            {
                "id": uuid7(),
                "number": quoted.number,
                "sku_id": wanted.sku_id,
                "name": sku.name,
                "quantity": wanted.quantity,
                "quantity_scale": sku.quantity_scale,
                "unit_price_fen": quoted.unit_price_fen,
                "list_fen": quoted.list_fen,
                "discount_fen": sum(discount["amount_fen"] for discount in discounts),
                "net_fen": quoted.net_fen,
                "freight_fen": quoted.freight_fen,
                "cost_fen": line_amount(
                    unit_price_fen=sku.cost_fen, quantity=wanted.quantity, quantity_scale=sku.quantity_scale
                ),
                "tax_rate_bp": sku.tax_rate_bp,
                "location_id": wanted.location_id or source,
                "credited_store_id": one.command.store_id,
                "credited_staff_id": wanted.credited_staff_id,
                "discounts": discounts,
            }
        )
    return lines


def _wants(one: PricedOrder, *, source: int) -> list[dict[str, Any]]:
    keep_safety = sources.keeps_safety(one.command.channel)
    return [
        {
            "line": str(index + 1),
            "location_id": line.location_id or source,
            "sku_id": line.sku_id,
            "owner_ids": list(one.shop.owners.get(line.sku_id, ())),
            "quantity": line.quantity,
            "keep_safety": keep_safety,
        }
        for index, line in enumerate(one.command.lines)
    ]


def _count(priced: Sequence[PricedOrder], outcomes: Sequence[Outcome]) -> None:
    for one, outcome in zip(priced, outcomes, strict=True):
        if isinstance(outcome, Problem):
            metrics.orders_refused.labels(code=outcome.code).inc()
        else:
            metrics.orders_placed.labels(channel=one.command.channel.value).inc()
