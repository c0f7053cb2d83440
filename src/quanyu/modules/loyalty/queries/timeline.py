"""All that happened with a member in any channel, in one order: a fixed number of queries per page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.loyalty.contracts import EntryKind, Timeline, TimelineEntry
from quanyu.modules.loyalty.rules import paging
from quanyu.modules.loyalty.rules.paging import Sourced
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Order
from quanyu.modules.points import api as points
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db

NAMES_SHOWN = 6


def timeline(*, member_id: UUID, kind: EntryKind | None, channel: Channel | None, before: str, limit: int) -> Timeline:
    """Return a page. Each source continues where its own last entry of the page before stood.

    Only purchases and what came back of them have a channel: with one, other sources are not asked.
    """
    cursors = paging.read(before)
    asked = {
        source: read
        for source, read in SOURCES.items()
        if kind in (None, KINDS[source]) and (channel is None or source in OF_CHANNELS)
    }
    try:
        found = {source: read(member_id, cursors.get(source), limit + 1, channel) for source, read in asked.items()}
    except (msgspec.ValidationError, TypeError, ValueError) as failure:
        raise Invalid(field="before", reason=N_("this is no place in a timeline")) from failure
    entries, following = paging.merged(found, cursors=cursors, limit=limit)
    return Timeline(entries=entries, next=paging.written(following))


def _orders(member_id: UUID, cursor: Any, limit: int, channel: Channel | None) -> list[Sourced]:
    before = None if cursor is None else msgspec.convert(cursor, tuple[datetime, UUID])
    found = orders.of_member(member_id=member_id, channel=channel, before=before, limit=limit)
    return [(_order(order), [order.placed_at, order.id]) for order in found]


def _order(order: Order) -> TimelineEntry:
    names = [line.name for line in order.lines]
    return TimelineEntry(
        at=order.placed_at,
        kind=EntryKind.ORDER,
        what=order.state.value,
        subject=str(order.id),
        text=order.number,
        store_id=order.selling_store_id,
        channel=order.channel.value,
        amount_fen=order.payable_fen,
        points=-order.points_spent,
        items=(*names[:NAMES_SHOWN], *(["…"] if len(names) > NAMES_SHOWN else [])),
    )


def _returns(member_id: UUID, cursor: Any, limit: int, channel: Channel | None) -> list[Sourced]:
    at, key = (None, None) if cursor is None else msgspec.convert(cursor, tuple[datetime, str])
    rows = db.rows(
        "SELECT return_id, order_id, store_id, channel, amount_fen, at FROM loyalty_return "
        "WHERE order_id IN (SELECT orders_of_member(%s)) AND (%s::text IS NULL OR channel = %s) "
        "AND (%s::timestamptz IS NULL OR (at, return_id) < (%s, %s)) ORDER BY at DESC, return_id DESC LIMIT %s",
        [member_id, channel, channel, at, at, key, limit],
    )
    return [
        (
            TimelineEntry(
                at=row["at"],
                kind=EntryKind.RETURN,
                what="returned",
                subject=str(row["order_id"]),
                text="",
                store_id=row["store_id"],
                channel=row["channel"],
                amount_fen=-row["amount_fen"],
            ),
            [row["at"], row["return_id"]],
        )
        for row in rows
    ]


def _points(member_id: UUID, cursor: Any, limit: int, _channel: Channel | None) -> list[Sourced]:
    before = None if cursor is None else msgspec.convert(cursor, int)
    found = points.history(member_id=member_id, before=before, limit=limit)
    return [
        (
            TimelineEntry(
                at=entry.at,
                kind=EntryKind.POINTS,
                what=entry.kind.value,
                subject=entry.cause_id,
                text=entry.reason,
                store_id=entry.store_id,
                points=entry.available or entry.pending or -entry.debt,
            ),
            entry.id,
        )
        for entry in found
    ]


def _coupons(member_id: UUID, cursor: Any, limit: int, _channel: Channel | None) -> list[Sourced]:
    before = None if cursor is None else msgspec.convert(cursor, int)
    rows = db.rows("SELECT * FROM coupons_events_of(%s, %s, %s)", [member_id, before, limit])
    return [
        (
            TimelineEntry(
                at=row["at"],
                kind=EntryKind.COUPON,
                what=row["kind"],
                subject=str(row["coupon_id"]),
                text=row["name"],
                amount_fen=row["amount_fen"],
                items=(row["name_en"] or row["name"],),
            ),
            row["id"],
        )
        for row in rows
    ]


def _tiers(member_id: UUID, cursor: Any, limit: int, _channel: Channel | None) -> list[Sourced]:
    before = None if cursor is None else msgspec.convert(cursor, int)
    found = tiers.changes(member_id=member_id, before=before, limit=limit)
    return [
        (
            TimelineEntry(
                at=change.at, kind=EntryKind.TIER, what=change.reason, subject=change.to_tier, text=change.from_tier
            ),
            change.id,
        )
        for change in found
    ]


def _merges(member_id: UUID, cursor: Any, limit: int, _channel: Channel | None) -> list[Sourced]:
    """Return merges and their undoing; a member has few of them, so all are read."""
    before = None if cursor is None else msgspec.convert(cursor, tuple[datetime, str])
    happened = [
        (at, f"{record.id}:{what}", what, record)
        for record in members.merges_of(member_id=member_id)
        for at, what in ((record.at, "merged"), (record.undone_at, "unmerged"))
        if at is not None
    ]
    happened.sort(key=lambda one: (one[0], one[1]), reverse=True)
    return [
        (
            TimelineEntry(
                at=at,
                kind=EntryKind.MERGE,
                what=what,
                subject=str(record.loser_id if record.winner_id == member_id else record.winner_id),
                text=record.reason,
            ),
            [at, key],
        )
        for at, key, what, record in happened
        if before is None or (at, key) < before
    ][:limit]


Read = Callable[[UUID, Any, int, Channel | None], list[Sourced]]
OF_CHANNELS = {"returns", "orders"}
KINDS: Mapping[str, EntryKind] = {
    "merges": EntryKind.MERGE,
    "tiers": EntryKind.TIER,
    "coupons": EntryKind.COUPON,
    "points": EntryKind.POINTS,
    "returns": EntryKind.RETURN,
    "orders": EntryKind.ORDER,
}
SOURCES: Mapping[str, Read] = {
    "merges": _merges,
    "tiers": _tiers,
    "coupons": _coupons,
    "points": _points,
    "returns": _returns,
    "orders": _orders,
}
