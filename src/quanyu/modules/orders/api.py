"""The order book's door. Writes come from ``checkout`` and ``aftersales`` through its SQL functions only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import NotFound
from quanyu.modules.identity import api as identity
from quanyu.modules.members.contracts import DeliveryAddress, MergeFollower
from quanyu.modules.orders.contracts import (
    Channel,
    Invoice,
    InvoiceState,
    InvoiceUnknown,
    InvoiceWish,
    Margin,
    Order,
    OrderUnknown,
    Stage,
    State,
    Totals,
    TradeDay,
)
from quanyu.modules.orders.ops import answer_invoices as _invoices
from quanyu.modules.orders.ops.follow_merge import OrdersFollowMerges
from quanyu.modules.orders.queries import invoices as invoice_query
from quanyu.modules.orders.queries import orders as query
from quanyu.modules.orders.queries import stages as stage_query
from quanyu.modules.orders.queries import trade as trade_query
from quanyu.platform import db, pii
from quanyu.platform.marks import Part

_FOLLOWER = OrdersFollowMerges()
VIEW = "orders.view"
INVOICES = "orders.invoices"
CARD_AAD = query.CARD_AAD
ADDRESS_AAD = "orders_order|address_encrypted|{order_id}"


def order(*, id: UUID) -> Order:
    """Return one order. Raises :class:`OrderUnknown`."""
    found = query.by_ids(ids=[id]).get(id)
    if found is None:
        raise OrderUnknown
    return found


def orders(*, ids: Sequence[UUID]) -> dict[UUID, Order]:
    """Return the orders with these ids in four statements; unknown ids are left out."""
    return query.by_ids(ids=ids)


def by_number(*, number: str) -> Order:
    """Return the order with this number. Raises :class:`OrderUnknown`."""
    found = query.by_number(number=number)
    if found is None:
        raise OrderUnknown
    return found


def by_pickup_code(*, code: str, store_id: int) -> Order | None:
    """Return the paid order that waits at the store under this code."""
    return query.by_pickup_code(code=code, store_id=store_id)


def known_pickup_code(*, code: str, store_id: int, since: datetime) -> Order | None:
    """Return what a code stood for at this store, of orders placed since then, when nothing waits under it."""
    return query.known_pickup_code(code=code, store_id=store_id, since=since)


def store_of_pickup_code(*, code: str) -> int | None:
    """Return a store where a paid order waits under this code; the caller limits who asks, and how often."""
    return query.store_of_pickup_code(code=code)


def waiting_at(*, store_id: int, after: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[Order]:
    """Return the paid orders that wait at a store to be fetched, the one promised first at the head."""
    return query.waiting_at(store_id=store_id, after=after, limit=limit)


def of_member(
    *,
    member_id: UUID,
    channel: Channel | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 20,
) -> list[Order]:
    """Return a member's orders of one channel or of all, newest first."""
    return query.of_member(member_id=member_id, channel=channel, before=before, limit=limit)


def at_stage(
    *,
    member_id: UUID,
    stage: Stage,
    moving: Sequence[UUID] = (),
    asked: Sequence[UUID] = (),
    before: tuple[datetime, UUID] | None,
    limit: int = 20,
) -> list[Order]:
    """Return a member's orders that stand at a stage, newest first.

    ``moving``: completed ones that have not reached him yet; ``asked``: those with an open request after the sale.
    """
    where = stage_query.Where(member_id, stage, list(moving), list(asked))
    return query.chosen(where=where.condition, parameters=where.parameters, before=before, limit=limit)


def stage_counts(*, member_id: UUID, moving: Sequence[UUID] = (), asked: Sequence[UUID] = ()) -> dict[Stage, int]:
    """Return how many of a member's orders stand at each stage. One query."""
    return stage_query.counts(member_id=member_id, moving=list(moving), asked=list(asked))


def of_units(
    *,
    unit_ids: frozenset[int] | None,
    state: State | None = None,
    channel: Channel | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Order]:
    """Return the orders sold by these units (``None``: every unit), newest first."""
    ids = None if unit_ids is None else sorted(unit_ids)
    return query.of_units(unit_ids=ids, state=state, channel=channel, before=before, limit=limit)


def recent_buyers(*, store_id: int, since: datetime, limit: int) -> list[UUID]:
    """Return the members who bought in a store since then, the last one first. One query."""
    return query.recent_buyers(store_id=store_id, since=since, limit=limit)


def trade(*, unit_ids: frozenset[int] | None, since: datetime, until: datetime) -> list[TradeDay]:
    """Return what these stores (``None``: every one) sold, by day, channel and store. One query."""
    return trade_query.by_day(unit_ids=None if unit_ids is None else sorted(unit_ids), since=since, until=until)


def margin(*, unit_ids: frozenset[int] | None, since: datetime, until: datetime) -> Margin:
    """Return what the goods these stores sold brought and cost. One query; for who reads reports."""
    return trade_query.margin(unit_ids=None if unit_ids is None else sorted(unit_ids), since=since, until=until)


def overdue(*, now: datetime, limit: int = 200, after: UUID | None = None) -> list[UUID]:
    """Return unpaid orders whose time to pay is over, longest first; ``after``: those behind this one."""
    return query.overdue(now=now, limit=limit, after=after)


def totals_of_source(*, source: str) -> Totals:
    """Return how many orders and lines came from a source, and their money."""
    return query.totals_of_source(source=source)


