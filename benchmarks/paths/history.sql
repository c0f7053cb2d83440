-- A history of trade, made set-based: members with points, completed till sales of three lines with everything that
-- they leave behind. It runs with triggers and foreign keys asleep; what it writes is as the product writes it, so the
-- breach views stay empty. Parameters: %(first)s and %(last)s number the orders, %(members)s the members so far,
-- %(new_members)s those to come; orders before had numbers below %(first)s. The tables bench_till and bench_good name
-- tills and goods by 0, 1, 2 ...
INSERT INTO members_member (
    id, number, level, tier, name_masked, phone_masked, phone_last4, channel, card_number, language, created_at, matched_at
)
SELECT uuidv7(), 'B' || n, 'identified', 'basic', '某', '', lpad((n %% 10000)::text, 4, '0'), 'mall', 'BC' || n, 'zh-hans',
    now() - interval '400 days', now()
FROM generate_series(%(members)s::int, %(members)s + %(new_members)s - 1) AS n;

INSERT INTO members_identity (id, kind, namespace, value_index, value_encrypted, value_masked, created_at, member_id)
SELECT uuidv7(), 'external', 'bench', decode(md5(number) || md5(card_number), 'hex'), '\x00', '', created_at, id
FROM members_member WHERE substr(number, 2)::int >= %(members)s AND number LIKE 'B%%';

INSERT INTO points_account (member_id, available, changed_at)
SELECT id, 100, now() FROM members_member WHERE number LIKE 'B%%' AND substr(number, 2)::int >= %(members)s;

WITH lot AS (
    INSERT INTO points_lot (cause_kind, cause_id, state, points, remaining, earned_at, expires_at, member_id)
    SELECT 'bench', id::text, 'live', 100, 100, now(), now() + interval '1 year', id
    FROM members_member WHERE number LIKE 'B%%' AND substr(number, 2)::int >= %(members)s
    RETURNING id, member_id
)
INSERT INTO points_movement (kind, available_delta, cause_kind, cause_id, actor, at, member_id, lot_id)
SELECT 'give', 100, 'bench', member_id::text, 'system:benchmark', now(), member_id, id FROM lot;

CREATE TEMP TABLE past_member AS
SELECT substr(number, 2)::int AS n, id FROM members_member WHERE number LIKE 'B%%';

-- Orders in the order of time, over a year that ends an hour ago; every second one is a member's.
CREATE TEMP TABLE past_order AS
SELECT g AS n, uuidv7(at - now()) AS id, at, till.store_id, till.owner_id, till.device_id,
    till.shift_id, till.staff_id, buyer.id AS member_id, 'B' || lpad(g::text, 12, '0') AS number
FROM (
    SELECT g, now() - interval '1 hour' - (%(last)s - g) * (interval '1 year' / (%(last)s - %(first)s + 1)) AS at
    FROM generate_series(%(first)s::bigint, %(last)s) AS g
) AS moment
JOIN bench_till AS till ON till.number = g %% (SELECT count(*) FROM bench_till) + 1
LEFT JOIN past_member AS buyer
    ON g %% 2 = 0 AND buyer.n = (g / 2 * 7919) %% (%(members)s + %(new_members)s);

CREATE TEMP TABLE past_line AS
SELECT o.n, o.id AS order_id, o.at, o.store_id, o.owner_id, o.staff_id, line, uuidv7(o.at - now()) AS id, good.sku_id,
    good.fen, good.name
FROM past_order AS o
CROSS JOIN generate_series(1, 3) AS line
JOIN bench_good AS good ON good.n = (o.n * 7907 + line * 104729 + o.n / 1000) %% (SELECT count(*) FROM bench_good);

CREATE TEMP TABLE past_sum AS SELECT order_id, sum(fen) AS fen FROM past_line GROUP BY order_id;
ANALYZE past_order, past_line, past_sum;

INSERT INTO orders_order (
    id, number, channel, delivery, state, selling_store_id, member_id, staff_id, terminal_id, terminal_seq, shift_id,
    command_sha256, source, goods_fen, discount_fen, payable_fen, paid_fen, placed_at, paid_at, completed_at
)
SELECT o.id, o.number, 'pos', 'carry_out', 'completed', o.store_id, o.member_id, o.staff_id, o.device_id,
    5000000000 + o.n, o.shift_id, sha256(uuid_send(o.id)), 'bench', s.fen, 0, s.fen, s.fen, o.at, o.at, o.at
