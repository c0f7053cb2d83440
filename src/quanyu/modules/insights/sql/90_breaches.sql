-- A day that was added up, is not marked, and of which no event is on its way, says what the books say.
CREATE OR REPLACE VIEW insights_breach_hours_are_the_books AS
WITH waiting AS (
    SELECT sold.selling_store_id AS store_id, (sold.placed_at AT TIME ZONE 'Asia/Shanghai')::date AS day
    FROM platform_outbox AS event JOIN orders_order AS sold ON sold.id = substr(event.aggregate, 7)::uuid
    WHERE event.published_at IS NULL AND event.topic IN ('orders.paid.1', 'orders.cancelled.1')
    UNION
    SELECT taken.location_id, (taken.created_at AT TIME ZONE 'Asia/Shanghai')::date
    FROM platform_outbox AS event JOIN aftersales_return AS taken ON taken.id = (event.payload->>'return_id')::uuid
    WHERE event.published_at IS NULL AND event.topic = 'orders.returned.1'
),
settled AS (
    SELECT store_id, day FROM insights_cell
    EXCEPT SELECT store_id, day FROM insights_mark
    EXCEPT SELECT store_id, day FROM waiting
),
books AS (
    SELECT * FROM insights_of_the_books(
        (SELECT array_agg(store_id ORDER BY store_id, day) FROM settled),
        (SELECT array_agg(day ORDER BY store_id, day) FROM settled)
    )
),
kept AS (
    SELECT hours.store_id, hours.day, hours.hour::int AS hour, hours.channel::text AS channel, hours.orders,
        hours.member_orders, hours.sales_fen, hours.member_sales_fen, hours.net_fen, hours.cost_fen, hours.returns,
        hours.refunded_fen
    FROM insights_hour AS hours JOIN settled ON settled.store_id = hours.store_id AND settled.day = hours.day
)
SELECT 'kept' AS found_in, only_kept.* FROM (SELECT * FROM kept EXCEPT SELECT * FROM books) AS only_kept
UNION ALL
SELECT 'books', only_books.* FROM (SELECT * FROM books EXCEPT SELECT * FROM kept) AS only_books;
COMMENT ON VIEW insights_breach_hours_are_the_books IS
    'The totals of a store''s day that is not marked for another count are what orders and returns add up to';

CREATE OR REPLACE VIEW insights_breach_days_are_their_hours AS
WITH summed AS (
    SELECT day, store_id, channel, sum(orders)::bigint AS orders, sum(member_orders)::bigint AS member_orders,
        sum(sales_fen)::bigint AS sales_fen, sum(member_sales_fen)::bigint AS member_sales_fen,
        sum(net_fen)::bigint AS net_fen, sum(cost_fen)::bigint AS cost_fen, sum(returns)::bigint AS returns,
        sum(refunded_fen)::bigint AS refunded_fen
    FROM insights_hour GROUP BY 1, 2, 3
),
kept AS (
    SELECT day, store_id, channel, orders, member_orders, sales_fen, member_sales_fen, net_fen, cost_fen, returns,
        refunded_fen
    FROM insights_day
)
(SELECT * FROM summed EXCEPT SELECT * FROM kept) UNION ALL (SELECT * FROM kept EXCEPT SELECT * FROM summed);
COMMENT ON VIEW insights_breach_days_are_their_hours IS 'The totals of a day are the sums of its hours';
