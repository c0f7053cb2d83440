-- A batch of orders is written set-based: all headers with the steps of their lives, then all lines.
-- A header: {n (its place), id, number_type, state ('placed', or what it becomes with these words: 'paid', 'completed'),
-- actor, channel, delivery, store_id, ... as orders_order}; lines: {n, id, number, sku_id, ... as orders_line, discounts}.

DROP FUNCTION IF EXISTS orders_existing(uuid[]);
DROP FUNCTION IF EXISTS orders_standing(jsonb);

-- The places of those that cannot be written, and what is in their way: an order that stands and has their 'id', their
-- 'till' number or their pickup 'code'; or an earlier one of the 'batch' that has, of which nobody knows yet whether it
-- will stand.
CREATE OR REPLACE FUNCTION orders_in_the_way(p_orders jsonb) RETURNS TABLE (n int, what text)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT judged.n, judged.what
    FROM (
        WITH given AS (
            SELECT o.*,
                row_number() OVER (PARTITION BY o.id ORDER BY o.n) AS nth_of_id,
                row_number() OVER (PARTITION BY o.terminal_id, o.terminal_seq ORDER BY o.n) AS nth_of_till,
                row_number() OVER (PARTITION BY o.store_id, o.pickup_code ORDER BY o.n) AS nth_of_code
            FROM jsonb_to_recordset(p_orders) AS o (
                n int, id uuid, store_id bigint, terminal_id uuid, terminal_seq bigint, pickup_code text
            )
        )
        SELECT given.n, CASE
            WHEN EXISTS (SELECT FROM orders_order WHERE id = given.id) THEN 'id'
            WHEN EXISTS (
                SELECT FROM orders_order WHERE terminal_id = given.terminal_id AND terminal_seq = given.terminal_seq
            ) THEN 'till'
            WHEN given.pickup_code <> '' AND EXISTS (
                SELECT FROM orders_order
                WHERE selling_store_id = given.store_id AND pickup_code = given.pickup_code
                    AND state IN ('placed', 'paid') AND pickup_code <> ''
            ) THEN 'code'
            WHEN given.nth_of_id > 1 OR (given.terminal_id IS NOT NULL AND given.nth_of_till > 1)
                OR (given.pickup_code <> '' AND given.nth_of_code > 1) THEN 'batch'
        END AS what
        FROM given
    ) AS judged
    WHERE judged.what IS NOT NULL;
END $$;

-- Tell whether one of the orders stands already. Waits for nobody.
CREATE OR REPLACE FUNCTION orders_some_stand(p_orders jsonb) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM orders_order
        WHERE id = ANY (ARRAY(SELECT (value->>'id')::uuid FROM jsonb_array_elements(p_orders)))
    );
END $$;

-- Write the headers and the steps of their lives so far (placed, and what they became with the same words); returns
-- their numbers by place. One that stands is not written and not returned.
CREATE OR REPLACE FUNCTION orders_insert_headers(p_orders jsonb) RETURNS TABLE (n int, number text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT o.*, orders_number(o.number_type, o.store_id, o.placed_at) AS number
        FROM jsonb_to_recordset(p_orders) AS o (
            n int, id uuid, number_type text, state text, actor text, channel text, delivery text, store_id bigint,
            member_id uuid,
            staff_id bigint, terminal_id uuid, terminal_seq bigint, shift_id uuid, command_sha256 text, source text,
            goods_fen bigint, discount_fen bigint, coupon_fen bigint, points_fen bigint, points_spent bigint,
            coupons jsonb, freight_fen bigint, payable_fen bigint, address text, address_masked text, pickup_code text,
            note text, placed_at timestamptz, promised_at timestamptz, pay_before timestamptz
        )
    ),
    written AS (
        INSERT INTO orders_order (
            id, number, channel, delivery, state, selling_store_id, member_id, staff_id, terminal_id, terminal_seq,
            shift_id, command_sha256, source, goods_fen, discount_fen, coupon_fen, points_fen, points_spent, coupons,
            freight_fen, payable_fen, paid_fen, address_encrypted, address_masked, pickup_code, note, placed_at,
            promised_at, pay_before, paid_at, completed_at
        )
        SELECT
            o.id, o.number, o.channel, o.delivery, o.state, o.store_id, o.member_id, o.staff_id, o.terminal_id,
            o.terminal_seq, o.shift_id, decode(o.command_sha256, 'hex'), o.source, o.goods_fen, o.discount_fen,
            o.coupon_fen, o.points_fen, o.points_spent, o.coupons, o.freight_fen, o.payable_fen,
            CASE WHEN o.state = 'placed' THEN 0 ELSE o.payable_fen END, decode(o.address, 'base64'), o.address_masked,
            o.pickup_code, o.note, o.placed_at, o.promised_at, o.pay_before, CASE WHEN o.state <> 'placed' THEN o.placed_at END,
            CASE WHEN o.state = 'completed' THEN o.placed_at END
        FROM given AS o
        -- One order for all batches: two that bring the same orders do not wait for each other in a circle.
        ORDER BY o.id
        ON CONFLICT DO NOTHING
        RETURNING id, number, state, placed_at
    ),
    lived AS (
        INSERT INTO orders_event (order_id, from_state, to_state, actor, at)
        SELECT written.id, step.from_state, step.to_state, given.actor, written.placed_at
        FROM written
        JOIN given USING (id)
        JOIN (VALUES
            (1, '', 'placed', ARRAY['placed', 'paid', 'completed']),
            (2, 'placed', 'paid', ARRAY['paid', 'completed']),
            (3, 'paid', 'completed', ARRAY['completed'])
        ) AS step (nth, from_state, to_state, states) ON written.state = ANY (step.states)
        ORDER BY given.n, step.nth
    )
    -- Of two with one id the first was written.
    SELECT min(given.n), written.number::text FROM written JOIN given USING (id) GROUP BY written.id, written.number;
