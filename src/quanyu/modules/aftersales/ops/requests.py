"""Requests after the sale: asked by the customer, decided by staff; money only by the return they become."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import NotFound
from quanyu.modules.aftersales.contracts import (
    ANSWER_MAX,
    REASONS,
    RESTOCKS,
    TEXT_MAX,
    AskCommand,
    NotHandedOver,
    Request,
    RequestKeyReused,
    RequestKind,
    RequestMoved,
    RequestState,
    RequestTooLate,
    RequestTooMuch,
    RequestUnknown,
    ReturnCommand,
    ReturnedLine,
    ReturnInvalid,
)
from quanyu.modules.aftersales.ops import options, return_lines
from quanyu.modules.aftersales.ops import request_steps as steps
from quanyu.modules.aftersales.queries import requests as query
from quanyu.modules.identity import api as identity
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, OrderUnknown, State
from quanyu.modules.organization import api as organization
from quanyu.platform import audit, db

DECIDE, RETURN = "aftersales.decide", return_lines.RETURN
OPEN = ("asked", "approved", "received")


def digest(command: AskCommand) -> bytes:
    """Return what tells a repeat from another request under the same id; where the customer stands is no part of it."""
    said = [command.order_id, command.kind, command.lines, command.reason, command.text]
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).digest()


def return_command(command: AskCommand) -> ReturnCommand:
    """Return the return that the request would become, for its price."""
    restock = "none" if command.kind is RequestKind.REFUND_ONLY else "sellable"
    lines = tuple(ReturnedLine(line.number, line.quantity, restock) for line in command.lines)
    return ReturnCommand(id=command.id, order_id=command.order_id, lines=lines, reason=command.reason)


def own_order(command: AskCommand, *, member_id: UUID) -> Order:
    """Return the member's completed order. Raises ``OrderUnknown``, ``NotHandedOver`` or ``NotReturnable``."""
    order = orders.order(id=command.order_id)
    if order.member_id != member_id:
        raise OrderUnknown
    if order.state in (State.PLACED, State.PAID):
        raise NotHandedOver(field="order_id")
    return order


def demand_in_time(order: Order, *, now: datetime) -> None:
    """Raise ``RequestTooLate`` when the days for returns are over."""
    days = options.request_days_at(organization.settings_path(unit_id=order.selling_store_id))
    if not within(order, days=days, now=now):
        raise RequestTooLate(field="order_id", days=days)


def within(order: Order, *, days: int, now: datetime) -> bool:
    """Tell whether an order was completed within the last days."""
    return order.completed_at is not None and now < order.completed_at + timedelta(days=days)


def check(command: AskCommand) -> None:
    """Refuse what no order could make valid. Raises ``ReturnInvalid``."""
    if command.reason not in REASONS:
        raise ReturnInvalid(field="reason")
    if len(command.text) > TEXT_MAX:
        raise ReturnInvalid(field="text")


def ask(command: AskCommand, order: Order, *, actor: Actor, now: datetime) -> None:
    """Write the request down in the present transaction; one that stands already stays as it is.

    Raises ``RequestTooMuch``, ``NotHandedOver`` and what pricing raises; then nothing has changed.
    """
    refund = return_lines.priced(return_command(command), order)
    outcome = db.call_json(
        "aftersales_ask",
        {
            "id": command.id,
            "order_id": command.order_id,
            "kind": command.kind.value,
            "reason": command.reason,
            "text": command.text,
            "store_id": _nearest(command, order, now=now),
            "amount_fen": 0 if command.kind is RequestKind.EXCHANGE else refund.amount_fen,
            "return_id": uuid7(),
            "command_sha256": digest(command).hex(),
            "actor": steps.signature(actor),
            "at": now,
            "lines": command.lines,
        },
    )
    if outcome == "closed":
        raise NotHandedOver(field="order_id")
    if isinstance(outcome, Mapping):
        index = [line.number for line in command.lines].index(outcome["number"])
        raise RequestTooMuch(field=f"lines.{index}.quantity", number=outcome["number"], left=outcome["left"])
    if outcome == "asked":
        steps.tell([command.id], order, now=now)


def demand_same(command: AskCommand) -> None:
    """Raise ``RequestKeyReused`` when the request under this id is another one."""
    if query.digest_of(request_id=command.id) not in (None, digest(command)):
        raise RequestKeyReused(field="id")


def withdraw(request: Request, order: Order, *, actor: Actor, now: datetime) -> None:
    """Take a request back before the goods came. Raises ``RequestMoved``; a withdrawn one stays withdrawn."""
    if request.state is not RequestState.WITHDRAWN:
        steps.move(
            request, order, from_=("asked", "approved"), to=RequestState.WITHDRAWN, actor=actor, text="", now=now
        )


