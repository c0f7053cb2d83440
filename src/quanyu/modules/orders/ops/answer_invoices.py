"""Ask for an invoice, issue it, refuse it. What stands on it is personal: encrypted, masked, revealed with a reason."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.modules.orders import rules
from quanyu.modules.orders.contracts import (
    Invoice,
    InvoiceAnswered,
    InvoiceAsked,
    InvoiceEarly,
    InvoiceInvalid,
    InvoiceKind,
    InvoiceNotPossible,
    InvoiceState,
    InvoiceWish,
    Order,
)
from quanyu.modules.orders.queries import invoices as query
from quanyu.platform import audit, db, pii

# What stands on most invoices of persons; it tells nothing of who asked.
NOBODYS_NAME = "个人"
NUMBER_MAX, LINK_MAX, ANSWER_MAX = 40, 300, 200


def ask(order: Order, wish: InvoiceWish, *, now: datetime) -> None:
    """Write the request down in the present transaction.

    Raises ``InvoiceInvalid``, ``InvoiceNotPossible``, or ``InvoiceAsked`` where one stands.
    """
    kept, invoice_id = rules.wanted(wish), uuid7()
    is_name = kept.kind is InvoiceKind.PERSON and kept.title != NOBODYS_NAME
    outcome = db.call_json(
        "orders_ask_invoice",
        {
            "id": invoice_id,
            "order_id": order.id,
            "kind": kept.kind.value,
            "title": pii.encrypt(kept.title, query.place_of_title(invoice_id)).hex(),
            "title_masked": pii.mask_name(kept.title) if is_name else kept.title,
            "tax_number": kept.tax_number,
            "email": pii.encrypt(kept.email, query.place_of_email(invoice_id)).hex() if kept.email else None,
            "email_masked": pii.mask_email(kept.email) if kept.email else "",
            "at": now,
        },
    )
    if outcome == "standing":
        raise InvoiceAsked(field="order_id")
    if outcome != "asked":
        raise InvoiceNotPossible(field="order_id")


def answer(
    invoice: Invoice,
    *,
    state: InvoiceState,
    number: str = "",
    link: str = "",
    text: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Note the invoice's number, or why there is none. Raises ``InvoiceInvalid``, ``InvoiceAnswered``,
    ``InvoiceEarly``, or ``InvoiceNotPossible`` when everything that was paid has gone back.
    """
    if state is InvoiceState.ISSUED and not 0 < len(number) <= NUMBER_MAX:
        raise InvoiceInvalid(field="number")
    if len(link) > LINK_MAX or (link and not link.startswith("https://")):
        raise InvoiceInvalid(field="link")
    if state is InvoiceState.REFUSED and not 0 < len(text) <= ANSWER_MAX:
        raise InvoiceInvalid(field="answer")
    outcome = db.value(
        "SELECT orders_answer_invoice(%s, %s, %s, %s, %s, %s, %s)",
        [invoice.id, state.value, number, link, text, f"{actor.kind}:{actor.id}", now],
    )
    if outcome == "early":
        raise InvoiceEarly
    if outcome == "nothing":
        raise InvoiceNotPossible
    if outcome != "answered":
        raise InvoiceAnswered
    audit.record(
        actor=actor,
        action=f"orders.invoice_{state.value}",
        subject_kind="invoice",
        subject_id=str(invoice.id),
        reason=text,
        detail={"order_id": str(invoice.order_id), "number": number},
        now=now,
    )


def reveal(invoice_id: UUID, *, purpose: str, actor: Actor, now: datetime) -> dict[str, str]:
    """Show what shall stand on the invoice and where it goes; audited with its purpose."""
    blobs = query.blobs_of(invoice_id=invoice_id)
    return {
        name: pii.reveal(
            actor=actor,
            purpose=purpose,
            subject_kind="invoice",
            subject_id=str(invoice_id),
            field=name,
            blob=blob,
            aad=place,
            now=now,
        )
        for name, (blob, place) in blobs.items()
        if blob is not None
    }
