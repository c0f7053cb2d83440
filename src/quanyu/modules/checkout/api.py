"""Checkout's door: the one way to sell, whatever the channel."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from quanyu.kernel.actor import SYSTEM, Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import (
    Asked,
    OrderWay,
    PaymentStarted,
    PlaceOrder,
    PromisedOrder,
    Quote,
    TenderGiven,
    TillFacts,
)
from quanyu.modules.checkout.ops import add_tenders as add_tenders_op
from quanyu.modules.checkout.ops import cancel_order as cancel_op
from quanyu.modules.checkout.ops import coordinator, flash_items, options, price_batch, quote_order, submit_orders
from quanyu.modules.checkout.ops import hand_over as hand_over_op
from quanyu.modules.checkout.ops import promised as promised_op
from quanyu.modules.checkout.ops import reassign_order as reassign_op
from quanyu.modules.checkout.ops import start_payment as payment_op
from quanyu.modules.checkout.ops.take_money import OrderPayments
from quanyu.modules.checkout.rules import commands, sources
from quanyu.modules.flash import api as flash
from quanyu.modules.identity.contracts import ApprovedAct
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, Order
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, UnitKind
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import PaymentListener, Tender
from quanyu.platform import db, logs

_log = structlog.get_logger(__name__)


_EAR = OrderPayments()


def quote(*, command: PlaceOrder, actor: Actor, now: datetime) -> Quote:
    """Say what an order would cost now, with the member's coupons and points; what fails is listed, not raised.

    Raises ``Forbidden`` for a member who asks for another one's rights.
    """
    return quote_order.quote(command, actor=actor, now=now)


def parcel_sources(*, store: Location) -> list[int]:
    """Return the locations that a parcel of the store's sales may come from, in the order in which they are tried."""
    warehouses = [one for one in organization.locations().values() if one.unit.kind is UnitKind.WAREHOUSE]
    return sources.candidates(delivery=Delivery.EXPRESS, store=store, warehouses=warehouses)


def is_card_number(text: str) -> bool:
    """Tell whether a slip's reference is a card's whole number: no order takes such a tender."""
    return commands.is_card_number(text)


def place_order(*, command: PlaceOrder, actor: Actor, now: datetime) -> Order:
    """Place an order; the same command again gives the same order.

    Raises the Problem that refuses it (``inventory.stock_short``, ``checkout.price_changed`` ...); then
    nothing has changed. Publishes OrderPlaced, and OrderPaid and OrderCompleted when tenders cover it.
    """
    asked = Asked(command, actor)
    if db.is_in_transaction():
        # What belongs to somebody's open transaction cannot be another thread's.
        (outcome,) = submit_orders.submit([asked], now=now)
        if isinstance(outcome, Problem):
            raise outcome
    else:
        coordinator.orders.call(coordinator.Item(coordinator.BARE, asked, now))
    return orders.order(id=command.id)


def admit(*, command: PlaceOrder, household: str, now: datetime) -> AbstractContextManager[None]:
    """Let a try to order items of a flash sale in, for the time of the block; anything else passes. Never waits.

    ``household``: the caller's address. Raises ``flash.one_at_a_time``, ``flash.queue_full``, ``flash.too_many_tries``
    (429 with Retry-After).
    """
    return flash.admit(wish=flash_items.wish(command), household=household, now=now)


async def place_by(*, way: OrderWay, asked: Any, now: datetime) -> Any:
    """Place an order together with all that wait, the way a channel does it; return what that way answers.

    Raises what it answers when that is an exception, ``Busy`` when too many wait.
    """
    return await coordinator.orders.acall(coordinator.Item(way, asked, now))


def place_orders(*, commands: Sequence[PlaceOrder], actor: Actor, now: datetime) -> list[UUID | Problem]:
    """Place many orders, 64 per transaction; each has its own outcome, in order.

    Each store is read once, so give some hundreds at a time, not a whole year.
    """
    outcomes = submit_orders.submit([Asked(command, actor) for command in commands], now=now)
    return [outcome if isinstance(outcome, Problem) else outcome.placed.id for outcome in outcomes]


