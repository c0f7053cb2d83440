"""Receipts by number: look, print, take goods back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine, ReturnPreview, ReturnResult
from quanyu.modules.loyalty import api as loyalty
from quanyu.modules.orders.contracts import Order, State
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.contracts import (
    TAKE_BACK,
    VIEW,
    Receipt,
    ReceiptUnknown,
    Till,
)
from quanyu.modules.pos.ops import journal, print_receipt
from quanyu.modules.pos.ops.limit_guesses import guessing
from quanyu.modules.pos.queries import receipts, settings
from quanyu.platform import db


def receipt(*, number: str, till: Till, actor: Actor, now: datetime) -> Receipt:
    """Return a receipt by its number; other stores' only where returns across stores are on.

    Raises ``ReceiptUnknown``.
    """
    return receipts.receipt(
        order=_receipted(number, till=till, actor=actor, now=now), footer=settings.receipt_footer(till=till), now=now
    )


def note_print(*, number: str, is_gift: bool, till: Till, actor: Actor, now: datetime) -> Receipt:
    """Note that a receipt is printed now; its ``prints`` count this one. Raises ``ReceiptUnknown``.

    What the sale earned is booked before it is printed: the paper cannot wait for the event, and books it once.
    """
    order = _receipted(number, till=till, actor=actor, now=now)
    if order.member_id is not None and order.state is State.COMPLETED:
        loyalty.reward_order(order_id=order.id, now=now)
    db.in_transaction(
        lambda: print_receipt.print_receipt(
            order_id=order.id, till=till, staff_id=int(actor.id), is_gift=is_gift, now=now
        )
    )
    return receipts.receipt(order=order, footer=settings.receipt_footer(till=till), now=now)


def preview_return(
    *, number: str, lines: tuple[ReturnedLine, ...], till: Till, actor: Actor, now: datetime
) -> ReturnPreview:
    """Say what a return of these lines would bring. Raises ``ReceiptUnknown`` and aftersales'."""
    demand(actor, TAKE_BACK, till)
    order = _receipted(number, till=till, actor=actor, now=now)
    # The id and the reason are not kept: a preview is nothing but an answer.
    command = ReturnCommand(id=UUID(int=0), order_id=order.id, lines=lines, reason="", location_id=till.store_id)
    return aftersales.preview(command=command)


def take_back(
    *,
    return_id: UUID,
    number: str,
    lines: tuple[ReturnedLine, ...],
    reason: str,
    note: str,
    till: Till,
    actor: Actor,
    now: datetime,
) -> ReturnResult:
    """Take goods of a receipt back in the till's open shift; the money goes back to the tender it came by.

    The same return again gives the same result. Raises ``ReceiptUnknown``, ``ShiftNotOpen``, aftersales'.
    """
    demand(actor, TAKE_BACK, till)
    order = _receipted(number, till=till, actor=actor, now=now)
    noted = db.in_transaction(
        lambda: journal.begin_entry(
            entry_id=return_id, kind="return", seq=None, till=till, staff_id=int(actor.id), now=now
        )
    )
    command = ReturnCommand(
        id=return_id,
        order_id=order.id,
        lines=lines,
        reason=reason,
        location_id=till.store_id,
        note=note,
        shift_id=noted.shift_id,
    )
    try:
        done = aftersales.return_lines(command=command, actor=actor, now=now)
    except Problem:
        db.in_transaction(lambda: journal.end_entries(refused=[return_id], now=now))
        raise
    db.in_transaction(lambda: journal.end_entries(done=[return_id], now=now))
    return done


def _receipted(number: str, *, till: Till, actor: Actor, now: datetime) -> Order:
    """Return the order of a receipt. Numbers are not secret, so who has no paper must not find one by trying."""
    demand(actor, VIEW, till)
    with guessing("receipt_number", actor, now, wrong=ReceiptUnknown):
        return receipts.order_of(number=number, till=till)
