"""What orders, points, coupons and tiers keep of a member: for the member's copy, and for forgetting who it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Invoice, Order
from quanyu.modules.points import api as points
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db, pii

_PAGE = 200


class PurchaseHolder:
    """Orders with their delivery addresses, points, coupons, growth and tiers of a member."""

    name = "purchases"

    def export(self, *, member_ids: Sequence[UUID], now: datetime) -> Mapping[str, Any]:
        """Return all of it. Whose files were merged has everything under the kept one."""
        return {
            "orders": [order for member_id in member_ids for order in _orders(member_id)],
            "points": [entry for member_id in member_ids for entry in _points(member_id, now=now)],
            "coupons": [event for member_id in member_ids for event in _coupons(member_id)],
            "growth": [entry for member_id in member_ids for entry in _growth(member_id)],
            "tier_changes": [change for member_id in member_ids for change in _changes(member_id)],
        }

    def open_business(self, *, member_ids: Sequence[UUID], now: datetime) -> int:
        """Return how many orders wait for payment or for being handed over."""
        return int(db.value("SELECT orders_open_of_members(%s)", [list(member_ids)]))

    def erase(self, *, member_ids: Sequence[UUID], now: datetime) -> None:
        """Forget delivery addresses and notes of orders and the payers' accounts; the ledgers name ids only."""
        for member_id in member_ids:
            db.execute("SELECT payments_forget_payers(ARRAY(SELECT orders_of_member(%s)))", [member_id])
        db.execute("SELECT orders_forget_members(%s)", [list(member_ids)])
        db.execute("SELECT orders_forget_invoices(%s)", [list(member_ids)])


def _orders(member_id: UUID) -> list[dict[str, Any]]:
    found: list[Order] = []
    before = None
    while page := orders.of_member(member_id=member_id, before=before, limit=_PAGE):
        found += page
        before = (page[-1].placed_at, page[-1].id)
    addresses = {
        row["id"]: msgspec.json.decode(
            pii.decrypt(bytes(row["address"]), orders.ADDRESS_AAD.format(order_id=row["id"]))
        )
        for row in db.rows("SELECT id, address FROM orders_addresses_of_member(%s)", [member_id])
    }
    invoices = orders.invoices_of(order_ids=[order.id for order in found])
    return [_order(order, addresses.get(order.id), invoices.get(order.id)) for order in found]


def _order(order: Order, address: Any, invoice: Invoice | None) -> dict[str, Any]:
    return {
        "number": order.number,
        "channel": order.channel.value,
        "state": order.state.value,
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "payable_fen": order.payable_fen,
        "refunded_fen": order.refunded_fen,
        "invoice": invoice
        and {
            "state": invoice.state.value,
            "title": invoice.title,
            "tax_number": invoice.tax_number,
            "email": invoice.email_masked,
            "amount_fen": invoice.amount_fen,
            "number": invoice.number,
        },
        "goods": [
            {"name": line.name, "quantity": line.quantity, "amount_fen": line.net_fen, "points": line.points_spent}
            for line in order.lines
        ],
        "note": order.note,
        "address": address,
    }


def _points(member_id: UUID, *, now: datetime) -> list[dict[str, Any]]:
    found = []
    before = None
    while page := points.history(member_id=member_id, before=before, limit=_PAGE):
        found += page
        before = page[-1].id
    return [
        {
            "at": entry.at,
            "kind": entry.kind.value,
            "available": entry.available,
            "pending": entry.pending,
            "debt": entry.debt,
            "cause": f"{entry.cause_kind}:{entry.cause_id}",
            "reason": entry.reason,
        }
        for entry in found
    ]


def _coupons(member_id: UUID) -> list[dict[str, Any]]:
    return db.rows(
        "SELECT at, kind, coupon_id::text AS id, name, amount_fen FROM coupons_events_of(%s, NULL, NULL)", [member_id]
    )


def _growth(member_id: UUID) -> list[dict[str, Any]]:
    found = []
    before = None
    while page := tiers.history(member_id=member_id, before=before, limit=_PAGE):
        found += page
        before = page[-1].id
    return [
        {
            "at": entry.at,
            "amount": entry.amount,
            "balance": entry.balance,
            "cause": f"{entry.cause_kind}:{entry.cause_id}",
            "reason": entry.reason,
        }
        for entry in found
    ]


def _changes(member_id: UUID) -> list[dict[str, Any]]:
    found = []
    before = None
    while page := tiers.changes(member_id=member_id, before=before, limit=_PAGE):
        found += page
        before = page[-1].id
    return [
        {"at": change.at, "from_tier": change.from_tier, "to_tier": change.to_tier, "reason": change.reason}
        for change in found
    ]
