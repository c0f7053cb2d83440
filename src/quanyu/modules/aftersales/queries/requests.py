"""Requests after the sale as contracts: a fixed number of statements for any number of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.modules.aftersales.contracts import (
    Request,
    RequestKind,
    RequestLine,
    RequestState,
    RequestStep,
    RequestStore,
)
from quanyu.modules.catalog import api as catalog
from quanyu.modules.orders import api as orders
from quanyu.modules.organization import api as organization
from quanyu.platform import db

_REQUEST = (
    "SELECT id, number, order_id, kind, state, reason, text, answer, store_id, code, amount_fen, return_id, created_at "
    "FROM aftersales_request "
)
Before = tuple[datetime, UUID]


def digest_of(*, request_id: UUID) -> bytes | None:
    """Return the digest of the command that made the request."""
    digest = db.value("SELECT command_sha256 FROM aftersales_request WHERE id = %s", [request_id])
    return bytes(digest) if digest is not None else None


def by_ids(*, request_ids: Sequence[UUID]) -> list[Request]:
    """Return these requests, oldest first; unknown ids are left out."""
    if not request_ids:
        return []
    return _assembled(db.rows(_REQUEST + "WHERE id = ANY(%s) ORDER BY created_at, id", [list(request_ids)]))


def of_orders(*, order_ids: Sequence[UUID]) -> dict[UUID, list[Request]]:
    """Return the requests of orders, newest first; orders without any are left out."""
    if not order_ids:
        return {}
    found = defaultdict(list)
    rows = db.rows(_REQUEST + "WHERE order_id = ANY(%s) ORDER BY created_at DESC, id DESC", [list(order_ids)])
    for request in _assembled(rows):
        found[request.order_id].append(request)
    return dict(found)


def of_member(*, member_id: UUID, before: Before | None, limit: int) -> list[Request]:
    """Return the requests about a member's orders, newest first; ``before``: (created_at, id) of the last seen."""
    seek = [None, None, None] if before is None else [before[0], before[0], before[1]]
    rows = db.rows(
        _REQUEST + "WHERE order_id IN (SELECT orders_of_member(%s)) "
        "AND (%s::timestamptz IS NULL OR (created_at, id) < (%s, %s)) ORDER BY created_at DESC, id DESC LIMIT %s",
        [member_id, *seek, limit],
    )
    return _assembled(rows)


def open_of_member(*, member_id: UUID) -> list[UUID]:
    """Return the member's orders with an open request."""
    rows = db.rows(
        "SELECT DISTINCT order_id FROM aftersales_request WHERE order_id IN (SELECT orders_of_member(%s)) "
        "AND state IN ('asked', 'approved', 'received')",
        [member_id],
    )
    return [row["order_id"] for row in rows]


def _assembled(rows: list[dict[str, Any]]) -> list[Request]:
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    stores = organization.locations(ids={row["store_id"] for row in rows})
    lines, steps = _lines(ids, order_ids={row["order_id"] for row in rows}), _steps(ids)
    found = []
    for row in rows:
        store = stores.get(row.pop("store_id"))
        named = row | {
            "kind": RequestKind(row["kind"]),
            "state": RequestState(row["state"]),
            "store": store and RequestStore(store.unit.id, store.unit.name, store.address, store.phone),
            "lines": tuple(lines[row["id"]]),
            "history": tuple(steps[row["id"]]),
        }
        found.append(Request(**named))
    return found


def _lines(request_ids: Sequence[UUID], *, order_ids: set[UUID]) -> dict[UUID, list[RequestLine]]:
    rows = db.rows(
        "SELECT parent_id, order_line_id, quantity, restock FROM aftersales_request_line WHERE parent_id = ANY(%s) "
        "ORDER BY id",
        [list(request_ids)],
    )
    sold = {line.id: line for order in orders.orders(ids=list(order_ids)).values() for line in order.lines}
    skus = catalog.skus(ids={sold[row["order_line_id"]].sku_id for row in rows})
    found = defaultdict(list)
    for row in rows:
        line = sold[row["order_line_id"]]
        sku = skus[line.sku_id]
        found[row["parent_id"]].append(
            RequestLine(
                number=line.number,
                quantity=row["quantity"],
                quantity_scale=line.quantity_scale,
                sku_id=line.sku_id,
                name=line.name,
                name_en=sku.name_en,
                image=sku.image_thumb,
                restock=row["restock"],
            )
        )
    return found


def _steps(request_ids: Sequence[UUID]) -> dict[UUID, list[RequestStep]]:
    found = defaultdict(list)
    for row in db.rows(
        "SELECT request_id, at, to_state, text FROM aftersales_request_event WHERE request_id = ANY(%s) ORDER BY id",
        [list(request_ids)],
    ):
        found[row["request_id"]].append(RequestStep(row["at"], row["to_state"], row["text"]))
    return found
