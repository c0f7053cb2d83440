-- Move a member's orders to the member it was merged into, and write down which. Returns how many; called again for the
-- same merge it moves what came in between. Rows are locked in the order of their ids.
CREATE OR REPLACE FUNCTION orders_follow(p_merge uuid, p_loser uuid, p_winner uuid) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_orders uuid[];
BEGIN
    SELECT array_agg(held.id) INTO v_orders
    FROM (SELECT id FROM orders_order WHERE member_id = p_loser ORDER BY id FOR NO KEY UPDATE) AS held;
    UPDATE orders_order SET member_id = p_winner WHERE id = ANY (v_orders);
    INSERT INTO orders_followed_merge (merge_id, order_id)
    SELECT p_merge, moved.id FROM unnest(v_orders) AS moved (id)
    ON CONFLICT DO NOTHING;
    RETURN coalesce(cardinality(v_orders), 0);
END $$;

-- Undo: the orders that this merge moved, and no others, belong to the one who placed them again.
CREATE OR REPLACE FUNCTION orders_unfollow(p_merge uuid, p_loser uuid, p_winner uuid) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_orders uuid[];
BEGIN
    SELECT array_agg(held.id) INTO v_orders
    FROM (
        SELECT o.id
        FROM orders_order AS o JOIN orders_followed_merge AS followed ON followed.order_id = o.id
        WHERE followed.merge_id = p_merge AND o.member_id = p_winner
        ORDER BY o.id FOR NO KEY UPDATE OF o
    ) AS held;
    UPDATE orders_order SET member_id = p_loser WHERE id = ANY (v_orders);
    RETURN coalesce(cardinality(v_orders), 0);
END $$;
