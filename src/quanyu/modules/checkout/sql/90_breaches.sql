CREATE OR REPLACE VIEW checkout_breach_i7_order_is_paid_by_payments AS
WITH money AS (
    SELECT p.order_id, sum(p.amount_fen) AS paid_fen,
        sum(coalesce(r.unbooked_fen, 0)) AS unbooked_fen, sum(coalesce(r.booked_fen, 0)) AS booked_fen
    FROM payments_payment p
    LEFT JOIN LATERAL (
        SELECT sum(amount_fen) FILTER (WHERE reason IN ('late_payment', 'duplicate_payment', 'amount_mismatch'))
                AS unbooked_fen,
            sum(amount_fen) FILTER (WHERE reason IN ('cancelled', 'return')) AS booked_fen
        FROM payments_refund WHERE payment_id = p.id
    ) r ON true
    WHERE p.state = 'paid'
    GROUP BY p.order_id
)
SELECT o.id, o.number, o.state, o.paid_fen, o.refunded_fen, m.paid_fen AS received_fen, m.unbooked_fen, m.booked_fen
FROM orders_order o LEFT JOIN money m ON m.order_id = o.id
WHERE o.paid_fen <> coalesce(m.paid_fen, 0) - coalesce(m.unbooked_fen, 0)
    OR o.refunded_fen <> coalesce(m.booked_fen, 0);
COMMENT ON VIEW checkout_breach_i7_order_is_paid_by_payments IS
    'I7, I8: an order is paid by exactly its payments, and what it refunded is exactly what went back';

CREATE OR REPLACE VIEW checkout_breach_i7_payment_has_order AS
SELECT p.id, p.out_trade_no FROM payments_payment p
WHERE NOT EXISTS (SELECT 1 FROM orders_order o WHERE o.id = p.order_id);
COMMENT ON VIEW checkout_breach_i7_payment_has_order IS 'I7: every payment belongs to an order';

CREATE OR REPLACE VIEW checkout_breach_i8_cancelled_is_refunded AS
SELECT id, number, paid_fen, refunded_fen FROM orders_order WHERE state = 'cancelled' AND refunded_fen <> paid_fen;
COMMENT ON VIEW checkout_breach_i8_cancelled_is_refunded IS 'I8: what a cancelled order had been paid goes back whole';

CREATE OR REPLACE VIEW checkout_breach_i1_orders_hold_their_stock AS
WITH held AS (
    SELECT cause_id, sum(quantity) FILTER (WHERE state = 'open') AS open_quantity,
        sum(quantity) FILTER (WHERE state = 'issued') AS issued_quantity
    FROM inventory_reservation WHERE cause_kind = 'order' GROUP BY cause_id
), wanted AS (
    SELECT order_id, sum(quantity) AS quantity FROM orders_line GROUP BY order_id
)
SELECT o.id, o.number, o.state, w.quantity, h.open_quantity, h.issued_quantity
FROM orders_order o
JOIN wanted w ON w.order_id = o.id
LEFT JOIN held h ON h.cause_id = o.id::text
WHERE (o.state = 'paid' AND w.quantity IS DISTINCT FROM h.open_quantity)
    OR (o.state = 'completed' AND w.quantity IS DISTINCT FROM h.issued_quantity)
    OR (o.state = 'cancelled' AND coalesce(h.open_quantity, 0) <> 0)
    OR (o.state <> 'completed' AND coalesce(h.issued_quantity, 0) <> 0);
COMMENT ON VIEW checkout_breach_i1_orders_hold_their_stock IS
    'I1: a paid order holds its goods, a completed one has issued them, a cancelled one holds nothing';

CREATE OR REPLACE VIEW checkout_breach_i4_orders_hold_their_coupons AS
WITH said AS (
    SELECT o.id, o.number, o.state, count(*) AS coupons, sum((coupon.value->>'amount_fen')::bigint) AS fen
    FROM orders_order o, jsonb_array_elements(o.coupons) AS coupon
    WHERE o.coupons <> '[]'
    GROUP BY o.id
), held AS (
    SELECT o.id, o.number, o.state, count(*) AS coupons, sum(c.amount_fen) AS fen,
        bool_and(c.state = CASE o.state WHEN 'placed' THEN 'reserved' ELSE 'redeemed' END) AS in_step
    FROM orders_order o JOIN coupons_coupon c ON c.order_id = o.id
    GROUP BY o.id
)
SELECT id, number, state, said.coupons, said.fen, held.coupons AS held_coupons, held.fen AS held_fen, held.in_step
FROM said FULL JOIN held USING (id, number, state)
WHERE CASE
    WHEN state = 'cancelled' THEN held.coupons IS NOT NULL
    -- What came back whole has returned its coupons too.
    WHEN held.coupons IS NULL THEN EXISTS (
        SELECT FROM orders_line l WHERE l.order_id = said.id AND l.returned_quantity < l.quantity
    )
    ELSE (said.coupons, said.fen) IS DISTINCT FROM (held.coupons, held.fen) OR NOT held.in_step
END;
COMMENT ON VIEW checkout_breach_i4_orders_hold_their_coupons IS
    'I4: an order holds the coupons it says and for the amount it says, used once it is paid; a cancelled one none';

CREATE OR REPLACE VIEW checkout_breach_i5_orders_spend_their_points AS
SELECT o.id, o.number, o.state, o.points_spent, o.points_restored, s.points AS ledger_spent, s.restored AS ledger_restored
FROM orders_order o
LEFT JOIN points_spending s ON s.cause_kind = 'order' AND s.cause_id = o.id::text
WHERE (o.points_spent > 0 OR s.id IS NOT NULL)
    AND coalesce(s.points - s.restored, 0) <> CASE o.state WHEN 'cancelled' THEN 0 ELSE o.points_spent - o.points_restored END;
COMMENT ON VIEW checkout_breach_i5_orders_spend_their_points IS
    'I5: an order has spent the points that the ledger says, less those that came back; a cancelled one none';

CREATE OR REPLACE VIEW checkout_breach_i4_flash_follows_orders AS
SELECT o.id, o.number, o.state, taking.sale_id, taking.quantity, taking.state AS taking_state
FROM flash_taking AS taking
JOIN orders_order AS o ON o.id = taking.order_id
WHERE (o.state = 'cancelled') <> (taking.state = 'given_back');
COMMENT ON VIEW checkout_breach_i4_flash_follows_orders IS
    'I4: an order that stands has its pieces of flash sales, a cancelled one has given them back';

CREATE OR REPLACE VIEW checkout_breach_i1_lines_are_held_where_they_are_fulfilled AS
SELECT o.number, line.number AS line, line.location_id, line.owner_id, held.location_id AS held_location_id,
    held.owner_id AS held_owner_id
FROM orders_order o
JOIN orders_line line ON line.order_id = o.id
JOIN inventory_reservation held ON held.cause_kind = 'order' AND held.cause_id = o.id::text
    AND held.cause_line = line.number::text AND held.state = 'open'
WHERE o.state = 'paid' AND (line.location_id, line.owner_id) IS DISTINCT FROM (held.location_id, held.owner_id);
COMMENT ON VIEW checkout_breach_i1_lines_are_held_where_they_are_fulfilled IS
    'I1: the goods of a paid order are held at the place, and of the owner, that its lines name';