def approve(request: Request, order: Order, *, answer: str, actor: Actor, now: datetime) -> None:
    """Approve a request. Raises ``RequestMoved`` when it is past that."""
    if len(answer) > ANSWER_MAX:
        raise ReturnInvalid(field="answer")
    _decide(request, order, RequestState.APPROVED, seen=RequestState.ASKED, answer=answer, actor=actor, now=now)


def refuse(request: Request, order: Order, *, seen: RequestState, answer: str, actor: Actor, now: datetime) -> None:
    """Refuse a request that is in the state that was seen. Raises ``RequestMoved``, ``ReturnInvalid`` without a reason.

    An approved one can be refused still, but only by who knows that it is: of two who decide about the same request at
    once, one does.
    """
    if not 0 < len(answer) <= ANSWER_MAX:
        raise ReturnInvalid(field="answer")
    if seen.value not in OPEN:
        raise RequestMoved
    _decide(request, order, RequestState.REFUSED, seen=seen, answer=answer, actor=actor, now=now)


def _decide(
    request: Request, order: Order, to: RequestState, *, seen: RequestState, answer: str, actor: Actor, now: datetime
) -> None:
    steps.move(request, order, from_=(seen.value,), to=to, actor=actor, text=answer, now=now)
    _audit(request, f"aftersales.{to.value}", actor=actor, reason=answer, now=now)


def receive(
    request: Request,
    order: Order,
    *,
    restocks: Mapping[int, str],
    location_id: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Note that the goods are here and what becomes of each line. Raises ``RequestMoved`` or ``ReturnInvalid``."""
    check_restocks(request, restocks)
    steps.move(request, order, from_=("approved",), to=RequestState.RECEIVED, actor=actor, text="", now=now)
    keep_restocks(request, restocks, location_id=location_id)
    _audit(request, "aftersales.received", actor=actor, reason=request.reason, now=now)


def check_restocks(request: Request, restocks: Mapping[int, str]) -> None:
    """Raise ``ReturnInvalid`` unless every line of the request has a known fate."""
    if set(restocks) != {line.number for line in request.lines} or not set(restocks.values()) <= set(RESTOCKS):
        raise ReturnInvalid(field="restock")


def keep_restocks(request: Request, restocks: Mapping[int, str], *, location_id: int) -> None:
    """Write down what became of the goods, and where."""
    db.execute(
        "UPDATE aftersales_request_line AS line SET restock = kept.restock "
        "FROM unnest(%s::bigint[], %s::text[]) AS kept (number, restock), aftersales_request_numbers(%s) AS named "
        "WHERE line.parent_id = %s AND named.number = kept.number AND line.order_line_id = named.line_id",
        [list(restocks), list(restocks.values()), request.id, request.id],
    )
    db.execute("UPDATE aftersales_request SET store_id = %s WHERE id = %s", [location_id, request.id])


def money_back(request: Request, *, location_id: int) -> ReturnCommand:
    """Return the one return that the request becomes, the same however often it is asked for."""
    return ReturnCommand(
        id=request.return_id,
        order_id=request.order_id,
        lines=tuple(ReturnedLine(line.number, line.quantity, line.restock or "none") for line in request.lines),
        reason=request.reason,
        location_id=location_id,
        note=request.number,
    )


def demand_place(request: Request, order: Order, *, permission: str, location_id: int | None, actor: Actor) -> None:
    """Raise ``RequestUnknown`` out of the actor's reach, or ``Forbidden``.

    A request is decided by the store that sold or the one the goods shall come to; goods may come in at any store.
    """
    if location_id is not None:
        places = [location_id]
    else:
        places = [order.selling_store_id, *([request.store.id] if request.store else [])]
    for index, unit_id in enumerate(places):
        try:
            identity.require(actor=actor, permission=permission, unit_id=unit_id)
        except NotFound:
            if index == len(places) - 1:
                raise RequestUnknown from None
        else:
            return


def finish_swap(request: Request, order: Order, *, actor: Actor, now: datetime) -> None:
    """Note that the same goods were handed out for those brought back. Raises ``RequestMoved``."""
    steps.move(request, order, from_=("approved",), to=RequestState.DONE, actor=actor, text="swapped", now=now)
    _audit(request, "aftersales.swapped", actor=actor, reason=request.reason, now=now)


def _nearest(command: AskCommand, order: Order, *, now: datetime) -> int:
    """Return the store to bring the goods to: the nearest to the customer, or the one that sold."""
    if command.longitude is not None and command.latitude is not None:
        found = organization.nearest_stores(longitude=command.longitude, latitude=command.latitude, limit=1, now=now)
        if found:
            return found[0].unit.id
    return order.selling_store_id


def _audit(request: Request, action: str, *, actor: Actor, reason: str, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="request",
        subject_id=request.number,
        reason=reason,
        detail={"order_id": str(request.order_id), "kind": request.kind.value},
        unit_id=request.store.id if request.store else None,
        now=now,
    )