def payables(*, commands: Sequence[PlaceOrder], now: datetime) -> list[int | Problem]:
    """Say what each of many orders would cost now, in fen, or what refuses it; in order. Reads only, all together.

    For whoever brings the money with the command: tenders must cover an order exactly. Asks nobody's permission.
    """
    priced = price_batch.priced(commands, now=now)
    answers: list[int | Problem] = []
    for command in commands:
        one = priced[command]
        if isinstance(one, Problem):
            answers.append(one)
        else:
            answers.append(one.problems[0] if one.problems else one.price.payable_fen)
    return answers


def start_payment(
    *,
    order_id: UUID,
    tender: Tender,
    way: str,
    payer_id: str = "",
    return_path: str = "/mall/",
    client_ip: str = "127.0.0.1",
    actor: Actor,
    now: datetime,
) -> PaymentStarted:
    """Open a payment at a provider (``jsapi``, ``native``, ``h5``); the goods stay held while it is open.

    ``return_path``: the page of our own that a wallet in the browser leads back to.

    Raises ``NotPayable``, ``SoldOutBeforePayment``, ``PaymentInProgress``, ``ProviderUnavailable``.
    """
    ask = payment_op.Ask(
        order_id=order_id, tender=tender, way=way, payer_id=payer_id, return_path=return_path, client_ip=client_ip
    )
    return payment_op.prepaid(ask, actor=actor, now=now)


def charge_code(
    *,
    order_id: UUID,
    auth_code: str,
    terminal_id: UUID | None,
    shift_id: UUID | None,
    actor: Actor,
    now: datetime,
) -> PaymentStarted:
    """Charge the payment code a customer shows; ``asking`` means: poll. Raises like :func:`start_payment`."""
    ask = payment_op.Ask(
        order_id=order_id,
        tender=payment_op.tender_of_code(auth_code),
        way=payment_op.CODE_WAY,
        terminal_id=terminal_id,
        shift_id=shift_id,
    )
    return payment_op.by_code(ask, auth_code=auth_code, actor=actor, now=now)


def poll_payment(*, payment_id: UUID, now: datetime) -> PaymentStarted:
    """Ask the provider about a payment, book the answer, and return its state."""
    return payment_op.started(payments.refresh(payment_id=payment_id, now=now))


def add_tenders(
    *, order_id: UUID, tenders: tuple[TenderGiven, ...], till: TillFacts | None, actor: Actor, now: datetime
) -> Order:
    """Take cash or recorded cards for the open amount of a placed order, exactly."""
    return add_tenders_op.add(order_id, tenders=tenders, till=till, actor=actor, now=now)


def cancel_order(*, order_id: UUID, reason: str, actor: Actor, shift_id: UUID | None = None, now: datetime) -> Order:
    """Cancel an unpaid order, or a paid one that was not handed over (its money goes back, once).

    ``shift_id``: the open shift of the till that gives back what tills took; without it ``MoneyInDrawer``.
    """
    return cancel_op.cancel(order_id, reason=reason, actor=actor, shift_id=shift_id, now=now)


def expire_due(*, now: datetime, limit: int = 200) -> int:
    """Cancel orders whose time to pay is over, ``limit`` looked up at a time; return how many.

    Those a provider may still pay stay, and keep nobody behind them waiting.
    """
    done, last = 0, None
    while found := orders.overdue(now=now, limit=limit, after=last):
        done += sum(_expired(order_id, now=now) for order_id in found)
        last = found[-1]
    return done


def _expired(order_id: UUID, *, now: datetime) -> bool:
    """Expire one order; whatever stops one does not stop the others, it comes again at the next turn."""
    try:
        return cancel_op.expire(order_id, actor=SYSTEM, now=now)
    except Exception as failure:  # noqa: BLE001 - the next order is not to blame
        _log.warning("checkout.expiry_failed", order=order_id, **logs.failure(failure))
        return False


def wraps_gifts(*, store_id: int) -> bool:
    """Tell whether the store wraps a purchase as a present, once for nothing."""
    return options.wraps_gifts(organization.settings_path(unit_id=store_id))