END $$;

-- Write what the orders of a batch wish: {"wishes": {pickup_from, pickup_until, is_gift, wrap, hide_prices, card}}, its
-- card sealed, in base64. Called only when one of them wishes something.
CREATE OR REPLACE FUNCTION orders_insert_wishes(p_orders jsonb) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO orders_wish (order_id, pickup_from, pickup_until, is_gift, wrap, hide_prices, card_encrypted)
    SELECT o.id, w.pickup_from, w.pickup_until, w.is_gift, w.wrap, w.hide_prices, decode(w.card, 'base64')
    FROM jsonb_to_recordset(p_orders) AS o (id uuid, wishes jsonb),
        jsonb_to_record(o.wishes) AS w (
            pickup_from timestamptz, pickup_until timestamptz, is_gift boolean, wrap boolean, hide_prices boolean, card text
        )
    WHERE o.wishes IS NOT NULL
$$;

-- Write the lines with their discounts, each with the owner whose stock it took: the arrays say him for each
-- (n, location, SKU). Lines of other places of the batch are left out.
CREATE OR REPLACE FUNCTION orders_insert_lines(
    p_orders jsonb, p_lines jsonb, p_n int[], p_location_ids bigint[], p_sku_ids bigint[], p_owner_ids bigint[]
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    WITH line AS MATERIALIZED (
        SELECT l.*, o.id AS order_id, o.store_id, taken.owner_id
        FROM jsonb_to_recordset(p_lines) AS l (
            n int, id uuid, number int, sku_id bigint, name text, quantity bigint, quantity_scale int,
            unit_price_fen bigint, list_fen bigint, discount_fen bigint, coupon_fen bigint, points_fen bigint,
            points_spent bigint, net_fen bigint, freight_fen bigint, cost_fen bigint, tax_rate_bp int, gift_of text,
            location_id bigint, credited_store_id bigint, credited_staff_id bigint, discounts jsonb
        )
        JOIN jsonb_to_recordset(p_orders) AS o (n int, id uuid, store_id bigint) USING (n)
        JOIN unnest(p_n, p_location_ids, p_sku_ids, p_owner_ids) AS taken (n, location_id, sku_id, owner_id)
            USING (n, location_id, sku_id)
    ),
    written AS (
        INSERT INTO orders_line (
            id, order_id, number, sku_id, name, quantity, quantity_scale, unit_price_fen, list_fen, discount_fen,
            coupon_fen, points_fen, points_spent, net_fen, freight_fen, cost_fen, tax_rate_bp, gift_of,
            selling_store_id, location_id, owner_id, credited_store_id, credited_staff_id
        )
        SELECT
            id, order_id, number, sku_id, name, quantity, quantity_scale, unit_price_fen, list_fen, discount_fen,
            coupon_fen, points_fen, points_spent, net_fen, freight_fen, cost_fen, tax_rate_bp, gift_of,
            store_id, location_id, owner_id, credited_store_id, credited_staff_id
        FROM line
    )
    INSERT INTO orders_line_discount (
        line_id, kind, source, label, amount_fen, brand_fen, store_fen, supplier_fen, threshold_fen
    )
    SELECT line.id, d.kind, d.source, d.label, d.amount_fen, d.brand_fen, d.store_fen, d.supplier_fen, d.threshold_fen
    FROM line, jsonb_to_recordset(line.discounts) AS d (
        kind text, source text, label text, amount_fen bigint, brand_fen bigint, store_fen bigint, supplier_fen bigint,
        threshold_fen bigint
    )
    WHERE line.discounts <> '[]';
END $$;

DROP FUNCTION IF EXISTS orders_insert_header(jsonb);
DROP FUNCTION IF EXISTS orders_number_of(uuid);
DROP FUNCTION IF EXISTS orders_insert_lines(jsonb, jsonb);
