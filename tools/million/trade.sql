-- Orders %(first)s to %(last)s of %(total)s in the order of time, over the %(days)s days before %(until)s, with all that
-- they leave behind. It runs with triggers and foreign keys asleep; what it writes is as the product writes it, so the
-- breach views stay empty. Delivered events are left out: the product clears them away too.
CREATE TEMP TABLE past_order ON COMMIT DROP AS
SELECT g.n, moment.at, pg_temp.past_id('order', g.n, moment.at) AS id, 'Y' || lpad(g.n::text, 11, '0') AS number,
    chosen.channel, chosen.delivery, store.id AS store_id, store.owner_id, person.id AS staff_id, buyer.id AS member_id,
    CASE
        WHEN chosen.channel <> 'mall' THEN 'completed'
        WHEN pg_temp.drawn(g.n, 5) < 0.04 THEN 'cancelled'
        WHEN moment.at > %(until)s::timestamptz - interval '36 hours' AND pg_temp.drawn(g.n, 6) < 0.5 THEN 'paid'
        ELSE 'completed'
    END AS state,
    CASE WHEN chosen.delivery IN ('express', 'instant') THEN 600 ELSE 0 END AS freight_fen,
    1 + floor(pg_temp.drawn(g.n, 7) * 5)::int AS line_count
FROM generate_series(%(first)s::bigint, %(last)s) AS g (n)
CROSS JOIN LATERAL (
    SELECT %(until)s::timestamptz - (%(total)s - g.n) * (make_interval(days => %(days)s) / %(total)s) AS raw
) AS even
CROSS JOIN LATERAL (
    -- Shop hours from nine to ten at night in the stores' zone; today stays even, because it has not ended.
    SELECT CASE
        WHEN even.raw > date_trunc('day', %(until)s::timestamptz, 'Asia/Shanghai') THEN even.raw
        ELSE date_trunc('day', even.raw, 'Asia/Shanghai') + interval '9 hours'
            + (even.raw - date_trunc('day', even.raw, 'Asia/Shanghai')) * (13 / 24.0)
    END AS at
) AS moment
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN kind.u < 0.6 THEN 'pos' WHEN kind.u < 0.93 THEN 'mall' ELSE 'assistant' END AS channel,
        CASE
            WHEN kind.u < 0.6 THEN 'carry_out' WHEN kind.u < 0.8 THEN 'pickup' WHEN kind.u < 0.88 THEN 'express'
            WHEN kind.u < 0.93 THEN 'instant' ELSE 'carry_out'
        END AS delivery
    FROM (SELECT pg_temp.drawn(g.n, 1) AS u) AS kind
) AS chosen
JOIN past_store AS store
    ON store.n = floor((SELECT count(*) FROM past_store) * power(pg_temp.drawn(g.n, 2), 1.5))::bigint
JOIN past_staff AS person ON person.n = g.n %% (SELECT count(*) FROM past_staff)
LEFT JOIN past_member AS buyer
    ON (chosen.channel <> 'pos' OR pg_temp.drawn(g.n, 3) < 0.55)
    AND buyer.n = floor(%(members)s * power(pg_temp.drawn(g.n, 4), 2))::bigint;

CREATE TEMP TABLE past_line ON COMMIT DROP AS
SELECT o.n, o.id AS order_id, o.at, o.state, o.store_id, o.owner_id, o.staff_id, line.number,
    pg_temp.past_id('line', o.n * 8 + line.number, o.at) AS id, good.id AS sku_id, good.scale, good.name, good.tax_rate_bp,
    good.fen, taken.quantity, amount.list_fen, less.discount_fen, amount.list_fen - less.discount_fen AS net_fen,
    CASE WHEN line.number = 1 THEN o.freight_fen ELSE 0 END AS freight_fen,
    good.cost_fen * taken.quantity / good.scale AS cost_fen,
    line.number = 1 AND o.state = 'completed' AND o.at < %(until)s::timestamptz - interval '1 day'
        AND pg_temp.drawn(o.n, 8) < 0.02 AS is_returned
FROM past_order AS o
CROSS JOIN LATERAL generate_series(1, o.line_count) AS line (number)
JOIN past_good AS good
    ON good.n = floor((SELECT count(*) FROM past_good) * power(pg_temp.drawn(o.n * 8 + line.number, 11), 1.6))::bigint
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN good.scale = 1 THEN 1 + floor(3 * power(pg_temp.drawn(o.n * 8 + line.number, 12), 3))::bigint
        ELSE 300 + floor(1500 * pg_temp.drawn(o.n * 8 + line.number, 12))::bigint
    END AS quantity
) AS taken
CROSS JOIN LATERAL (SELECT (2 * good.fen * taken.quantity + good.scale) / (2 * good.scale) AS list_fen) AS amount
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_temp.drawn(o.n * 8 + line.number, 13) < 0.2 THEN amount.list_fen / 10 ELSE 0 END AS discount_fen
) AS less;

