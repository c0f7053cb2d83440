"""After-sales' door: what a return would refund, and the return itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.aftersales.contracts import (
    AskCommand,
    Request,
    RequestKind,
    RequestState,
    RequestUnknown,
    ReturnCommand,
    ReturnedLine,
    ReturnKeyReused,
    ReturnPreview,
    ReturnResult,
)
from quanyu.modules.aftersales.ops import approved_return, hold_requests, options, return_rights, swap_goods
from quanyu.modules.aftersales.ops import requests as request_op
from quanyu.modules.aftersales.ops import return_lines as op
from quanyu.modules.aftersales.queries import requests as request_query
from quanyu.modules.aftersales.queries import returns as query
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import Approval, ApprovedAct
from quanyu.modules.members.contracts import DataHolder
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.modules.organization import api as organization
from quanyu.platform import db


def preview(*, command: ReturnCommand) -> ReturnPreview:
    """Return what a return would bring, without booking it. Raises like :func:`return_lines`."""
    order = orders.order(id=command.order_id)
    refund = op.priced(command, order)
    parts = op.split(order, amount_fen=refund.amount_fen)
    return ReturnPreview(
        lines=tuple(sorted((part.line.number, part.quantity, part.amount_fen) for part in refund.parts)),
        amount_fen=refund.amount_fen,
        # As a booked return tells them: by the payments, oldest first.
        refunds=tuple((payment.tender, part) for payment, part in reversed(parts)),
        freight_fen=refund.freight_fen,
        points_restored=refund.points,
        points_taken_back=return_rights.points_to_take_back(order, refund),
        coupons_returned=len(order.coupons) if refund.whole else 0,
        withheld=refund.withheld,
    )


def return_lines(*, command: ReturnCommand, actor: Actor, now: datetime) -> ReturnResult:
    """Take goods back and refund them; the same command again gives the same return.

    Raises ``NotReturnable``, ``NothingToReturn``, ``ReturnTooMuch``, ``ReturnInvalid``, ``ReturnKeyReused``,
    ``OrderUnknown`` or ``RequestMoved`` (its request was refused or taken back while it waited for a second person);
    then nothing has changed. Above the limit of the store: ``SecondPersonNeeded`` until somebody else has approved
    exactly this command, ``ApprovalRefused`` when he did not. Publishes OrderReturned; providers are asked for their
    part of the refund after the commit.
    """
    op.check(command, orders.order(id=command.order_id), actor=actor)
    standing = query.digest_of(return_id=command.id)
    if standing is None:
        with identity.second_person(actor=actor, now=now):
            db.in_transaction(lambda: op.return_lines(command, actor=actor, now=now))
        standing = query.digest_of(return_id=command.id)
    if standing != op.digest(command):
        raise ReturnKeyReused(field="id")
    return next(one for one in query.of_order(order_id=command.order_id) if one.id == command.id)


def whole_order(*, order_id: UUID, return_id: UUID, restock: str, reason: str, note: str) -> ReturnCommand:
    """Return the command that takes back all that is still with the customer. Raises ``OrderUnknown``."""
    lines = tuple(
        ReturnedLine(line.number, line.quantity - line.returned_quantity, restock)
        for line in orders.order(id=order_id).lines
        if line.returned_quantity < line.quantity
    )
    return ReturnCommand(id=return_id, order_id=order_id, lines=lines, reason=reason, note=note)


def returns_of(*, order_id: UUID) -> list[ReturnResult]:
    """Return the returns of an order, oldest first."""
    return query.of_order(order_id=order_id)


def command_of(*, approval: Approval) -> ReturnCommand:
    """Return the command that a request for a second person is about."""
    return approved_return.command_of(approval)


def approved_act() -> ApprovedAct:
    """Return what carries an approved return out."""
    return approved_return.ApprovedReturn(return_lines)


def preview_request(*, command: AskCommand, member_id: UUID, now: datetime) -> ReturnPreview:
    """Return what a request would bring, without asking it. Raises like :func:`ask`; an exchange moves no money."""
    request_op.check(command)
    request_op.demand_in_time(request_op.own_order(command, member_id=member_id), now=now)
    return preview(command=request_op.return_command(command))


def ask(*, command: AskCommand, member_id: UUID, actor: Actor, now: datetime) -> Request:
    """Ask for a return, a refund or an exchange of the member's own order; the same command again is the same request.

    Raises ``OrderUnknown``, ``NotHandedOver``, ``RequestTooLate``, ``RequestTooMuch``, ``RequestKeyReused``,
    ``ReturnInvalid`` and what :func:`preview` raises; then nothing has changed. Publishes RequestChanged.
    """
    request_op.check(command)
    order = request_op.own_order(command, member_id=member_id)
    if request_query.digest_of(request_id=command.id) is None:
        request_op.demand_in_time(order, now=now)
        db.in_transaction(lambda: request_op.ask(command, order, actor=actor, now=now))
    request_op.demand_same(command)
    return request(request_id=command.id)


def withdraw(*, request_id: UUID, member_id: UUID, actor: Actor, now: datetime) -> Request:
    """Take one's own request back before the goods came. Raises ``RequestUnknown`` or ``RequestMoved``."""
    found = request_of_member(request_id=request_id, member_id=member_id)
    order = orders.order(id=found.order_id)
    db.in_transaction(lambda: request_op.withdraw(found, order, actor=actor, now=now))
    return request(request_id=request_id)


