-- What a member's paid orders since a moment were of, by SKU: in how many orders, and the money that was not given back.
-- By the member's index and the lines of each order: it costs what the member bought, whatever the chain sold.
CREATE OR REPLACE FUNCTION orders_goods_of_member(p_member uuid, p_since timestamptz)
RETURNS TABLE (sku_id bigint, orders int, spend_fen bigint)
LANGUAGE sql STABLE AS $$
    SELECT l.sku_id, count(DISTINCT l.order_id)::int, sum(l.net_fen + l.freight_fen - l.refunded_fen)::bigint
      FROM orders_order AS o JOIN orders_line AS l ON l.order_id = o.id
     WHERE o.member_id = p_member AND o.state IN ('paid', 'completed') AND o.paid_at >= p_since
     GROUP BY l.sku_id
$$;
