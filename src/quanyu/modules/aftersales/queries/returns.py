"""Returns of orders as contracts."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

from quanyu.modules.aftersales.contracts import ReturnResult, Withheld
from quanyu.modules.orders import api as orders
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import RefundReason
from quanyu.platform import db

_RETURN = (
    "SELECT r.id, r.number, r.order_id, r.amount_fen, r.freight_fen, r.points_restored, r.points_taken_back, "
    "r.coupons_returned, "
    "json_agg(json_build_array(b.order_line_id, b.quantity, b.amount_fen))::text AS lines "
    "FROM aftersales_return r JOIN aftersales_return_line b ON b.parent_id = r.id "
)


def digest_of(*, return_id: UUID) -> bytes | None:
    """Return the digest of the command that made the return."""
    digest = db.value("SELECT command_sha256 FROM aftersales_return WHERE id = %s", [return_id])
    return bytes(digest) if digest is not None else None


def of_order(*, order_id: UUID) -> list[ReturnResult]:
    """Return the returns of an order, oldest first."""
    rows = db.rows(_RETURN + "WHERE r.order_id = %s GROUP BY r.id ORDER BY r.created_at", [order_id])
    if not rows:
        return []
    explained = _withheld_of([row["id"] for row in rows])
    numbers = {str(line.id): line.number for line in orders.order(id=order_id).lines}
    paid = payments.of_orders(order_ids=[order_id]).get(order_id, [])
    refunds = payments.refunds_of(payment_ids=[payment.id for payment in paid])
    given_back: dict[str, list[tuple[str, int]]] = {}
    for payment in paid:
        for refund in refunds.get(payment.id, []):
            if refund.reason == RefundReason.RETURN.value:
                given_back.setdefault(refund.ref, []).append((payment.tender.value, refund.amount_fen))
    return [
        ReturnResult(
            id=row["id"],
            number=row["number"],
            order_id=row["order_id"],
            amount_fen=row["amount_fen"],
            lines=tuple(sorted((numbers[line_id], back, fen) for line_id, back, fen in json.loads(row["lines"]))),
            refunds=tuple(given_back.get(str(row["id"]), [])),
            freight_fen=row["freight_fen"],
            points_restored=row["points_restored"],
            points_taken_back=row["points_taken_back"],
            coupons_returned=row["coupons_returned"],
            withheld=tuple(explained.get(row["id"], ())),
        )
        for row in rows
    ]


def withheld(*, order_id: UUID) -> dict[tuple[str, str], Withheld]:
    """Return what the returns of an order withhold together, by kind and source; thresholds are those of the last."""
    found: dict[tuple[str, str], Withheld] = {}
    for row in db.rows(
        "SELECT w.kind, w.source, w.label, w.threshold_fen, w.kept_fen, w.amount_fen FROM aftersales_return_withheld w "
        "JOIN aftersales_return r ON r.id = w.parent_id WHERE r.order_id = %s ORDER BY w.id",
        [order_id],
    ):
        one = Withheld(**row)
        before = found.get((one.kind, one.source))
        found[one.kind, one.source] = replace(one, amount_fen=one.amount_fen + (before.amount_fen if before else 0))
    return found


def _withheld_of(return_ids: list[UUID]) -> dict[UUID, list[Withheld]]:
    found: dict[UUID, list[Withheld]] = {}
    for row in db.rows(
        "SELECT parent_id, kind, source, label, threshold_fen, kept_fen, amount_fen FROM aftersales_return_withheld "
        "WHERE parent_id = ANY(%s) ORDER BY id",
        [return_ids],
    ):
        found.setdefault(row.pop("parent_id"), []).append(Withheld(**row))
    return found