CREATE TEMP TABLE past_sum ON COMMIT DROP AS
SELECT order_id, sum(list_fen) AS goods_fen, sum(discount_fen) AS discount_fen,
    sum(net_fen) + sum(freight_fen) AS payable_fen,
    coalesce(sum(net_fen) FILTER (WHERE is_returned), 0) AS refunded_fen
FROM past_line GROUP BY order_id;
CREATE INDEX ON past_sum (order_id);
ANALYZE past_order, past_line, past_sum;

INSERT INTO orders_order (
    id, number, channel, delivery, state, selling_store_id, member_id, staff_id, command_sha256, source, goods_fen,
    discount_fen, freight_fen, payable_fen, paid_fen, refunded_fen, address_masked, pickup_code, placed_at, paid_at,
    completed_at, cancelled_at, cancel_reason
)
SELECT o.id, o.number, o.channel, o.delivery, o.state, o.store_id, o.member_id,
    CASE WHEN o.channel = 'mall' THEN NULL ELSE o.staff_id END, sha256(uuid_send(o.id)), 'years', s.goods_fen,
    s.discount_fen, o.freight_fen, s.payable_fen, CASE WHEN o.state = 'cancelled' THEN 0 ELSE s.payable_fen END,
    s.refunded_fen, CASE WHEN o.freight_fen > 0 THEN '广东省深圳市***' ELSE '' END,
    CASE WHEN o.state = 'paid' AND o.delivery = 'pickup' THEN lpad((o.n %% 100000000)::text, 8, '0') ELSE '' END, o.at,
    CASE WHEN o.state <> 'cancelled' THEN o.at + interval '1 minute' END,
    CASE WHEN o.state = 'completed' THEN o.at + interval '2 minutes' END,
    CASE WHEN o.state = 'cancelled' THEN o.at + interval '15 minutes' END,
    CASE WHEN o.state = 'cancelled' THEN 'unpaid' ELSE '' END
FROM past_order AS o JOIN past_sum AS s ON s.order_id = o.id
ORDER BY o.n;

INSERT INTO orders_event (order_id, from_state, to_state, actor, at)
SELECT o.id, step.from_state, step.to_state,
    CASE WHEN o.channel = 'mall' THEN 'system:years' ELSE 'staff:' || o.staff_id END, o.at + step.after
FROM past_order AS o
CROSS JOIN (
    VALUES (1, '', 'placed', '{cancelled,paid,completed}'::text[], interval '0'),
        (2, 'placed', 'cancelled', '{cancelled}', interval '15 minutes'),
        (3, 'placed', 'paid', '{paid,completed}', interval '1 minute'),
        (4, 'paid', 'completed', '{completed}', interval '2 minutes')
) AS step (nth, from_state, to_state, of_states, after)
WHERE o.state = ANY (step.of_states)
ORDER BY o.n, step.nth;

INSERT INTO orders_line (
    id, order_id, number, sku_id, name, quantity, quantity_scale, unit_price_fen, list_fen, discount_fen, net_fen,
    freight_fen, cost_fen, tax_rate_bp, returned_quantity, refunded_fen, selling_store_id, location_id, owner_id,
    credited_store_id, credited_staff_id
)
SELECT id, order_id, number, sku_id, name, quantity, scale, fen, list_fen, discount_fen, net_fen, freight_fen, cost_fen,
    tax_rate_bp, CASE WHEN is_returned THEN quantity ELSE 0 END, CASE WHEN is_returned THEN net_fen ELSE 0 END, store_id,
    store_id, owner_id, store_id, staff_id
FROM past_line ORDER BY n, number;

INSERT INTO orders_line_discount (
    line_id, kind, source, label, amount_fen, brand_fen, store_fen, supplier_fen
)
SELECT id, 'member', 'years', '会员价', discount_fen, discount_fen, 0, 0 FROM past_line WHERE discount_fen > 0
ORDER BY n, number;

INSERT INTO payments_payment (
    id, order_id, tender, way, amount_fen, tendered_fen, state, out_trade_no, provider_txn, payer, prepay, refunded_fen,
    unit_id, created_at, paid_at
)
SELECT pg_temp.past_id('payment', o.n, o.at), o.id, how.tender, CASE WHEN how.is_till THEN 'till' ELSE 'mini' END,
    s.payable_fen, CASE WHEN how.tender = 'cash' THEN s.payable_fen END, 'paid', o.number || '01',
    CASE WHEN NOT how.is_till THEN 'YT' || o.number END, '', '{}', s.refunded_fen, o.store_id, o.at,
    o.at + interval '1 minute'
FROM past_order AS o JOIN past_sum AS s ON s.order_id = o.id
CROSS JOIN LATERAL (
    SELECT kind.tender, kind.tender IN ('cash', 'card') AS is_till FROM (
        SELECT CASE
            WHEN o.channel <> 'pos' OR pg_temp.drawn(o.n, 9) < 0.5 THEN 'wechat'
            WHEN pg_temp.drawn(o.n, 9) < 0.75 THEN 'alipay' WHEN pg_temp.drawn(o.n, 9) < 0.9 THEN 'card' ELSE 'cash'
        END AS tender
    ) AS kind
) AS how
WHERE o.state <> 'cancelled'
ORDER BY o.n;

