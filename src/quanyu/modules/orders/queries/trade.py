"""What was sold: by day, channel and store, for boards. One statement each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.modules.orders.contracts import Margin, TradeDay
from quanyu.platform import db


def by_day(*, unit_ids: Sequence[int] | None, since: datetime, until: datetime) -> list[TradeDay]:
    """Return a row for each (day in Shanghai, channel, store) with sales; ``None``: every store."""
    within = None if unit_ids is None else list(unit_ids)
    rows = db.rows(
        "SELECT (placed_at AT TIME ZONE 'Asia/Shanghai')::date AS day, channel, selling_store_id AS store_id, "
        "count(*)::bigint AS orders, count(member_id)::bigint AS member_orders, "
        "sum(payable_fen)::bigint AS sales_fen, sum(refunded_fen)::bigint AS refunded_fen "
        "FROM orders_order WHERE placed_at >= %s AND placed_at < %s AND state IN ('paid', 'completed') "
        "AND (%s::bigint[] IS NULL OR selling_store_id = ANY(%s)) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        [since, until, within, within],
    )
    return [TradeDay(**row) for row in rows]


def margin(*, unit_ids: Sequence[int] | None, since: datetime, until: datetime) -> Margin:
    """Return what the goods sold brought and cost."""
    within = None if unit_ids is None else list(unit_ids)
    row = db.row(
        "SELECT coalesce(sum(line.net_fen), 0)::bigint AS net_fen, coalesce(sum(line.cost_fen), 0)::bigint AS cost_fen "
        "FROM orders_order AS sold JOIN orders_line AS line ON line.order_id = sold.id "
        "WHERE sold.placed_at >= %s AND sold.placed_at < %s AND sold.state IN ('paid', 'completed') "
        "AND (%s::bigint[] IS NULL OR sold.selling_store_id = ANY(%s))",
        [since, until, within, within],
    )
    assert row is not None, "a sum without groups has one row"
    return Margin(**row)
