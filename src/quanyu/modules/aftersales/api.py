"""After-sales' door: what a return would refund, and the return itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.aftersales.contracts import (
    ReturnCommand,
    ReturnedLine,
    ReturnKeyReused,
    ReturnPreview,
    ReturnResult,
)
from quanyu.modules.aftersales.ops import approved_return
from quanyu.modules.aftersales.ops import return_lines as op
from quanyu.modules.aftersales.queries import returns as query
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import Approval, ApprovedAct
from quanyu.modules.orders import api as orders
from quanyu.platform import db


def preview(*, command: ReturnCommand) -> ReturnPreview:
    """Return what a return would bring, without booking it. Raises like :func:`return_lines`."""
    order = orders.order(id=command.order_id)
    refund = op.priced(command, order)
    return ReturnPreview(
        lines=tuple(sorted((part.line.number, part.quantity, part.amount_fen) for part in refund.parts)),
        amount_fen=refund.amount_fen,
        freight_fen=refund.freight_fen,
        points_restored=refund.points,
        coupons_returned=len(order.coupons) if refund.whole else 0,
        withheld=refund.withheld,
    )


def return_lines(*, command: ReturnCommand, actor: Actor, now: datetime) -> ReturnResult:
    """Take goods back and refund them; the same command again gives the same return.

    Raises ``NotReturnable``, ``NothingToReturn``, ``ReturnTooMuch``, ``ReturnInvalid``, ``ReturnKeyReused`` or
    ``OrderUnknown``; then nothing has changed. Above the limit of the store: ``SecondPersonNeeded`` until somebody
    else has approved exactly this command, ``ApprovalRefused`` when he did not. Publishes OrderReturned; providers are
    asked for their part of the refund after the commit.
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