CREATE TEMP TABLE past_return ON COMMIT DROP AS
SELECT l.*, pg_temp.past_id('return', l.n, l.at + interval '20 hours') AS return_id, l.at + interval '20 hours' AS back_at
FROM past_line AS l WHERE l.is_returned;

INSERT INTO aftersales_return (
    id, number, reason, note, amount_fen, actor, command_sha256, created_at, location_id, order_id
)
SELECT return_id, 'YR' || lpad(n::text, 11, '0'), '质量问题', '', net_fen, 'staff:' || staff_id,
    sha256(uuid_send(return_id)), back_at, store_id, order_id
FROM past_return ORDER BY n;

INSERT INTO aftersales_return_line (parent_id, order_line_id, quantity, amount_fen, restock)
SELECT return_id, id, quantity, net_fen, 'sellable' FROM past_return ORDER BY n;

INSERT INTO payments_refund (
    id, payment_id, reason, ref, amount_fen, state, out_refund_no, provider_refund, created_at, done_at
)
SELECT pg_temp.past_id('refund', r.n, r.back_at), pg_temp.past_id('payment', r.n, r.at), 'return', r.return_id::text,
    r.net_fen, 'done', 'Y' || lpad(r.n::text, 11, '0') || '01R01', NULL, r.back_at, r.back_at + interval '1 minute'
FROM past_return AS r ORDER BY r.n;

INSERT INTO inventory_reservation (
    id, cause_kind, cause_id, cause_line, location_id, sku_id, owner_id, quantity, state, created_at, closed_at
)
SELECT pg_temp.past_id('hold', n * 8 + number, at), 'order', order_id::text, number::text, store_id, sku_id, owner_id,
    quantity, CASE state WHEN 'completed' THEN 'issued' WHEN 'cancelled' THEN 'released' ELSE 'open' END, at,
    CASE state WHEN 'completed' THEN at + interval '2 minutes' WHEN 'cancelled' THEN at + interval '15 minutes' END
FROM past_line ORDER BY n, number;

-- Goods come in before they are sold: as much as these orders take, and a little more.
CREATE TEMP TABLE past_need ON COMMIT DROP AS
SELECT store_id, owner_id, sku_id, sum(quantity) AS wanted,
    coalesce(sum(quantity) FILTER (WHERE state = 'completed'), 0) AS sold,
    coalesce(sum(quantity) FILTER (WHERE state = 'paid'), 0) AS held,
    coalesce(sum(quantity) FILTER (WHERE is_returned), 0) AS back, min(at) - interval '1 hour' AS before
FROM past_line GROUP BY store_id, owner_id, sku_id;

INSERT INTO inventory_stock (location_id, sku_id, owner_id, on_hand, changed_at)
SELECT store_id, sku_id, owner_id, 0, before FROM past_need ORDER BY store_id, sku_id, owner_id
ON CONFLICT DO NOTHING;

CREATE TEMP TABLE past_move ON COMMIT DROP AS
SELECT 0 AS step, 0::bigint AS n, 0 AS number, need.store_id, need.sku_id, need.owner_id, 'receipt' AS kind,
    need.wanted + need.wanted / 20 AS delta, 'receipt' AS cause_kind, 'years-' || %(first)s AS cause_id, '' AS cause_line,
    'system:years' AS actor, need.before AS at
FROM past_need AS need
UNION ALL
SELECT 1, n, number, store_id, sku_id, owner_id, 'sale', -quantity, 'order', order_id::text, number::text,
    'staff:' || staff_id, at + interval '2 minutes'
FROM past_line WHERE state = 'completed'
UNION ALL
SELECT 2, n, number, store_id, sku_id, owner_id, 'customer_return', quantity, 'return', return_id::text, number::text,
    'staff:' || staff_id, back_at
FROM past_return;

-- Movements name the stock on hand that those before them explain.
INSERT INTO inventory_movement (
    location_id, sku_id, owner_id, kind, on_hand_delta, on_hand_after, cause_kind, cause_id, cause_line, actor, at
)
SELECT m.store_id, m.sku_id, m.owner_id, m.kind, m.delta,
    stock.on_hand + sum(m.delta) OVER (PARTITION BY m.store_id, m.sku_id, m.owner_id ORDER BY m.step, m.n, m.number),
    m.cause_kind, m.cause_id, m.cause_line, m.actor, m.at
FROM past_move AS m
JOIN inventory_stock AS stock
    ON stock.location_id = m.store_id AND stock.sku_id = m.sku_id AND stock.owner_id = m.owner_id
ORDER BY m.step, m.n, m.number;

UPDATE inventory_stock AS stock
SET on_hand = stock.on_hand + need.wanted + need.wanted / 20 - need.sold + need.back,
    reserved = stock.reserved + need.held, changed_at = need.before
FROM past_need AS need
WHERE stock.location_id = need.store_id AND stock.sku_id = need.sku_id AND stock.owner_id = need.owner_id
