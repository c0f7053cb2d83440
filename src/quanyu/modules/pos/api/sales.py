"""Quote, sell, charge, cancel; the orders of this store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PaymentStarted, Quote, TenderGiven, TillFacts
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Order, OrderUnknown, State
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment
from quanyu.modules.pos.api import discounts
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.contracts import (
    SELL,
    VIEW,
    MemberCodeNeeded,
    Sale,
    Till,
)
from quanyu.modules.pos.ops import approve, journal, sell
from quanyu.modules.pos.queries import settings, tills
from quanyu.modules.pos.queries.tills import TillEntry
from quanyu.platform import db

_PAPER_IS_FRESH = timedelta(minutes=15)


def quote(*, sale: Sale, till: Till, actor: Actor, now: datetime) -> Quote:
    """Return what the sale would cost now, with every discount and what would refuse it."""
    demand(actor, SELL, till)
    sell.check_people(sale=sale)
    sell.check_way(sale=sale, till=till)
    command = sell.command(sale=sale, till=till, shift_id=None, staff_id=int(actor.id))
    return checkout.quote(command=command, actor=actor, now=now)


def sell_goods(*, sale: Sale, till: Till, actor: Actor, now: datetime) -> Order:
    """Sell in the till's open shift: paid and completed with tenders, else waiting for a payment code.

    The same sale again gives the same order. Raises ``ShiftNotOpen``, ``ApprovalNeeded``, ``ApprovalRefused``,
    ``ApprovalSpent``, ``MemberCodeNeeded``, ``KeyReused``, ``inventory.StockShort`` and checkout's; then nothing was
    sold.
    """
    demand(actor, SELL, till)
    sell.check_people(sale=sale)
    sell.check_way(sale=sale, till=till)
    permit = None
    # A repeat of what was sold is that sale, whatever anybody may give now.
    if (sell.hand_discount_fen(sale) or sell.rounding_fen(sale)) and not orders.orders(ids=[sale.id]):
        quoted = quote(sale=sale, till=till, actor=actor, now=now)
        permit = discounts.permitted(sale=sale, quote=quoted, till=till, actor=actor, now=now)
    if sale.spends_points:
        _check_points(sale, till=till, actor=actor, now=now)
    return book_goods(sale=sale, permit=permit, till=till, actor=actor, now=now)


def book_goods(*, sale: Sale, permit: discounts.Permit | None, till: Till, actor: Actor, now: datetime) -> Order:
    """Sell what may be sold: note it, with what its discounts by hand rest on, then ask checkout.

    Raises ``ShiftNotOpen``, ``KeyReused``, ``ApprovalSpent`` and checkout's.
    """
    noted = db.in_transaction(lambda: _begin(sale, permit, till=till, actor=actor, now=now))
    command = sell.command(sale=sale, till=till, shift_id=noted.shift_id, staff_id=noted.staff_id)
    return _ended(lambda: checkout.place_order(command=command, actor=actor, now=now), entry_id=sale.id, now=now)


def charge_code(*, order_id: UUID, auth_code: str, till: Till, actor: Actor, now: datetime) -> PaymentStarted:
    """Charge the payment code a customer shows; state ``asking`` means: poll.

    Raises ``OrderUnknown`` for what another till began, and checkout's.
    """
    demand(actor, SELL, till)
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
    demand(actor, SELL, till)
    begun = _begun_here(order_id, till=till)
    facts = TillFacts(terminal_id=till.device_id, shift_id=begun.shift_id, seq=begun.seq)
    checkout.add_tenders(order_id=order_id, tenders=tenders, till=facts, actor=actor, now=now)
    return _end_if_settled(order_id=order_id, now=now)


def cancel_sale(*, order_id: UUID, reason: str, till: Till, actor: Actor, now: datetime) -> Order:
    """Cancel a sale that was not paid, or one that is paid and still to be sent or fetched: its money goes back here.

    Raises ``OrderUnknown``, ``ShiftNotOpen`` when money goes back without a shift, and checkout's ``StateConflict``.
    """
    demand(actor, SELL, till)
    if own_sale(order_id=order_id, till=till, actor=actor).state is State.PAID:
        return _give_back(order_id, reason=reason, till=till, actor=actor, now=now)
    checkout.cancel_order(order_id=order_id, reason=reason, actor=actor, now=now)
    return _end_if_settled(order_id=order_id, now=now)


def _give_back(order_id: UUID, *, reason: str, till: Till, actor: Actor, now: datetime) -> Order:
    """Cancel a paid sale in the till's open shift; a note of it keeps the shift open until it is known."""
    entry_id = uuid7()
    noted = db.in_transaction(
        lambda: journal.begin_entry(
            entry_id=entry_id, kind="return", seq=None, till=till, staff_id=int(actor.id), now=now
        )
    )
    try:
        order = checkout.cancel_order(order_id=order_id, reason=reason, actor=actor, shift_id=noted.shift_id, now=now)
    except Problem:
        db.in_transaction(lambda: journal.end_entries(refused=[entry_id], now=now))
        raise
    db.in_transaction(lambda: journal.end_entries(done=[entry_id], now=now))
    return order


