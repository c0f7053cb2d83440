-- What was bought together: the goods of paid orders since a moment, gifts left out. For insights, which has no eyes for
-- who bought. Reads the orders by the moment they were placed.
CREATE OR REPLACE FUNCTION orders_baskets(p_since timestamptz)
RETURNS TABLE (order_id uuid, store_id bigint, sku_id bigint)
LANGUAGE sql STABLE ROWS 100000 AS $$
    SELECT sold.id, sold.selling_store_id, line.sku_id
    FROM orders_order AS sold
    JOIN orders_line AS line ON line.order_id = sold.id AND line.gift_of = ''
    WHERE sold.placed_at >= p_since AND sold.state IN ('paid', 'completed')
$$;
