"""Invoices that customers asked for, as contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from quanyu.modules.orders.contracts import Invoice, InvoiceKind, InvoiceState
from quanyu.platform import db, pii

_INVOICE = (
    "SELECT id, order_id, state, kind, title_encrypted, title_masked, tax_number, email_masked, amount_fen, number, "
    "link, answer, requested_at, answered_at FROM orders_invoice "
)


def place_of_title(invoice_id: UUID) -> str:
    """The place of an invoice's title."""
    return f"orders_invoice|title_encrypted|{invoice_id}"


def place_of_email(invoice_id: UUID) -> str:
    """The place of the address that an invoice goes to."""
    return f"orders_invoice|email_encrypted|{invoice_id}"


def get(*, invoice_id: UUID) -> Invoice | None:
    """Return one invoice, its title masked."""
    row = db.row(_INVOICE + "WHERE id = %s", [invoice_id])
    return _invoice(row, in_clear=False) if row else None


def of_orders(*, order_ids: Sequence[UUID]) -> dict[UUID, Invoice]:
    """Return the last invoice of each order that has one, with the title its customer wrote. One query."""
    if not order_ids:
        return {}
    rows = db.rows(_INVOICE + "WHERE order_id = ANY(%s) ORDER BY requested_at, id", [list(order_ids)])
    return {row["order_id"]: _invoice(row, in_clear=True) for row in rows}


def blobs_of(*, invoice_id: UUID) -> dict[str, tuple[bytes | None, str]]:
    """Return what is encrypted of an invoice with its places, by name."""
    row = db.row("SELECT title_encrypted, email_encrypted FROM orders_invoice WHERE id = %s", [invoice_id])
    if row is None:
        return {}
    return {
        "title": (_bytes(row["title_encrypted"]), place_of_title(invoice_id)),
        "email": (_bytes(row["email_encrypted"]), place_of_email(invoice_id)),
    }


def titles_and_emails(*, invoice_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return titles and e-mail addresses in clear, for an audited file."""
    rows = db.rows(
        "SELECT id, title_encrypted, email_encrypted FROM orders_invoice WHERE id = ANY(%s)", [list(invoice_ids)]
    )
    return {
        row["id"]: (
            _clear(row["title_encrypted"], place_of_title(row["id"])),
            _clear(row["email_encrypted"], place_of_email(row["id"])),
        )
        for row in rows
    }


def _invoice(row: Mapping[str, Any], *, in_clear: bool) -> Invoice:
    named = dict(row)
    blob, masked = named.pop("title_encrypted"), named.pop("title_masked")
    title = _clear(blob, place_of_title(named["id"])) if in_clear and blob is not None else masked
    return Invoice(
        **named | {"title": title, "state": InvoiceState(named["state"]), "kind": InvoiceKind(named["kind"])}
    )


def _clear(blob: Any, place: str) -> str:
    return "" if blob is None else pii.decrypt(bytes(blob), place)


def _bytes(blob: Any) -> bytes | None:
    return None if blob is None else bytes(blob)
