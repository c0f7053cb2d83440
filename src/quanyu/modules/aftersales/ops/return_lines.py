"""Take goods back: amounts from line economics, money back the way it came, goods where they belong."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from quanyu.kernel.actor import SYSTEM, Actor
from quanyu.kernel.problem import NotFound
from quanyu.modules.aftersales import rules
from quanyu.modules.aftersales.contracts import (
    NOTE_MAX,
    REASON_MAX,
    RESTOCKS,
    NothingToReturn,
    NotReturnable,
    ReturnCommand,
    ReturnInvalid,
    ReturnKeyReused,
    ReturnTooMuch,
)
from quanyu.modules.aftersales.ops import options, request_steps, return_rights
from quanyu.modules.aftersales.queries import returns as query
from quanyu.modules.aftersales.rules import Part, Refund
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import Asking
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, OrderUnknown, State
from quanyu.modules.orders.events import OrderReturned
from quanyu.modules.organization import api as organization
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import PaymentState, RefundReason
from quanyu.platform import audit, db, outbox

RETURN = "aftersales.return"
# What requests for a second person are called by.
KIND = "aftersales.return"
RESTOCKED = ("sellable", "damaged")


def digest(command: ReturnCommand) -> bytes:
    """Return what tells a repeat of a command from another one under the same id."""
    return hashlib.sha256(msgspec.json.encode(command, order="deterministic")).digest()


def priced(command: ReturnCommand, order: Order) -> Refund:
    """Return what a return of the order is worth, under the policy of the store that sold.

    Raises ``NotReturnable``, ``NothingToReturn`` or ``ReturnTooMuch``.
    """
    if order.state is not State.COMPLETED:
        raise NotReturnable(field="order_id")
    numbers = [line.line_number for line in command.lines]
    if not numbers or len(set(numbers)) != len(numbers) or any(line.quantity <= 0 for line in command.lines):
        raise NothingToReturn(field="lines")
    by_number = {line.number: line for line in order.lines}
    parts = []
    for index, wanted in enumerate(command.lines):
        line = by_number.get(wanted.line_number)
        left = line.quantity - line.returned_quantity if line else 0
        if line is None or wanted.quantity > left:
            raise ReturnTooMuch(field=f"lines.{index}.quantity", number=wanted.line_number, left=left)
        parts.append(rules.part_of(line, quantity=wanted.quantity, restock=wanted.restock))
    path = organization.settings_path(unit_id=order.selling_store_id)
    standing = query.withheld(order_id=order.id) if order.withheld_fen else {}
    return rules.refund(order, parts, standing=standing, policy=options.policy_at(path))


def split(order: Order, *, amount_fen: int) -> list[tuple[rules.Refundable, int]]:
    """Return which payments of the order give so much back, by what is left of them now."""
    paid = [
        rules.Refundable(payment.id, payment.tender.value, payment.amount_fen - payment.refunded_fen)
        for payment in payments.of_orders(order_ids=[order.id]).get(order.id, [])
        if payment.state is PaymentState.PAID
    ]
    return rules.split_refund(amount_fen=amount_fen, payments=paid)


def check(command: ReturnCommand, order: Order, *, actor: Actor) -> None:
    """Refuse what no state of the order could make valid, and who may not take goods back there.

    Raises ``ReturnInvalid``, ``OrderUnknown`` for a place out of the actor's reach, or ``Forbidden``.
    """
    if not 0 < len(command.reason) <= REASON_MAX:
        raise ReturnInvalid(field="reason")
    if len(command.note) > NOTE_MAX:
        raise ReturnInvalid(field="note")
    for index, line in enumerate(command.lines):
        if line.restock not in RESTOCKS:
            raise ReturnInvalid(field=f"lines.{index}.restock")
    try:
        # Where the goods come in: a chain may let one store take back what another one sold.
        identity.require(actor=actor, permission=RETURN, unit_id=command.location_id or order.selling_store_id)
    except NotFound:
        raise OrderUnknown from None


def return_lines(command: ReturnCommand, *, actor: Actor, now: datetime) -> bool:
    """Book a return in the present transaction; ``False`` when it stands already.

    Returns of one order come one after the other: what a line refunds depends on what came back before, to the fen.
    Raises ``RequestMoved`` for the return of a request that was refused or taken back meanwhile.
    Locks in the common order: the order, its coupons, the member's points, the stock.
    """
    at = command.happened_at or now
    held = db.value("SELECT orders_lock(%s, ARRAY['completed']) IS NOT NULL", [command.order_id])
    if query.digest_of(return_id=command.id) is not None:
        return False
    if not held:
        raise NotReturnable(field="order_id")
    request_steps.demand_due(return_id=command.id)
    order = orders.order(id=command.order_id)
    refund = priced(command, order)
    payments.demand_second_person(
        asking=asking(command, order, amount_fen=refund.amount_fen),
        refunded_fen=order.refunded_fen,
        path=organization.settings_path(unit_id=order.selling_store_id),
        actor=actor,
        now=now,
    )
    rights = return_rights.give_back(order, refund, return_id=command.id, now=now)
    location_id = command.location_id or order.selling_store_id
    row = _row(command, refund, rights=rights, location_id=location_id, actor=actor, at=at)
    if not db.call_json("aftersales_insert_return", row):
        # The same id for a return of another order, at the same moment: all of this is rolled back.
        raise ReturnKeyReused(field="id")
    booked = db.value(
        "SELECT orders_add_return(%s, %s::jsonb, %s, %s)",
        [order.id, msgspec.json.encode(row["lines"]).decode(), refund.withheld_fen, refund.freight_fen],
    )
    assert booked, "the order is held, and what is left of its lines was just read"
    _refund(command, order, amount_fen=refund.amount_fen, now=at)
    _restock(command, refund.parts, location_id=location_id, actor=actor, now=at)
    _tell(command, order, amount_fen=refund.amount_fen, actor=actor, now=at)
    request_steps.follow_return(order, return_id=command.id, amount_fen=refund.amount_fen, actor=actor, now=at)
    return True


def asking(command: ReturnCommand, order: Order, *, amount_fen: int) -> Asking:
    """Return what a second person is asked to approve: exactly this command, at this amount."""
    return Asking(
        kind=KIND,
        # The command and what it is worth now: another return in between makes it another request.
        digest=hashlib.sha256(digest(command) + str(amount_fen).encode()).digest(),
        subject_kind="order",
        subject_id=str(order.id),
        subject=order.number,
        unit_id=command.location_id or order.selling_store_id,
        permission=RETURN,
        amount_fen=amount_fen,
        reason=command.reason,
        request=msgspec.to_builtins(command),
        repeated_by_asker=command.shift_id is not None,
    )


def _row(
    command: ReturnCommand,
    refund: Refund,
    *,
    rights: return_rights.GivenBack,
    location_id: int,
    actor: Actor,
    at: datetime,
) -> dict[str, Any]:
    return {
        "id": command.id,
        "order_id": command.order_id,
        "location_id": location_id,
        "reason": command.reason,
        "note": command.note,
        "amount_fen": refund.amount_fen,
        "freight_fen": refund.freight_fen,
        "withheld_fen": refund.withheld_fen,
        "points_restored": refund.points,
        "points_taken_back": rights.points_taken_back,
        "coupons_returned": rights.coupons_returned,
        "actor": f"{actor.kind}:{actor.id}",
        "command_sha256": digest(command).hex(),
        "shift_id": command.shift_id,
        "at": at,
        "lines": [
            {
                "order_line_id": part.line.id,
                "number": part.line.number,
                "quantity": part.quantity,
                "amount_fen": part.amount_fen,
                "points": part.points,
                "restock": part.restock,
            }
            for part in refund.parts
        ],
        "withheld": refund.withheld,
    }


def _refund(command: ReturnCommand, order: Order, *, amount_fen: int, now: datetime) -> None:
    for payment, part in split(order, amount_fen=amount_fen):
        payments.refund(
            payment_id=payment.payment_id,
            reason=RefundReason.RETURN.value,
            ref=str(command.id),
            amount_fen=part,
            shift_id=command.shift_id,
            now=now,
        )


def _restock(
    command: ReturnCommand,
    parts: Sequence[Part],
    *,
    location_id: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Put the goods where the inspection says: damaged ones come in and are set aside at once.

    The return was permitted by its own door; its movements are its consequence and need no permission of the
    warehouse, but they name the person.
    """
    mover = replace(actor, grants=SYSTEM.grants)
    for owner_id in sorted({part.line.owner_id for part in parts if part.restock in RESTOCKED}):
        mine = [part for part in parts if part.line.owner_id == owner_id and part.restock in RESTOCKED]
        inventory.receive(
            location_id=location_id,
            owner_id=owner_id,
            lines=_goods(mine),
            cause_kind="return",
            cause_id=str(command.id),
            kind="customer_return",
            actor=mover,
            now=now,
        )
        damaged = [part for part in mine if part.restock == "damaged"]
        if damaged:
            inventory.damage(
                location_id=location_id,
                owner_id=owner_id,
                lines=_goods(damaged),
                cause_kind="return",
                cause_id=str(command.id),
                reason=command.reason,
                actor=mover,
                now=now,
            )


def _goods(parts: Sequence[Part]) -> list[Goods]:
    return [Goods(sku_id=part.line.sku_id, quantity=part.quantity, line=str(part.line.number)) for part in parts]


def _tell(command: ReturnCommand, order: Order, *, amount_fen: int, actor: Actor, now: datetime) -> None:
    outbox.append(
        OrderReturned(
            order_id=str(order.id),
            number=order.number,
            channel=order.channel.value,
            store_id=order.selling_store_id,
            member_id=str(order.member_id) if order.member_id else None,
            payable_fen=order.payable_fen,
            return_id=str(command.id),
            amount_fen=amount_fen,
        ),
        now=now,
    )
    audit.record(
        actor=actor,
        action="aftersales.return",
        subject_kind="order",
        subject_id=order.number,
        reason=command.reason,
        detail={"amount_fen": amount_fen, "return_id": str(command.id)},
        unit_id=command.location_id or order.selling_store_id,
        now=now,
    )
