"""The till's door: enrol, sign in, open and close shifts, sell, take back, hand over, print."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine, ReturnResult
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PaymentStarted, PickupCodeWrong, Quote, TenderGiven, TillFacts
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import StaffSession
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Found, Key, KeyKind, Member
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Order, OrderUnknown, State
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment
from quanyu.modules.pos.contracts import (
    DISCOUNT,
    DRAWER,
    HAND_OVER,
    SELL,
    SHIFT,
    TAKE_BACK,
    VIEW,
    CashMove,
    CataloguePage,
    EnrolledTill,
    Receipt,
    ReceiptUnknown,
    Sale,
    ScanResult,
    Shift,
    ShiftClosed,
    ShiftReport,
    ShiftUnknown,
    Till,
)
from quanyu.modules.pos.ops import approve, journal, print_receipt, register_till, sell, settle_entries
from quanyu.modules.pos.ops import shifts as shift_ops
from quanyu.modules.pos.ops.limit_guesses import guessing
from quanyu.modules.pos.queries import catalogue, receipts, reports, settings, tills
from quanyu.modules.pos.queries import scan as scan_queries
from quanyu.modules.pos.queries import shifts as shift_queries
from quanyu.modules.pos.queries.tills import TillEntry
from quanyu.platform import db


def enrol(*, code: str, address: str, now: datetime) -> EnrolledTill:
    """Exchange an enrolment code for a till and its token. Raises ``CodeUnknown`` or ``RateLimited``."""
    device = identity.enrol(code=code, address=address, now=now)
    return EnrolledTill(till=_registered(device_id=UUID(device.device_id), store_id=device.unit_id), token=device.token)


def till_of(*, actor: Actor) -> Till:
    """Return the till on which the actor (device or staff) acts. Raises ``Unauthenticated`` without a device."""
    if actor.device_id is not None:
        known = tills.by_device(device_id=UUID(actor.device_id))
        if known is not None:
            return known
    device = identity.device_of(actor=actor)
    return _registered(device_id=UUID(device.id), store_id=device.unit_id)


def sign_in(*, actor: Actor, username: str, pin: str, now: datetime) -> StaffSession:
    """Sign somebody in at this till by PIN. Raises ``SignInRefused`` or ``SignInLocked``."""
    return identity.sign_in_at_device(device=identity.device_of(actor=actor), username=username, pin=pin, now=now)


def open_shift(*, shift_id: UUID, float_fen: int, till: Till, actor: Actor, now: datetime) -> Shift:
    """Open a shift with its float; the same id again gives the same shift. Raises ``ShiftAlreadyOpen``."""
    _demand(actor, SHIFT, till)
    return db.in_transaction(
        lambda: shift_ops.open_shift(shift_id=shift_id, till=till, staff_id=int(actor.id), float_fen=float_fen, now=now)
    )


def current_shift(*, till: Till, actor: Actor) -> Shift | None:
    """Return the till's open shift."""
    _demand(actor, VIEW, till)
    return shift_queries.open_at(terminal_id=till.device_id)


def move_cash(
    *, move_id: UUID, shift_id: UUID, amount_fen: int, reason: str, till: Till, actor: Actor, now: datetime
) -> CashMove:
    """Put cash into the drawer (positive) or take it out (negative), once per id. Raises ``ShiftNotOpen``."""
    _demand(actor, SHIFT, till)
    return db.in_transaction(
        lambda: shift_ops.move_cash(
            move_id=move_id,
            shift_id=shift_id,
            till=till,
            staff_id=int(actor.id),
            amount_fen=amount_fen,
            reason=reason,
            now=now,
        )
    )


def shift_report(*, shift_id: UUID, till: Till, actor: Actor) -> ShiftReport:
    """Return the X report of an open shift or the stored Z report. Raises ``ShiftUnknown``.

    Whoever counts the drawer blind does not see what should be in it before the shift is closed.
    """
    _demand(actor, SHIFT, till)
    shift = shift_queries.by_id(shift_id=shift_id, terminal_id=till.device_id)
    if shift is None:
        raise ShiftUnknown
    report = reports.of_shift(shift=shift)
    if shift.closed_at is None and settings.blind_count(till=till) and not _may(actor, DRAWER, till):
        return reports.blinded(report)
    return report


def close_shift(*, shift_id: UUID, counted_fen: int, till: Till, actor: Actor, now: datetime) -> ShiftReport:
    """Count the drawer and store the Z report, for good. The same count again gives the same report.

    Raises ``ShiftUnknown``, ``SaleUnfinished`` (then nothing changed), ``ShiftClosed`` for another count.
    """
    _demand(actor, SHIFT, till)

    def close() -> ShiftReport:
        shift = shift_ops.lock_shift(shift_id=shift_id, till=till)
        if shift is None:
            raise ShiftUnknown
        if shift.closed_at is not None:
            if shift.counted_fen != counted_fen:
                raise ShiftClosed
            return reports.of_shift(shift=shift)
        settle_entries.settle_entries(shift_id=shift_id, now=now)
        report = reports.of_shift(shift=shift, counted_fen=counted_fen)
        shift_ops.close_shift(report=report, staff_id=int(actor.id), now=now)
        return reports.of_shift(shift=shift_queries.by_id(shift_id=shift_id) or shift)

    return db.in_transaction(close)


