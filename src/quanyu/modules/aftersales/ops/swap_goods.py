"""Exchange goods for the same again: what came back comes in, as many leave, all by inventory's own doors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from quanyu.kernel.actor import SYSTEM, Actor
from quanyu.modules.aftersales.contracts import Request
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods, Want
from quanyu.modules.orders.contracts import Order

CAUSE = "exchange"


def swap(
    request: Request, order: Order, *, restocks: Mapping[int, str], location_id: int, actor: Actor, now: datetime
) -> None:
    """Move the goods of an exchange in the present transaction. Raises ``StockShort``; then nothing has moved.

    The exchange was permitted by its own door; its movements are its consequence, but they name the person.
    """
    mover = replace(actor, grants=SYSTEM.grants)
    lines = {line.number: line for line in order.lines}
    cause_id = str(request.id)
    for wanted in request.lines:
        line, restock = lines[wanted.number], restocks[wanted.number]
        goods = [Goods(sku_id=line.sku_id, quantity=wanted.quantity, line=str(wanted.number))]
        if restock == "none":
            continue
        inventory.receive(
            location_id=location_id,
            owner_id=line.owner_id,
            lines=goods,
            cause_kind=CAUSE,
            cause_id=cause_id,
            kind="customer_return",
            actor=mover,
            now=now,
        )
        if restock == "damaged":
            inventory.damage(
                location_id=location_id,
                owner_id=line.owner_id,
                lines=goods,
                cause_kind=CAUSE,
                cause_id=cause_id,
                reason=request.reason,
                actor=mover,
                now=now,
            )
    wants = [
        Want(
            line=str(wanted.number),
            location_id=location_id,
            sku_id=lines[wanted.number].sku_id,
            owner_ids=(lines[wanted.number].owner_id,),
            quantity=wanted.quantity,
        )
        for wanted in request.lines
    ]
    inventory.reserve(cause_kind=CAUSE, cause_id=cause_id, lines=wants, expires_at=None, now=now)
    inventory.issue(cause_kind=CAUSE, cause_id=cause_id, actor=mover, now=now)
