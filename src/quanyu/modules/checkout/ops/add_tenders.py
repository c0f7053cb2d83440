"""Money given at the till for an order that waits: the open rest in cash or by recorded card."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.modules.checkout.contracts import NotPayable, TenderGiven, TillFacts
from quanyu.modules.checkout.ops import permitted
from quanyu.modules.checkout.ops.take_money import order_paid
from quanyu.modules.checkout.rules import commands
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, State
from quanyu.modules.payments.contracts import PaymentInProgress, TenderInvalid
from quanyu.platform import db


def add(
    order_id: UUID, *, tenders: tuple[TenderGiven, ...], till: TillFacts | None, actor: Actor, now: datetime
) -> Order:
    """Take tenders for the open amount of a placed order, exactly; a paid order is returned as it is.

    Raises ``NotPayable``, ``PaymentInProgress`` (an attempt at a provider is open) or ``TenderInvalid``.
    """
    order = orders.order(id=order_id)
    permitted.require_staff(actor, permitted.PLACE, order=order)
    if order.state in (State.PAID, State.COMPLETED):
        return order
    commands.check_each_tender(tenders)
    db.in_transaction(lambda: _take(order_id, tenders=tenders, till=till, actor=actor, now=now))
    return orders.order(id=order_id)


def _take(
    order_id: UUID, *, tenders: tuple[TenderGiven, ...], till: TillFacts | None, actor: Actor, now: datetime
) -> None:
    who = f"{actor.kind}:{actor.id}"
    facts = db.json_value("SELECT checkout_prepare_payment(%s, %s, %s)", [order_id, who, now])
    if facts is None or facts.get("sold_out"):
        raise NotPayable(field="order_id")
    if facts.get("live"):
        raise PaymentInProgress(field="order_id")
    given = sum(tender.amount_fen for tender in tenders)
    if given != facts["open_fen"]:
        raise TenderInvalid(field="tenders", reason=f"{given} != {facts['open_fen']}")
    rows = [{"id": uuid7(), **msgspec.to_builtins(tender)} for tender in tenders]
    db.value(
        "SELECT payments_record(%s, %s, %s::jsonb, %s, %s, %s, %s)",
        [
            order_id,
            facts["number"],
            msgspec.json.encode(rows).decode(),
            facts["store_id"],
            till and till.terminal_id,
            till and till.shift_id,
            now,
        ],
    )
    db.value("SELECT orders_add_payment(%s, %s, ARRAY['placed'], %s, %s)", [order_id, given, who, now])
    order_paid(order_id, now=now)