def catalogue_page(*, till: Till, after: int | None, limit: int, now: datetime) -> CataloguePage:
    """Return a page of what the till can sell, after a SKU id."""
    return catalogue.page(store_id=till.store_id, after=after, limit=limit, now=now)


def scan(*, code: str, till: Till, actor: Actor, now: datetime) -> ScanResult:
    """Return what a scanned code is: a line to propose, or a member. Raises ``ScanUnknown``."""
    _demand(actor, VIEW, till)
    return scan_queries.scan(code=code, till=till, actor=actor, now=now)


def find_members(*, text: str, actor: Actor, now: datetime) -> list[Found]:
    """Look a member up by phone (or its last four digits), number or card; masked."""
    return members.find(text=text, actor=actor, now=now)


def create_member(*, phone: str, name: str, till: Till, actor: Actor, now: datetime) -> Member:
    """Return the member of this phone, made at this store when there is none yet."""
    identity.require(actor=actor, permission="members.edit", unit_id=till.store_id)
    return members.find_or_create(
        keys=[Key(KeyKind.PHONE, phone)], channel=Channel.POS, store_id=till.store_id, name=name or None, now=now
    )


def quote(*, sale: Sale, till: Till, actor: Actor, now: datetime) -> Quote:
    """Return what the sale would cost now, with every discount and what would refuse it."""
    _demand(actor, SELL, till)
    sell.check_people(sale=sale)
    command = sell.command(sale=sale, till=till, shift_id=None, staff_id=int(actor.id))
    return checkout.quote(command=command, actor=actor, now=now)


def sell_goods(*, sale: Sale, till: Till, actor: Actor, now: datetime) -> Order:
    """Sell in the till's open shift: paid and completed with tenders, else waiting for a payment code.

    The same sale again gives the same order. Raises ``ShiftNotOpen``, ``ApprovalNeeded``,
    ``ApprovalRefused``, ``KeyReused``, ``inventory.StockShort`` and checkout's; then nothing was sold.
    """
    _demand(actor, SELL, till)
    sell.check_people(sale=sale)
    if any(line.discount_fen for line in sale.lines):
        _check_discounts(sale, till=till, actor=actor, now=now)
    noted = db.in_transaction(
        lambda: journal.begin_entry(
            entry_id=sale.id, kind="sale", seq=sale.seq, till=till, staff_id=int(actor.id), now=now
        )
    )
    command = sell.command(sale=sale, till=till, shift_id=noted.shift_id, staff_id=noted.staff_id)
    return _ended(lambda: checkout.place_order(command=command, actor=actor, now=now), entry_id=sale.id, now=now)


def charge_code(*, order_id: UUID, auth_code: str, till: Till, actor: Actor, now: datetime) -> PaymentStarted:
    """Charge the payment code a customer shows; state ``asking`` means: poll.

    Raises ``OrderUnknown`` for what another till began, and checkout's.
    """
    _demand(actor, SELL, till)
    begun = _begun_here(order_id, till=till)
    started = checkout.charge_code(
        order_id=order_id,
        auth_code=auth_code,
        terminal_id=till.device_id,
        shift_id=begun.shift_id,
        actor=actor,
        now=now,
    )
    _end_if_settled(order_id=order_id, now=now)
    return started


def poll_payment(*, order_id: UUID, till: Till, actor: Actor, now: datetime) -> list[Payment]:
    """Ask the provider about the sale's open payment; return all payments of the sale, oldest first."""
    own_sale(order_id=order_id, till=till, actor=actor)
    live = payments.live_of(order_id=order_id)
    if live is not None:
        checkout.poll_payment(payment_id=live.id, now=now)
        _end_if_settled(order_id=order_id, now=now)
    return payments.of_orders(order_ids=[order_id]).get(order_id, [])


def add_tenders(*, order_id: UUID, tenders: tuple[TenderGiven, ...], till: Till, actor: Actor, now: datetime) -> Order:
    """Take cash or recorded cards for a sale that waited for a payment code.

    Raises ``OrderUnknown`` for what another till began (its drawer is not this one), and checkout's.
    """
    _demand(actor, SELL, till)
    begun = _begun_here(order_id, till=till)
    facts = TillFacts(terminal_id=till.device_id, shift_id=begun.shift_id, seq=begun.seq)
    checkout.add_tenders(order_id=order_id, tenders=tenders, till=facts, actor=actor, now=now)
    return _end_if_settled(order_id=order_id, now=now)


def cancel_sale(*, order_id: UUID, reason: str, till: Till, actor: Actor, now: datetime) -> Order:
    """Cancel a sale that was not paid. Raises ``OrderUnknown`` and checkout's ``StateConflict``."""
    _demand(actor, SELL, till)
    own_sale(order_id=order_id, till=till, actor=actor)
    checkout.cancel_order(order_id=order_id, reason=reason, actor=actor, now=now)
    return _end_if_settled(order_id=order_id, now=now)