def own_sale(*, order_id: UUID, till: Till, actor: Actor) -> Order:
    """Return an order of this till's store, or one made here that is fetched elsewhere. Raises ``OrderUnknown``."""
    demand(actor, VIEW, till)
    order = orders.order(id=order_id)
    if order.selling_store_id != till.store_id and order.lines[0].credited_store_id != till.store_id:
        raise OrderUnknown
    return order


def code_for_paper(*, order: Order, till: Till, now: datetime) -> str:
    """Return the pickup code of a sale that this very till made just now, for the customer's paper; else nothing.

    Who hands the goods out must not read it: it is the customer's proof.
    """
    if order.channel is not Channel.POS or order.state is not State.PAID or order.paid_at is None:
        return ""
    begun = tills.entry(entry_id=order.id) if now - order.paid_at < _PAPER_IS_FRESH else None
    return order.pickup_code if begun is not None and begun.terminal_id == till.device_id else ""


def store_orders(
    *, state: State | None, before: tuple[datetime, UUID] | None, limit: int, till: Till, actor: Actor
) -> list[Order]:
    """Return the orders of this till's store, newest first."""
    demand(actor, "orders.view", till)
    return orders.of_units(unit_ids=frozenset({till.store_id}), state=state, before=before, limit=limit)


def _begin(sale: Sale, permit: discounts.Permit | None, *, till: Till, actor: Actor, now: datetime) -> journal.Noted:
    noted = journal.begin_entry(
        entry_id=sale.id,
        kind="sale",
        seq=sale.seq,
        till=till,
        staff_id=int(actor.id),
        hand_discount_fen=sell.hand_discount_fen(sale),
        rounding_fen=sell.rounding_fen(sale),
        now=now,
    )
    if permit is not None:
        if permit.approval is not None:
            approve.use(approval_id=permit.approval.id, sale_id=sale.id, till=till, at=now)
        permit.note(sale=sale, till=till, actor=actor, now=now)
    return noted


def _check_points(sale: Sale, *, till: Till, actor: Actor, now: datetime) -> None:
    """Refuse many points without the member's code scanned here just now. Raises ``MemberCodeNeeded``.

    A number or a card may be somebody else's; the code changes every minute on the member's own phone.
    """
    limit = settings.points_without_code(till=till)
    spent = quote(sale=sale, till=till, actor=actor, now=now).points_spent
    if spent <= limit or orders.orders(ids=[sale.id]):
        return
    assert sale.member_id is not None
    since = now - settings.member_code_counts_for(till=till)
    if not tills.shown_since(member_id=sale.member_id, terminal_id=till.device_id, since=since):
        raise MemberCodeNeeded(field="points", limit=limit)


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
