-- The orders of a member, for tables above that belong to an order (what came back of it, who was served ...).
CREATE OR REPLACE FUNCTION orders_of_member(p_member uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
    SELECT id FROM orders_order WHERE member_id = p_member
$$;

-- What a member bought since a moment, by channel, store and month of Shanghai: paid orders, the money that was not
-- given back, and when the last one was paid.
CREATE OR REPLACE FUNCTION orders_spend_of_member(p_member uuid, p_since timestamptz)
RETURNS TABLE (channel varchar, store_id bigint, month date, orders int, spend_fen bigint, last_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT o.channel, o.selling_store_id, date_trunc('month', o.paid_at AT TIME ZONE 'Asia/Shanghai')::date,
           count(*)::int, sum(o.paid_fen - o.refunded_fen)::bigint, max(o.paid_at)
      FROM orders_order AS o
     WHERE o.member_id = p_member AND o.state IN ('paid', 'completed') AND o.paid_at >= p_since
     GROUP BY 1, 2, 3
$$;
