"""Orders with lines, discounts and history: four statements for any number of orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.orders.contracts import (
    Channel,
    Delivery,
    Gift,
    HistoryEntry,
    Line,
    LineDiscount,
    Order,
    OrderCoupon,
    StaffShare,
    State,
    Totals,
    Wishes,
)
from quanyu.platform import db, marks, pii

_ORDER = (
    "id, number, channel, delivery, state, selling_store_id, member_id, goods_fen, discount_fen, coupon_fen, "
    "points_fen, freight_fen, payable_fen, paid_fen, refunded_fen, note, pickup_code, placed_at, pay_before, paid_at, "
    "completed_at, cancelled_at, cancel_reason, points_spent, points_restored, withheld_fen, "
    "freight_refunded_fen, coupons, address_masked, promised_at, "
    "(SELECT to_json(w)::text FROM orders_wish w WHERE w.order_id = orders_order.id) AS wishes"
)
CARD_AAD = "orders_wish|card_encrypted|{order_id}"
_LINE_FIELDS = [field.name for field in fields(Line) if field.name not in ("discounts", "shares")]
# Most lines have none: an index says so.
_SHARES = (
    "(SELECT json_agg(json_build_object('staff_id', s.staff_id, 'share_bp', s.share_bp) ORDER BY s.place)::text "
    "FROM orders_line_share s WHERE s.line_id = orders_line.id)"
)
Before = tuple[datetime, UUID]


def by_ids(*, ids: Sequence[UUID]) -> dict[UUID, Order]:
    """Return the orders with these ids; unknown ids are left out."""
    if not ids:
        return {}
    headers = db.rows(f"SELECT {_ORDER} FROM orders_order WHERE id = ANY(%s)", [list(ids)])  # noqa: S608
    return _assembled(headers)


def wishes_of(*, order_id: UUID) -> Wishes | None:
    """Return what one order wishes."""
    return _wishes(db.value("SELECT to_json(w)::text FROM orders_wish w WHERE w.order_id = %s", [order_id]))


def by_number(*, number: str) -> Order | None:
    """Return the order with this number."""
    headers = db.rows(f"SELECT {_ORDER} FROM orders_order WHERE number = %s", [number])  # noqa: S608
    return next(iter(_assembled(headers).values()), None)


def of_member(*, member_id: UUID, channel: Channel | None = None, before: Before | None, limit: int) -> list[Order]:
    """Return a member's orders of one channel or all, newest first; ``before``: (placed_at, id) of the last seen."""
    headers = db.rows(
        f"SELECT {_ORDER} FROM orders_order WHERE member_id = %s "  # noqa: S608 - constant columns
        "AND (%s::text IS NULL OR channel = %s) AND (%s::timestamptz IS NULL OR (placed_at, id) < (%s, %s)) "
        "ORDER BY placed_at DESC, id DESC LIMIT %s",
        [member_id, channel, channel, *_seek(before), limit],
    )
    return list(_assembled(headers).values())


def chosen(*, where: str, parameters: dict[str, Any], before: Before | None, limit: int) -> list[Order]:
    """Return the orders that a condition chooses, newest first; its parameters go by name."""
    seek = "" if before is None else "AND (placed_at, id) < (%(before_at)s, %(before_id)s) "
    at, id_ = before or (None, None)
    headers = db.rows(
        f"SELECT {_ORDER} FROM orders_order WHERE {where} {seek}"  # noqa: S608 - constant conditions
        "ORDER BY placed_at DESC, id DESC LIMIT %(limit)s",
        {**parameters, "before_at": at, "before_id": id_, "limit": limit},
    )
    return list(_assembled(headers).values())


def of_units(
    *,
    unit_ids: Sequence[int] | None,
    state: State | None,
    channel: Channel | None,
    before: Before | None,
    limit: int,
) -> list[Order]:
    """Return the orders sold by these units (``None``: all), newest first."""
    headers = db.rows(
        f"SELECT {_ORDER} FROM orders_order WHERE (%s::bigint[] IS NULL OR selling_store_id = ANY(%s)) "  # noqa: S608
        "AND (%s::text IS NULL OR state = %s) AND (%s::text IS NULL OR channel = %s) "
        "AND (%s::timestamptz IS NULL OR (placed_at, id) < (%s, %s)) ORDER BY placed_at DESC, id DESC LIMIT %s",
        [
            *[None if unit_ids is None else list(unit_ids)] * 2,
            *[state] * 2,
            *[channel] * 2,
            *_seek(before),
            limit,
        ],
    )
    return list(_assembled(headers).values())