def own_sale(*, order_id: UUID, till: Till, actor: Actor) -> Order:
    """Return an order of this till's store. Raises ``OrderUnknown`` for another store's."""
    _demand(actor, VIEW, till)
    order = orders.order(id=order_id)
    if order.selling_store_id != till.store_id:
        raise OrderUnknown
    return order


def store_orders(
    *, state: State | None, before: tuple[datetime, UUID] | None, limit: int, till: Till, actor: Actor
) -> list[Order]:
    """Return the orders of this till's store, newest first."""
    _demand(actor, "orders.view", till)
    return orders.of_units(unit_ids=frozenset({till.store_id}), state=state, before=before, limit=limit)


def find_pickup(*, code: str, till: Till, actor: Actor, now: datetime) -> Order:
    """Return the paid order that waits here under a pickup code. Raises ``PickupCodeWrong`` or ``RateLimited``."""
    _demand(actor, HAND_OVER, till)
    with guessing("pickup_code", actor, now, wrong=PickupCodeWrong):
        return checkout.find_pickup(code=code, store_id=till.store_id)


def hand_over(*, order_id: UUID, code: str, till: Till, actor: Actor, now: datetime) -> Order:
    """Hand an order over by its code, again as well. Raises ``PickupCodeWrong`` or ``RateLimited``."""
    _demand(actor, HAND_OVER, till)
    own_sale(order_id=order_id, till=till, actor=actor)
    with guessing("pickup_code", actor, now, wrong=PickupCodeWrong):
        return checkout.hand_over(order_id=order_id, code=code, store_id=till.store_id, actor=actor, now=now)


def receipt(*, number: str, till: Till, actor: Actor, now: datetime) -> Receipt:
    """Return a receipt by its number; other stores' only where returns across stores are on.

    Raises ``ReceiptUnknown``.
    """
    return receipts.receipt(
        order=_receipted(number, till=till, actor=actor, now=now), footer=settings.receipt_footer(till=till), now=now
    )


def note_print(*, number: str, is_gift: bool, till: Till, actor: Actor, now: datetime) -> Receipt:
    """Note that a receipt is printed now; its ``prints`` count this one. Raises ``ReceiptUnknown``."""
    order = _receipted(number, till=till, actor=actor, now=now)
    db.in_transaction(
        lambda: print_receipt.print_receipt(
            order_id=order.id, till=till, staff_id=int(actor.id), is_gift=is_gift, now=now
        )
    )
    return receipts.receipt(order=order, footer=settings.receipt_footer(till=till), now=now)


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
    _demand(actor, TAKE_BACK, till)
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


def _demand(actor: Actor, permission: str, till: Till) -> None:
    identity.require(actor=actor, permission=permission, unit_id=till.store_id)


def _may(actor: Actor, permission: str, till: Till) -> bool:
    try:
        _demand(actor, permission, till)
    except Problem:
        return False
    return True


def _registered(*, device_id: UUID, store_id: int) -> Till:
    return db.in_transaction(lambda: register_till.register_till(device_id=device_id, store_id=store_id))


def _check_discounts(sale: Sale, *, till: Till, actor: Actor, now: datetime) -> None:
    """Let a manager's discount pass, a cashier's within the limit, and one above it with a manager's PIN."""
    if _may(actor, DISCOUNT, till) or orders.orders(ids=[sale.id]):
        return
    if sale.approval is not None:
        device = identity.device_of(actor=actor)
        approve.approve_discount(sale=sale, till=till, device=device, cashier=actor, now=now)
        return
    limit_bp = settings.discount_limit_bp(till=till)
    sell.check_discounts(sale=sale, quote=quote(sale=sale, till=till, actor=actor, now=now), limit_bp=limit_bp)


def _ended(place: Callable[[], Order], *, entry_id: UUID, now: datetime) -> Order:
    """Place the order of a noted sale and end its note with the outcome; an unpaid sale's stays open."""
    try:
        order = place()
    except Problem:
        db.in_transaction(lambda: journal.end_entries(refused=[entry_id], now=now))
        raise
    return _end_entry(order, now=now)


def _end_if_settled(*, order_id: UUID, now: datetime) -> Order:
    return _end_entry(orders.order(id=order_id), now=now)


def _end_entry(order: Order, *, now: datetime) -> Order:
    ended = {"refused": [order.id]} if order.state is State.CANCELLED else {"done": [order.id]}
    if order.state is not State.PLACED:
        db.in_transaction(lambda: journal.end_entries(**ended, now=now))
    return order


def _begun_here(order_id: UUID, *, till: Till) -> TillEntry:
    begun = tills.entry(entry_id=order_id)
    if begun is None or begun.terminal_id != till.device_id:
        raise OrderUnknown
    return begun


def _receipted(number: str, *, till: Till, actor: Actor, now: datetime) -> Order:
    """Return the order of a receipt. Numbers are not secret, so who has no paper must not find one by trying."""
    _demand(actor, VIEW, till)
    with guessing("receipt_number", actor, now, wrong=ReceiptUnknown):
        return receipts.order_of(number=number, till=till)