def find_pickup(*, code: str, store_id: int, now: datetime) -> Order:
    """Return the paid order that waits at the store under this code.

    Raises ``PickupCodeWrong``; for a right code ``PickupDone``, ``PickupCancelled``, ``PickupNotPaid``.
    """
    return hand_over_op.find_pickup(code, store_id=store_id, now=now)


def find_pickup_elsewhere(*, code: str, store_id: int) -> Order:
    """Return the paid order that waits at another store under a code unknown at one's own, where one may hand it out.

    Raises ``PickupElsewhere`` where one may not, ``PickupCodeWrong``. All stores have many codes: whoever asks is
    limited by the caller, more than for one's own store.
    """
    return hand_over_op.find_elsewhere(code, store_id=store_id)


def hands_out(*, order: Order, store_id: int) -> bool:
    """Tell whether a store may hand an order out: the chosen one, or any of the brand where its policy says so."""
    return hand_over_op.hands_out(order, store_id=store_id)


def hand_over(*, order_id: UUID, code: str, store_id: int, actor: Actor, now: datetime) -> Order:
    """Hand a paid order over by its code: its stock is issued and it is completed. A repeat by the same person is one.

    Raises ``PickupCodeWrong``, ``PickupNotPaid``, ``PickupCancelled``, and ``PickupDone`` when somebody else did it:
    the goods are with the customer, and not twice.
    """
    handed = hand_over_op.by_code(order_id, code=code, store_id=store_id, actor=actor, now=now)
    by = next(step.actor for step in handed.history if step.to_state == "completed")
    if by != f"{actor.kind}:{actor.id}":
        raise hand_over_op.not_waiting(handed)
    return handed


def ship(*, order_id: UUID, carrier: str, tracking: str, actor: Actor, now: datetime) -> Order:
    """Give a paid express or instant order to a carrier: its stock is issued and it is completed."""
    return hand_over_op.by_carrier(order_id, carrier=carrier, tracking=tracking, actor=actor, now=now)


def note_ready(*, order_id: UUID, actor: Actor, now: datetime) -> Order:
    """Note that the goods of a paid order lie ready to be fetched; its member sees it."""
    return hand_over_op.note_ready(order_id, actor=actor, now=now)


def note_delivered(*, order_id: UUID, actor: Actor, now: datetime) -> Order:
    """Note that the customer has the parcels of an order: for carriers that nobody can ask."""
    return hand_over_op.note_delivered(order_id, actor=actor, now=now)


def promised(*, location_id: int, sku_ids: Sequence[int]) -> list[PromisedOrder]:
    """Return the orders of other channels than the till that hold these SKUs at a place, the newest first.

    Without those whose goods lie ready. For who has to break a promise because the goods were sold already.
    """
    return promised_op.promised(location_id=location_id, sku_ids=sku_ids)


def give_up(*, order_id: UUID, now: datetime) -> None:
    """Cancel an order whose goods are gone, and refund it once. It belongs to a sale that has been permitted.

    Raises ``PaymentInProgress`` and ``StateConflict``; then it stands. Publishes OrderCancelled.
    """
    cancel_op.give_up(order_id, now=now)


def reassign_order(*, order_id: UUID, location_id: int, reason: str, actor: Actor, now: datetime) -> Order:
    """Let another place fulfil a paid order that was not handed over; its goods are held there from now on.

    Raises ``StateConflict``, ``ReassignmentRefused``, ``StockShort``, ``UnitUnknown``; then nothing has changed.
    Publishes OrderReassigned. Locks the order, then the stock of both places.
    """
    return reassign_op.reassign(order_id, location_id=location_id, reason=reason, actor=actor, now=now)


def payment_listener() -> PaymentListener:
    """Return checkout's ear at payments, always the same: two would book a payment and refund it as a duplicate."""
    return _EAR


def approved_cancellation() -> ApprovedAct:
    """Return what carries an approved cancellation out."""
    return cancel_op.ApprovedCancellation()