FROM past_order AS o JOIN past_sum AS s ON s.order_id = o.id
ORDER BY o.n;

INSERT INTO orders_event (order_id, from_state, to_state, actor, at)
SELECT o.id, step.from_state, step.to_state, 'staff:' || o.staff_id, o.at
FROM past_order AS o
CROSS JOIN (VALUES (1, '', 'placed'), (2, 'placed', 'paid'), (3, 'paid', 'completed')) AS step (nth, from_state, to_state)
ORDER BY o.n, step.nth;

INSERT INTO orders_line (
    id, order_id, number, sku_id, name, quantity, quantity_scale, unit_price_fen, list_fen, discount_fen, net_fen, cost_fen,
    tax_rate_bp, selling_store_id, location_id, owner_id, credited_store_id, credited_staff_id
)
SELECT id, order_id, line, sku_id, name, 1, 1, fen, fen, 0, fen, 200, 1300, store_id, store_id, owner_id, store_id, staff_id
FROM past_line ORDER BY n, line;

INSERT INTO payments_payment (
    id, order_id, tender, way, amount_fen, tendered_fen, state, out_trade_no, payer, prepay, unit_id, terminal_id, shift_id,
    created_at, paid_at
)
SELECT uuidv7(o.at - now()), o.id, 'cash', 'till', s.fen, s.fen, 'paid', o.number || '01', '', '{}', o.store_id, o.device_id,
    o.shift_id, o.at, o.at
FROM past_order AS o JOIN past_sum AS s ON s.order_id = o.id
ORDER BY o.n;

INSERT INTO pos_journal_entry (id, kind, terminal_id, seq, shift_id, staff_id, begun_at, ended_at, outcome)
SELECT id, 'sale', device_id, 5000000000 + n, shift_id, staff_id, at, at, 'done' FROM past_order ORDER BY n;

INSERT INTO inventory_reservation (
    id, cause_kind, cause_id, cause_line, location_id, sku_id, owner_id, quantity, state, created_at, closed_at
)
SELECT uuidv7(at - now()), 'order', order_id::text, line::text, store_id, sku_id, owner_id, 1, 'issued', at, at
FROM past_line ORDER BY n, line;

-- Movements name the stock on hand that those before them explain.
INSERT INTO inventory_movement (
    location_id, sku_id, owner_id, kind, on_hand_delta, on_hand_after, cause_kind, cause_id, cause_line, actor, at
)
SELECT l.store_id, l.sku_id, l.owner_id, 'sale', -1,
    stock.on_hand - row_number() OVER (PARTITION BY l.store_id, l.sku_id, l.owner_id ORDER BY l.n, l.line),
    'order', l.order_id::text, l.line::text, 'staff:' || l.staff_id, l.at
FROM past_line AS l
JOIN inventory_stock AS stock ON stock.location_id = l.store_id AND stock.sku_id = l.sku_id AND stock.owner_id = l.owner_id
ORDER BY l.n, l.line;

UPDATE inventory_stock AS stock SET on_hand = stock.on_hand - sold.quantity
FROM (
    SELECT store_id, sku_id, owner_id, count(*) AS quantity FROM past_line GROUP BY store_id, sku_id, owner_id
) AS sold
WHERE stock.location_id = sold.store_id AND stock.sku_id = sold.sku_id AND stock.owner_id = sold.owner_id;

-- Facts that were delivered long ago.
INSERT INTO platform_outbox (topic, aggregate, payload, occurred_at, next_at, published_at)
SELECT fact.topic, 'order:' || o.id, jsonb_build_object(
        'order_id', o.id, 'number', o.number, 'channel', 'pos', 'store_id', o.store_id, 'member_id', o.member_id,
        'payable_fen', s.fen
    ), o.at, o.at, o.at
FROM past_order AS o JOIN past_sum AS s ON s.order_id = o.id
CROSS JOIN (
    VALUES ('orders.placed.1'), ('orders.paid.1'), ('orders.completed.1'), ('inventory.stock_changed.1')
) AS fact (topic)
ORDER BY o.n;

DROP TABLE past_order, past_line, past_sum, past_member;
