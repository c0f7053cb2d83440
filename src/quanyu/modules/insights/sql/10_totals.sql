-- A store's day is marked whenever a fact of it arrives, and added up again from the books by whoever comes first: the
-- duty by the clock, or a reader. Marks are taken before the books are read, in an earlier statement: a fact stands in
-- the books before its mark does, so a mark that is taken was counted, and one that is not yet there stays.

-- Mark the day of an order's sale.
CREATE OR REPLACE FUNCTION insights_mark_order(p_order uuid, p_at timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO insights_mark (store_id, day, at) SELECT store_id, day, p_at FROM orders_trade_cell(p_order)
$$;

-- Mark the day of a return.
CREATE OR REPLACE FUNCTION insights_mark_return(p_return uuid, p_at timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO insights_mark (store_id, day, at) SELECT store_id, day, p_at FROM aftersales_trade_cell(p_return)
$$;

-- Mark every day with trade from a day on, and those that were added up; returns how many. To make all figures again.
CREATE OR REPLACE FUNCTION insights_mark_all(p_since date, p_at timestamptz) RETURNS bigint
LANGUAGE sql AS $$
    WITH marked AS (
        INSERT INTO insights_mark (store_id, day, at)
        SELECT store_id, day, p_at FROM orders_trade_cells(p_since)
        UNION SELECT store_id, day, p_at FROM aftersales_trade_cells(p_since)
        UNION SELECT store_id, day, p_at FROM insights_cell WHERE day >= p_since
        RETURNING 1
    )
    SELECT count(*) FROM marked
$$;

-- What the books say of some days of stores.
CREATE OR REPLACE FUNCTION insights_of_the_books(p_stores bigint[], p_days date[]) RETURNS TABLE (
    store_id bigint, day date, hour int, channel text, orders bigint, member_orders bigint, sales_fen bigint,
    member_sales_fen bigint, net_fen bigint, cost_fen bigint, returns bigint, refunded_fen bigint
)
LANGUAGE sql STABLE AS $$
    SELECT store_id, day, hour, channel, sum(orders)::bigint, sum(member_orders)::bigint, sum(sales_fen)::bigint,
        sum(member_sales_fen)::bigint, sum(net_fen)::bigint, sum(cost_fen)::bigint, sum(returns)::bigint,
        sum(refunded_fen)::bigint
    FROM (
        SELECT sold.*, 0 AS returns, 0 AS refunded_fen FROM orders_trade(p_stores, p_days) AS sold
        UNION ALL
        SELECT store_id, day, hour, channel, 0, 0, 0, 0, 0, 0, returns, refunded_fen
        FROM aftersales_trade(p_stores, p_days)
    ) AS fact
    GROUP BY store_id, day, hour, channel
$$;

-- Add up to p_limit marked days again, the latest first, of some stores (NULL: every one) from a day to before a day;
-- returns how many. One caller at a time: who calls holds the lock of the module (ops/add_up.py).
CREATE OR REPLACE FUNCTION insights_add_up(
    p_stores bigint[], p_since date, p_until date, p_limit int, p_at timestamptz
) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_stores bigint[];
    v_days date[];
BEGIN
    WITH cell AS (
        SELECT DISTINCT store_id, day FROM insights_mark
        WHERE day >= p_since AND day < p_until AND (p_stores IS NULL OR store_id = ANY (p_stores))
        ORDER BY day DESC, store_id LIMIT p_limit
    ),
    taken AS (
        DELETE FROM insights_mark AS mark USING cell WHERE mark.store_id = cell.store_id AND mark.day = cell.day
    )
    SELECT coalesce(array_agg(store_id), '{}'), coalesce(array_agg(day), '{}') INTO v_stores, v_days FROM cell;
    IF cardinality(v_stores) = 0 THEN
        RETURN 0;
    END IF;
    DELETE FROM insights_hour AS old USING unnest(v_stores, v_days) AS cell (store_id, day)
    WHERE old.store_id = cell.store_id AND old.day = cell.day;
    INSERT INTO insights_hour (
        store_id, day, hour, channel, orders, member_orders, sales_fen, member_sales_fen, net_fen, cost_fen, returns,
        refunded_fen
    )
    SELECT * FROM insights_of_the_books(v_stores, v_days);
    DELETE FROM insights_day AS old USING unnest(v_stores, v_days) AS cell (store_id, day)
    WHERE old.store_id = cell.store_id AND old.day = cell.day;
    INSERT INTO insights_day (
        store_id, day, channel, orders, member_orders, sales_fen, member_sales_fen, net_fen, cost_fen, returns,
        refunded_fen
    )
    SELECT hours.store_id, hours.day, hours.channel, sum(hours.orders), sum(hours.member_orders), sum(hours.sales_fen),
        sum(hours.member_sales_fen), sum(hours.net_fen), sum(hours.cost_fen), sum(hours.returns),
        sum(hours.refunded_fen)
    FROM insights_hour AS hours
    JOIN unnest(v_stores, v_days) AS cell (store_id, day) ON hours.store_id = cell.store_id AND hours.day = cell.day
    GROUP BY 1, 2, 3;
    INSERT INTO insights_cell (store_id, day, made_at)
    SELECT cell.store_id, cell.day, p_at FROM unnest(v_stores, v_days) AS cell (store_id, day)
    ON CONFLICT (store_id, day) DO UPDATE SET made_at = excluded.made_at;
    RETURN cardinality(v_stores);
END $$;

-- The totals of some stores (NULL: every one) from a day until a moment, to the minute: whole days, whole hours of the
-- last day, and the rest of its last hour from the books.
CREATE OR REPLACE FUNCTION insights_until(p_stores bigint[], p_since date, p_until timestamptz) RETURNS TABLE (
    orders bigint, member_orders bigint, sales_fen bigint, member_sales_fen bigint, net_fen bigint, cost_fen bigint,
    returns bigint, refunded_fen bigint
)
LANGUAGE sql STABLE AS $$
    WITH bound AS (
        SELECT local::date AS day, extract(hour FROM local) AS hour,
            date_trunc('hour', local) AT TIME ZONE 'Asia/Shanghai' AS hour_start
        FROM (SELECT p_until AT TIME ZONE 'Asia/Shanghai' AS local) AS told
    )
    SELECT coalesce(sum(orders), 0)::bigint, coalesce(sum(member_orders), 0)::bigint,
        coalesce(sum(sales_fen), 0)::bigint, coalesce(sum(member_sales_fen), 0)::bigint,
        coalesce(sum(net_fen), 0)::bigint, coalesce(sum(cost_fen), 0)::bigint, coalesce(sum(returns), 0)::bigint,
        coalesce(sum(refunded_fen), 0)::bigint
    FROM (
        SELECT whole.orders, whole.member_orders, whole.sales_fen, whole.member_sales_fen, whole.net_fen,
            whole.cost_fen, whole.returns, whole.refunded_fen
        FROM insights_day AS whole JOIN bound ON whole.day >= p_since AND whole.day < bound.day
        WHERE p_stores IS NULL OR whole.store_id = ANY (p_stores)
        UNION ALL
        SELECT hours.orders, hours.member_orders, hours.sales_fen, hours.member_sales_fen, hours.net_fen,
            hours.cost_fen, hours.returns, hours.refunded_fen
        FROM insights_hour AS hours JOIN bound ON hours.day = bound.day AND hours.hour < bound.hour
        WHERE p_stores IS NULL OR hours.store_id = ANY (p_stores)
        UNION ALL
        SELECT sold.*, 0, 0 FROM bound, orders_trade_between(p_stores, bound.hour_start, p_until) AS sold
        UNION ALL
        SELECT 0, 0, 0, 0, 0, 0, back.* FROM bound, aftersales_trade_between(p_stores, bound.hour_start, p_until) AS back
    ) AS part
$$;
