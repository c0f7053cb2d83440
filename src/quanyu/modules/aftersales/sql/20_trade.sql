-- What came back, for those who keep totals of it: returns by the moment they were booked, in Shanghai's days, at the
-- place that took the goods.

-- The returns of some days of places, by hour and the channel of their orders; the n-th place goes with the n-th day.
CREATE OR REPLACE FUNCTION aftersales_trade(p_stores bigint[], p_days date[]) RETURNS TABLE (
    store_id bigint, day date, hour int, channel text, returns bigint, refunded_fen bigint
)
LANGUAGE sql STABLE AS $$
    WITH back AS MATERIALIZED (
        SELECT cell.store_id, cell.day, extract(hour FROM taken.created_at AT TIME ZONE 'Asia/Shanghai')::int AS hour,
            taken.order_id, taken.amount_fen
        FROM unnest(p_stores, p_days) AS cell (store_id, day)
        JOIN aftersales_return AS taken ON taken.location_id = cell.store_id
            AND taken.created_at >= cell.day::timestamp AT TIME ZONE 'Asia/Shanghai'
            AND taken.created_at < (cell.day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
    )
    SELECT back.store_id, back.day, back.hour, sold.channel, count(*), sum(back.amount_fen)::bigint
    FROM back
    JOIN orders_channels((SELECT array_agg(DISTINCT order_id) FROM back)) AS sold ON sold.order_id = back.order_id
    GROUP BY 1, 2, 3, 4
$$;

-- The returns between two moments at some places (NULL: every one).
CREATE OR REPLACE FUNCTION aftersales_trade_between(p_stores bigint[], p_since timestamptz, p_until timestamptz)
RETURNS TABLE (returns bigint, refunded_fen bigint)
LANGUAGE sql STABLE AS $$
    SELECT count(*), coalesce(sum(amount_fen), 0)::bigint FROM aftersales_return
    WHERE created_at >= p_since AND created_at < p_until AND (p_stores IS NULL OR location_id = ANY (p_stores))
$$;

-- The place and day to which a return belongs.
CREATE OR REPLACE FUNCTION aftersales_trade_cell(p_return uuid) RETURNS TABLE (store_id bigint, day date)
LANGUAGE sql STABLE AS $$
    SELECT location_id, (created_at AT TIME ZONE 'Asia/Shanghai')::date FROM aftersales_return WHERE id = p_return
$$;

-- Every day of a place with returns from a day on.
CREATE OR REPLACE FUNCTION aftersales_trade_cells(p_since date) RETURNS TABLE (store_id bigint, day date)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT location_id, (created_at AT TIME ZONE 'Asia/Shanghai')::date
    FROM aftersales_return WHERE created_at >= p_since::timestamp AT TIME ZONE 'Asia/Shanghai'
$$;
