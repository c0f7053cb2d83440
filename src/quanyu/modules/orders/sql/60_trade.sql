-- What was sold, for those who keep totals of it: paid orders by the moment they were placed, in Shanghai's days.

-- The totals of some days of stores, by hour and channel; the n-th store goes with the n-th day.
-- Reads the orders of those days by (selling_store, placed_at) and their lines.
CREATE OR REPLACE FUNCTION orders_trade(p_stores bigint[], p_days date[]) RETURNS TABLE (
    store_id bigint, day date, hour int, channel text, orders bigint, member_orders bigint, sales_fen bigint,
    member_sales_fen bigint, net_fen bigint, cost_fen bigint
)
LANGUAGE sql STABLE AS $$
    SELECT cell.store_id, cell.day, extract(hour FROM sold.placed_at AT TIME ZONE 'Asia/Shanghai')::int, sold.channel,
        count(*), count(sold.member_id), sum(sold.payable_fen)::bigint,
        coalesce(sum(sold.payable_fen) FILTER (WHERE sold.member_id IS NOT NULL), 0)::bigint,
        sum(sold.payable_fen - sold.freight_fen)::bigint, sum(goods.cost_fen)::bigint
    FROM unnest(p_stores, p_days) AS cell (store_id, day)
    JOIN orders_order AS sold ON sold.selling_store_id = cell.store_id AND sold.state IN ('paid', 'completed')
        AND sold.placed_at >= cell.day::timestamp AT TIME ZONE 'Asia/Shanghai'
        AND sold.placed_at < (cell.day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
    CROSS JOIN LATERAL (SELECT coalesce(sum(cost_fen), 0) AS cost_fen FROM orders_line WHERE order_id = sold.id) AS goods
    GROUP BY 1, 2, 3, 4
$$;

-- The totals of all channels between two moments of one day, of some stores (NULL: every one); for parts of an hour.
CREATE OR REPLACE FUNCTION orders_trade_between(p_stores bigint[], p_since timestamptz, p_until timestamptz)
RETURNS TABLE (
    orders bigint, member_orders bigint, sales_fen bigint, member_sales_fen bigint, net_fen bigint, cost_fen bigint
)
LANGUAGE sql STABLE AS $$
    SELECT count(*), count(sold.member_id), coalesce(sum(sold.payable_fen), 0)::bigint,
        coalesce(sum(sold.payable_fen) FILTER (WHERE sold.member_id IS NOT NULL), 0)::bigint,
        coalesce(sum(sold.payable_fen - sold.freight_fen), 0)::bigint, coalesce(sum(goods.cost_fen), 0)::bigint
    FROM orders_order AS sold
    CROSS JOIN LATERAL (SELECT coalesce(sum(cost_fen), 0) AS cost_fen FROM orders_line WHERE order_id = sold.id) AS goods
    WHERE sold.placed_at >= p_since AND sold.placed_at < p_until AND sold.state IN ('paid', 'completed')
        AND (p_stores IS NULL OR sold.selling_store_id = ANY (p_stores))
$$;

-- The store and day to which an order's sale belongs.
CREATE OR REPLACE FUNCTION orders_trade_cell(p_order uuid) RETURNS TABLE (store_id bigint, day date)
LANGUAGE sql STABLE AS $$
    SELECT selling_store_id, (placed_at AT TIME ZONE 'Asia/Shanghai')::date FROM orders_order WHERE id = p_order
$$;

-- Every day of a store with orders from a day on.
CREATE OR REPLACE FUNCTION orders_trade_cells(p_since date) RETURNS TABLE (store_id bigint, day date)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT selling_store_id, (placed_at AT TIME ZONE 'Asia/Shanghai')::date
    FROM orders_order WHERE placed_at >= p_since::timestamp AT TIME ZONE 'Asia/Shanghai'
$$;

-- The channels of some orders.
CREATE OR REPLACE FUNCTION orders_channels(p_orders uuid[]) RETURNS TABLE (order_id uuid, channel text)
LANGUAGE sql STABLE AS $$
    SELECT id, channel FROM orders_order WHERE id = ANY (p_orders)
$$;