def totals_of(*, ids: Sequence[UUID]) -> Totals:
    """Return how many of these orders and their lines stand in the book, and their money."""
    return query.totals_of(ids=ids)


def command_digests(*, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Return the digests of the commands that made these orders."""
    return query.command_digests(ids=ids)


def members_with_orders(*, member_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return those of the members who bought before: they have an order that was not cancelled. One query."""
    return query.members_with_orders(member_ids=member_ids)


def members_with_orders_part(*, member_ids: Sequence[UUID]) -> Part[frozenset[UUID]]:
    """Return the question that ``members_with_orders`` asks, for a batch's reading."""
    return query.members_with_orders_part(member_ids=member_ids)


def merge_follower() -> MergeFollower:
    """Return what moves orders when two members become one; it is the first of all, as orders are locked first."""
    return _FOLLOWER


def delivery_address(*, order_id: UUID, actor: Actor, purpose: str, now: datetime) -> str | None:
    """Reveal the delivery address of an order (JSON text); audited with its purpose.

    Raises ``OrderUnknown`` for an order out of the actor's reach: neither its store nor the place that fulfils it
    is one where he may see orders.
    """
    _require_view(order(id=order_id), actor)
    blob = query.address_blob(order_id=order_id)
    if blob is None:
        return None
    return pii.reveal(
        actor=actor,
        purpose=purpose,
        subject_kind="order",
        subject_id=str(order_id),
        field="address",
        blob=blob,
        aad=ADDRESS_AAD.format(order_id=order_id),
        now=now,
    )


def phone_tail(*, order_id: UUID) -> str:
    """Return the last four digits of the receiver's phone; empty where none is known.

    For the machine's own use: some carriers tell where a parcel is only to who knows them.
    """
    blob = query.address_blob(order_id=order_id)
    if blob is None:
        return ""
    text = pii.decrypt(blob, ADDRESS_AAD.format(order_id=order_id))
    phone = msgspec.json.decode(text, type=DeliveryAddress).phone
    return "".join(digit for digit in phone if digit.isdecimal())[-4:]


def _require_view(found: Order, actor: Actor) -> None:
    for unit_id in {found.selling_store_id, *(line.location_id for line in found.lines)}:
        try:
            identity.require(actor=actor, permission=VIEW, unit_id=unit_id)
        except NotFound:
            continue
        return
    raise OrderUnknown


def ask_invoice(*, order_id: UUID, member_id: UUID, wish: InvoiceWish, now: datetime) -> Invoice:
    """Ask for the invoice of a member's own order, at once or later: about what was paid and has not gone back.

    Raises ``OrderUnknown``, ``InvoiceInvalid``, ``InvoiceNotPossible``, ``InvoiceAsked``.
    """
    found = order(id=order_id)
    if found.member_id != member_id:
        raise OrderUnknown
    db.in_transaction(lambda: _invoices.ask(found, wish, now=now))
    return invoice_query.of_orders(order_ids=[order_id])[order_id]


def issue_invoice(*, invoice_id: UUID, number: str, link: str = "", actor: Actor, now: datetime) -> Invoice:
    """Note that an invoice was issued, about the money that is with the house now. Audited.

    Needs ``orders.invoices`` where it was sold. Raises ``InvoiceUnknown``, ``Forbidden``, ``InvoiceInvalid``,
    ``InvoiceAnswered``, ``InvoiceEarly``, ``InvoiceNotPossible``.
    """
    found, issued = _invoice_for(invoice_id, actor=actor), InvoiceState.ISSUED
    db.in_transaction(lambda: _invoices.answer(found, state=issued, number=number, link=link, actor=actor, now=now))
    return invoice(invoice_id=invoice_id)


def refuse_invoice(*, invoice_id: UUID, answer: str, actor: Actor, now: datetime) -> Invoice:
    """Refuse an invoice with a reason the customer reads. Audited. Raises like :func:`issue_invoice`."""
    found, refused = _invoice_for(invoice_id, actor=actor), InvoiceState.REFUSED
    db.in_transaction(lambda: _invoices.answer(found, state=refused, text=answer, actor=actor, now=now))
    return invoice(invoice_id=invoice_id)


def reveal_invoice(*, invoice_id: UUID, purpose: str, actor: Actor, now: datetime) -> dict[str, str]:
    """Show an invoice's title and e-mail address; audited with its purpose. Raises ``InvoiceUnknown``."""
    _invoice_for(invoice_id, actor=actor)
    return _invoices.reveal(invoice_id, purpose=purpose, actor=actor, now=now)


def invoice(*, invoice_id: UUID) -> Invoice:
    """Return one invoice with a masked title. Raises ``InvoiceUnknown``."""
    found = invoice_query.get(invoice_id=invoice_id)
    if found is None:
        raise InvoiceUnknown
    return found


def invoices_of(*, order_ids: Sequence[UUID]) -> dict[UUID, Invoice]:
    """Return the last invoice of each of a customer's own orders that has one. One query."""
    return invoice_query.of_orders(order_ids=order_ids)


def _invoice_for(invoice_id: UUID, *, actor: Actor) -> Invoice:
    found = invoice(invoice_id=invoice_id)
    try:
        identity.require(actor=actor, permission=INVOICES, unit_id=order(id=found.order_id).selling_store_id)
    except NotFound:
        raise InvoiceUnknown from None
    return found