def by_pickup_code(*, code: str, store_id: int) -> Order | None:
    """Return the paid order that waits at the store under this pickup code."""
    headers = db.rows(
        f"SELECT {_ORDER} FROM orders_order "  # noqa: S608 - constant columns
        "WHERE selling_store_id = %s AND pickup_code = %s AND state = 'paid' LIMIT 1",
        [store_id, code],
    )
    return next(iter(_assembled(headers).values()), None)


def known_pickup_code(*, code: str, store_id: int, since: datetime) -> Order | None:
    """Return the newest order of the store placed since then under this code, whatever its state."""
    headers = db.rows(
        f"SELECT {_ORDER} FROM orders_order WHERE pickup_code = %s "  # noqa: S608 - constant columns
        "AND selling_store_id = %s AND placed_at >= %s ORDER BY placed_at DESC LIMIT 1",
        [code, store_id, since],
    )
    return next(iter(_assembled(headers).values()), None)


def store_of_pickup_code(*, code: str) -> int | None:
    """Return a store where a paid order waits under this code."""
    found = db.value(
        "SELECT selling_store_id FROM orders_order WHERE pickup_code = %s AND state = 'paid' "
        "ORDER BY placed_at DESC LIMIT 1",
        [code],
    )
    return None if found is None else int(found)


def recent_buyers(*, store_id: int, since: datetime, limit: int) -> list[UUID]:
    """Return the members with an order of a store since then that was not cancelled, the last one first."""
    found = db.rows(
        "SELECT member_id FROM orders_order WHERE selling_store_id = %s AND placed_at >= %s AND member_id IS NOT NULL "
        "AND state <> 'cancelled' GROUP BY member_id ORDER BY max(placed_at) DESC, member_id LIMIT %s",
        [store_id, since, limit],
    )
    return [row["member_id"] for row in found]


def waiting_at(*, store_id: int, after: Before | None, limit: int) -> list[Order]:
    """Return the paid orders that wait at a store, first what was promised first; ``after``: the last seen."""
    headers = db.rows(
        f"SELECT {_ORDER} FROM orders_order WHERE selling_store_id = %s "  # noqa: S608 - constant columns
        "AND state = 'paid' AND delivery IN ('pickup', 'in_store') AND (%s::timestamptz IS NULL OR "
        "(coalesce(promised_at, placed_at), id) > (%s, %s)) ORDER BY coalesce(promised_at, placed_at), id LIMIT %s",
        [store_id, *_seek(after), limit],
    )
    return list(_assembled(headers).values())


