CREATE OR REPLACE VIEW orders_breach_i3_lines_add_up AS
SELECT o.id, o.number, o.goods_fen, o.discount_fen, o.freight_fen, sum(l.list_fen) AS lines_list_fen,
    sum(l.discount_fen) AS lines_discount_fen, sum(l.freight_fen) AS lines_freight_fen
FROM orders_order o JOIN orders_line l ON l.order_id = o.id
GROUP BY o.id
HAVING o.goods_fen <> sum(l.list_fen) OR o.discount_fen <> sum(l.discount_fen) OR o.coupon_fen <> sum(l.coupon_fen)
    OR o.points_fen <> sum(l.points_fen) OR o.points_spent <> sum(l.points_spent)
    OR o.freight_fen <> sum(l.freight_fen);
COMMENT ON VIEW orders_breach_i3_lines_add_up IS 'I3: the amounts of an order are the sums of its lines';

CREATE OR REPLACE VIEW orders_breach_i3_has_lines AS
SELECT o.id, o.number FROM orders_order o WHERE NOT EXISTS (SELECT 1 FROM orders_line l WHERE l.order_id = o.id);
COMMENT ON VIEW orders_breach_i3_has_lines IS 'I3: every order has lines';

CREATE OR REPLACE VIEW orders_breach_i3_discounts_add_up AS
SELECT l.id, l.discount_fen, coalesce(sum(d.amount_fen) FILTER (WHERE d.kind <> 'coupon'), 0) AS parts_fen,
    l.coupon_fen, coalesce(sum(d.amount_fen) FILTER (WHERE d.kind = 'coupon'), 0) AS coupon_parts_fen
FROM orders_line l LEFT JOIN orders_line_discount d ON d.line_id = l.id
GROUP BY l.id
HAVING l.discount_fen <> coalesce(sum(d.amount_fen) FILTER (WHERE d.kind <> 'coupon'), 0)
    OR l.coupon_fen <> coalesce(sum(d.amount_fen) FILTER (WHERE d.kind = 'coupon'), 0);
COMMENT ON VIEW orders_breach_i3_discounts_add_up IS
    'I3: the discounts and the coupons of a line are explained row by row';

CREATE OR REPLACE VIEW orders_breach_i3_coupons_add_up AS
SELECT o.id, o.number, o.coupon_fen, sum((c.value->>'amount_fen')::bigint) AS coupons_fen
FROM orders_order o
LEFT JOIN LATERAL jsonb_array_elements(o.coupons) AS c ON c.value->>'kind' IN ('amount', 'percent')
-- Most orders use no coupon: the two columns are looked at before anything is unpacked.
WHERE o.coupon_fen <> 0 OR o.coupons <> '[]'
GROUP BY o.id
HAVING o.coupon_fen <> coalesce(sum((c.value->>'amount_fen')::bigint), 0);
COMMENT ON VIEW orders_breach_i3_coupons_add_up IS
    'I3: what coupons took off an order is the sum of the coupons it used';

CREATE OR REPLACE VIEW orders_breach_i6_state_is_last_event AS
SELECT o.id, o.number, o.state, e.to_state AS last_event
FROM orders_order o
LEFT JOIN LATERAL (SELECT to_state FROM orders_event WHERE order_id = o.id ORDER BY id DESC LIMIT 1) e ON true
WHERE o.state IS DISTINCT FROM e.to_state;
COMMENT ON VIEW orders_breach_i6_state_is_last_event IS 'I6: the state of an order is where its events led';

CREATE OR REPLACE VIEW orders_breach_i6_events_form_a_path AS
SELECT order_id, id AS event_id, from_state, previous
FROM (
    SELECT order_id, id, from_state, lag(to_state, 1, '') OVER (PARTITION BY order_id ORDER BY id) AS previous
    FROM orders_event
) steps
WHERE from_state <> previous;
COMMENT ON VIEW orders_breach_i6_events_form_a_path IS 'I6: each event of an order starts where the one before ended';

CREATE OR REPLACE VIEW orders_breach_i8_line_refunds AS
SELECT o.id, o.number, o.refunded_fen, sum(l.refunded_fen) AS lines_fen, o.withheld_fen, o.freight_refunded_fen
FROM orders_order o JOIN orders_line l ON l.order_id = o.id
WHERE o.state <> 'cancelled'
GROUP BY o.id
HAVING o.refunded_fen <> sum(l.refunded_fen) - o.withheld_fen + o.freight_refunded_fen;
COMMENT ON VIEW orders_breach_i8_line_refunds IS
    'I8: what an order refunded is what its lines refunded, less what was withheld, and its freight';

CREATE OR REPLACE VIEW orders_breach_i8_line_points AS
SELECT o.id, o.number, o.state, o.points_spent, o.points_restored, sum(l.points_restored) AS lines_points
FROM orders_order o JOIN orders_line l ON l.order_id = o.id
WHERE o.points_spent > 0
GROUP BY o.id
HAVING o.points_restored <> CASE o.state WHEN 'cancelled' THEN o.points_spent ELSE sum(l.points_restored) END;
COMMENT ON VIEW orders_breach_i8_line_points IS
    'I8: the points an order gave back are those of its lines; a cancelled order gave back all';