def approve(*, request_id: UUID, answer: str = "", actor: Actor, now: datetime) -> Request:
    """Approve a request; where nothing comes back, the money goes back at once (needs ``aftersales.return`` too).

    Raises ``RequestUnknown``, ``Forbidden``, ``RequestMoved``; ``SecondPersonNeeded`` where the refund waits for
    somebody else: the request is approved then.
    """
    found, order = _decidable(request_id, actor=actor)
    if found.kind is RequestKind.REFUND_ONLY:
        request_op.demand_place(found, order, permission=op.RETURN, location_id=None, actor=actor)
    db.in_transaction(lambda: request_op.approve(found, order, answer=answer, actor=actor, now=now))
    return pay_back(request_id=request_id, actor=actor, now=now)


def refuse(*, request_id: UUID, answer: str, actor: Actor, now: datetime, seen: RequestState | None = None) -> Request:
    """Refuse a request with a reason the customer reads; ``seen``: the state it was in when this was decided.

    Raises ``RequestUnknown``, ``Forbidden``, ``RequestMoved``: somebody else was quicker.
    """
    found, order = _decidable(request_id, actor=actor)
    state = seen or found.state
    db.in_transaction(lambda: request_op.refuse(found, order, seen=state, answer=answer, actor=actor, now=now))
    return request(request_id=request_id)


def receive(*, request_id: UUID, restocks: Mapping[int, str], location_id: int, actor: Actor, now: datetime) -> Request:
    """Take the goods of an approved request in; the money goes back by the one return that it becomes.

    ``restocks``: what becomes of each line, by its number. Needs ``aftersales.return`` where the goods come in. Raises
    ``RequestUnknown``, ``Forbidden``, ``RequestMoved``, ``ReturnInvalid``; ``SecondPersonNeeded``: the money waits.
    """
    found = request(request_id=request_id)
    order = orders.order(id=found.order_id)
    request_op.demand_place(found, order, permission=op.RETURN, location_id=location_id, actor=actor)
    db.in_transaction(
        lambda: request_op.receive(found, order, restocks=restocks, location_id=location_id, actor=actor, now=now)
    )
    return pay_back(request_id=request_id, actor=actor, now=now)


def swap(*, request_id: UUID, restocks: Mapping[int, str], location_id: int, actor: Actor, now: datetime) -> Request:
    """Exchange the goods of an approved request for the same again, from the same owner's stock; no money moves.

    Raises like :func:`receive`, and ``StockShort`` when the place has not as many; then nothing has changed.
    """
    found = request(request_id=request_id)
    order = orders.order(id=found.order_id)
    request_op.demand_place(found, order, permission=op.RETURN, location_id=location_id, actor=actor)
    request_op.check_restocks(found, restocks)

    def work() -> None:
        request_op.finish_swap(found, order, actor=actor, now=now)
        request_op.keep_restocks(found, restocks, location_id=location_id)
        swap_goods.swap(found, order, restocks=restocks, location_id=location_id, actor=actor, now=now)

    db.in_transaction(work)
    return request(request_id=request_id)


def pay_back(*, request_id: UUID, actor: Actor, now: datetime) -> Request:
    """Pay back what is due of a request, exactly once; nothing for one that is not due. Raises like return_lines."""
    found = request(request_id=request_id)
    place = found.store.id if found.store else orders.order(id=found.order_id).selling_store_id
    is_due = found.state is RequestState.RECEIVED or (
        found.kind is RequestKind.REFUND_ONLY and found.state is RequestState.APPROVED
    )
    if is_due:
        return_lines(command=request_op.money_back(found, location_id=place), actor=actor, now=now)
    return request(request_id=request_id)


def request(*, request_id: UUID) -> Request:
    """Return one request. Raises ``RequestUnknown``."""
    found = request_query.by_ids(request_ids=[request_id])
    if not found:
        raise RequestUnknown
    return found[0]


def request_of_member(*, request_id: UUID, member_id: UUID) -> Request:
    """Return one of a member's own requests; anybody else's does not exist. Raises ``RequestUnknown``."""
    found = request(request_id=request_id)
    if orders.order(id=found.order_id).member_id != member_id:
        raise RequestUnknown
    return found


def requests_of_orders(*, order_ids: Sequence[UUID]) -> dict[UUID, list[Request]]:
    """Return the requests of orders, newest first; orders without any are left out. A fixed number of statements."""
    return request_query.of_orders(order_ids=order_ids)


def requests_of_member(
    *, member_id: UUID, before: tuple[datetime, UUID] | None = None, limit: int = 20
) -> list[Request]:
    """Return the requests about a member's orders, newest first."""
    return request_query.of_member(member_id=member_id, before=before, limit=limit)


def orders_with_open_requests(*, member_id: UUID) -> list[UUID]:
    """Return the member's orders with a request that is not settled."""
    return request_query.open_of_member(member_id=member_id)


def returns_open(*, orders: Sequence[Order], now: datetime) -> frozenset[UUID]:
    """Return those of completed orders whose days for returns are not over; one question for each of their stores."""
    stores = {order.selling_store_id for order in orders if order.completed_at}
    days = {id: options.request_days_at(organization.settings_path(unit_id=id)) for id in stores}
    return frozenset(
        order.id
        for order in orders
        if order.completed_at and request_op.within(order, days=days[order.selling_store_id], now=now)
    )


def data_holder() -> DataHolder:
    """Return what hands out, and forgets, what members asked for after the sale."""
    return hold_requests.RequestHolder()


def _decidable(request_id: UUID, *, actor: Actor) -> tuple[Request, Order]:
    found = request(request_id=request_id)
    order = orders.order(id=found.order_id)
    request_op.demand_place(found, order, permission=request_op.DECIDE, location_id=None, actor=actor)
    return found, order