def command_digests(*, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Return the digest of the command that made each order, to tell a repeat from a reuse of the id."""
    found = db.rows("SELECT id, command_sha256 FROM orders_order WHERE id = ANY(%s)", [list(ids)], prepared=True)
    return {row["id"]: bytes(row["command_sha256"]) for row in found}


_WITH_ORDERS = (
    "SELECT asked.id FROM unnest(%s::uuid[]) AS asked (id) WHERE EXISTS ("
    "SELECT 1 FROM orders_order o WHERE o.member_id = asked.id AND o.state <> 'cancelled')"
)


def members_with_orders(*, member_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return those of the members who have an order that was not cancelled."""
    return frozenset(row["id"] for row in db.rows(_WITH_ORDERS, [list(member_ids)]))


def members_with_orders_part(*, member_ids: Sequence[UUID]) -> marks.Part[frozenset[UUID]]:
    """Return the same question for a batch's reading."""
    return marks.Part(_WITH_ORDERS, [list(member_ids)], lambda rows: frozenset(UUID(row["id"]) for row in rows))


def address_blob(*, order_id: UUID) -> bytes | None:
    """Return the encrypted delivery address of an order."""
    blob = db.value("SELECT address_encrypted FROM orders_order WHERE id = %s", [order_id])
    return bytes(blob) if blob is not None else None


def overdue(*, now: datetime, limit: int, after: UUID | None = None) -> list[UUID]:
    """Return unpaid orders whose time to pay is over, longest first; ``after``: those behind this one."""
    found = db.rows(
        "SELECT id FROM orders_order WHERE state = 'placed' AND pay_before <= %s AND (%s::uuid IS NULL OR "
        "(pay_before, id) > (SELECT pay_before, id FROM orders_order WHERE id = %s)) ORDER BY pay_before, id LIMIT %s",
        [now, after, after, limit],
    )
    return [row["id"] for row in found]


def totals_of_source(*, source: str) -> Totals:
    """Return how many orders and lines came from a source, and their money."""
    return _totals("o.source = %s", source)


def totals_of(*, ids: Sequence[UUID]) -> Totals:
    """Return how many of these orders and their lines stand in the book, and their money."""
    return _totals("o.id = ANY(%s)", list(ids))


def _totals(condition: str, parameter: object) -> Totals:
    row = db.row(
        "SELECT count(DISTINCT o.id)::int AS orders, count(l.id)::int AS lines, "  # noqa: S608 - constant conditions
        "coalesce(sum(l.net_fen), 0)::bigint AS net_fen, coalesce(sum(l.refunded_fen), 0)::bigint AS refunded_fen "
        f"FROM orders_order o LEFT JOIN orders_line l ON l.order_id = o.id WHERE {condition}",
        [parameter],
    )
    assert row is not None  # an aggregate always gives a row
    return Totals(**row)


def _seek(before: Before | None) -> list[Any]:
    return [None, None, None] if before is None else [before[0], before[0], before[1]]


def _assembled(headers: list[dict[str, Any]]) -> dict[UUID, Order]:
    ids = [header["id"] for header in headers]
    if not ids:
        return {}
    lines = _lines(ids)
    history = defaultdict(list)
    for row in db.rows(
        "SELECT order_id, at, from_state, to_state, actor, reason FROM orders_event "
        "WHERE order_id = ANY(%s) ORDER BY id",
        [ids],
    ):
        history[row.pop("order_id")].append(HistoryEntry(**row))
    return {
        header["id"]: Order(
            **{
                **header,
                "channel": Channel(header["channel"]),
                "delivery": Delivery(header["delivery"]),
                "state": State(header["state"]),
                "coupons": _coupons(header["coupons"]),
                "wishes": _wishes(header["wishes"]),
                "lines": tuple(lines[header["id"]]),
                "history": tuple(history[header["id"]]),
            }
        )
        for header in headers
    }


def _coupons(column: Any) -> tuple[OrderCoupon, ...]:
    """Return the coupons of an order; jsonb comes as text or decoded, by who opened the connection."""
    if isinstance(column, str):
        return msgspec.json.decode(column, type=tuple[OrderCoupon, ...])
    return msgspec.convert(column, tuple[OrderCoupon, ...])


class _Wish(msgspec.Struct):
    """A row of ``orders_wish`` as JSON; bytes come as ``\\x`` and hexadecimal digits."""

    order_id: UUID
    pickup_from: datetime | None
    pickup_until: datetime | None
    is_gift: bool
    wrap: bool
    hide_prices: bool
    card_encrypted: str | None


class _Card(msgspec.Struct):
    card: str = ""
    sender: str = ""


def _wishes(row: str | None) -> Wishes | None:
    """Return what an order wishes, its card opened: whoever may see the order may see what is put into it."""
    if row is None:
        return None
    wish = msgspec.json.decode(row, type=_Wish)
    gift = None
    if wish.is_gift:
        card = _Card()
        if wish.card_encrypted:
            sealed = bytes.fromhex(wish.card_encrypted.removeprefix("\\x"))
            card = msgspec.json.decode(pii.decrypt(sealed, CARD_AAD.format(order_id=wish.order_id)), type=_Card)
        gift = Gift(wish.wrap, card.card, card.sender, wish.hide_prices)
    return Wishes(_utc(wish.pickup_from), _utc(wish.pickup_until), gift)


def _utc(at: datetime | None) -> datetime | None:
    return at and at.astimezone(UTC)


def _lines(order_ids: list[UUID]) -> dict[UUID, list[Line]]:
    discounts = defaultdict(list)
    for row in db.rows(
        "SELECT d.line_id, d.kind, d.source, d.label, d.amount_fen, d.brand_fen, d.store_fen, "
        "d.supplier_fen, d.threshold_fen FROM orders_line_discount d JOIN orders_line l ON l.id = d.line_id "
        "WHERE l.order_id = ANY(%s) ORDER BY d.id",
        [order_ids],
    ):
        discounts[row.pop("line_id")].append(LineDiscount(**row))
    columns = ", ".join(_LINE_FIELDS)
    lines = defaultdict(list)
    for row in db.rows(
        f"SELECT order_id, {columns}, {_SHARES} AS shares FROM orders_line "  # noqa: S608 - constant columns
        "WHERE order_id = ANY(%s) ORDER BY order_id, number",
        [order_ids],
    ):
        order_id = row.pop("order_id")
        shares = msgspec.json.decode(row.pop("shares") or "[]", type=tuple[StaffShare, ...])
        lines[order_id].append(Line(**row, discounts=tuple(discounts[row["id"]]), shares=shares))
    return lines
