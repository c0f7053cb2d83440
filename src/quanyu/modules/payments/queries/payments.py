"""Payments and refunds as contracts, in one statement per batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.payments.contracts import Payment, PaymentState, Refund, RefundState, Tender
from quanyu.platform import db

_PAYMENT = (
    "id, order_id, tender, way, amount_fen, tendered_fen, state, out_trade_no, provider_txn, refunded_fen, prepay, "
    "created_at, paid_at, expires_at"
)
_REFUND = "id, payment_id, reason, ref, amount_fen, state, out_refund_no"


def by_id(*, payment_id: UUID) -> Payment | None:
    """Return one payment."""
    row = db.row(f"SELECT {_PAYMENT} FROM payments_payment WHERE id = %s", [payment_id])  # noqa: S608
    return _payment(row) if row else None


def by_number(*, tender: str, out_trade_no: str, lock: bool = False) -> Payment | None:
    """Return the payment with this number; ``lock`` holds its row until the transaction ends."""
    row = db.row(
        f"SELECT {_PAYMENT} FROM payments_payment WHERE out_trade_no = %s AND tender = %s"  # noqa: S608
        + (" FOR NO KEY UPDATE" if lock else ""),
        [out_trade_no, tender],
    )
    return _payment(row) if row else None


def of_orders(*, order_ids: Sequence[UUID]) -> dict[UUID, list[Payment]]:
    """Return the payments of each order, oldest first."""
    found: dict[UUID, list[Payment]] = defaultdict(list)
    for row in db.rows(
        f"SELECT {_PAYMENT} FROM payments_payment WHERE order_id = ANY(%s) ORDER BY created_at, id",  # noqa: S608
        [list(order_ids)],
    ):
        found[row["order_id"]].append(_payment(row))
    return found


def to_poll(*, now: datetime, limit: int) -> list[UUID]:
    """Return live provider payments whose turn it is to be asked about."""
    rows = db.rows(
        "SELECT id FROM payments_payment WHERE state IN ('created', 'asking') AND next_poll_at <= %s "
        "ORDER BY next_poll_at LIMIT %s",
        [now, limit],
    )
    return [row["id"] for row in rows]


def refund_by_id(*, refund_id: UUID) -> Refund | None:
    """Return one refund."""
    row = db.row(f"SELECT {_REFUND} FROM payments_refund WHERE id = %s", [refund_id])  # noqa: S608
    return _refund(row) if row else None


def refund_by_number(*, out_refund_no: str) -> Refund | None:
    """Return the refund with this number."""
    row = db.row(f"SELECT {_REFUND} FROM payments_refund WHERE out_refund_no = %s", [out_refund_no])  # noqa: S608
    return _refund(row) if row else None


def refunds_of(*, payment_ids: Sequence[UUID]) -> dict[UUID, list[Refund]]:
    """Return the refunds of each payment, oldest first."""
    found: dict[UUID, list[Refund]] = defaultdict(list)
    for row in db.rows(
        f"SELECT {_REFUND} FROM payments_refund WHERE payment_id = ANY(%s) ORDER BY created_at, id",  # noqa: S608
        [list(payment_ids)],
    ):
        found[row["payment_id"]].append(_refund(row))
    return found


def refunds_to_send(*, now: datetime, limit: int) -> list[UUID]:
    """Return refunds that a provider must be asked for, or asked about, now."""
    rows = db.rows(
        "SELECT id FROM payments_refund WHERE state IN ('created', 'asking') AND next_poll_at <= %s "
        "ORDER BY next_poll_at LIMIT %s",
        [now, limit],
    )
    return [row["id"] for row in rows]


def shift_totals(*, shift_id: UUID) -> dict[str, tuple[int, int, int]]:
    """Return ``{tender: (paid_fen, refunded_fen, payments)}`` of a shift at a till."""
    rows = db.rows(
        "SELECT tender, sum(paid)::bigint AS paid, sum(back)::bigint AS back, sum(n)::int AS n FROM ("
        "SELECT tender, amount_fen AS paid, 0 AS back, 1 AS n FROM payments_payment "
        "WHERE shift_id = %s AND state = 'paid' UNION ALL "
        "SELECT p.tender, 0, r.amount_fen, 0 FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id "
        "WHERE r.shift_id = %s AND r.state <> 'failed') AS moves GROUP BY tender",
        [shift_id, shift_id],
    )
    return {row["tender"]: (row["paid"], row["back"], row["n"]) for row in rows}


def _payment(row: dict[str, Any]) -> Payment:
    prepay = row["prepay"]
    return Payment(
        **{
            **row,
            "tender": Tender(row["tender"]),
            "state": PaymentState(row["state"]),
            "prepay": msgspec.json.decode(prepay) if isinstance(prepay, str) else prepay,
        }
    )


def _refund(row: dict[str, Any]) -> Refund:
    return Refund(**{**row, "state": RefundState(row["state"])})
