-- The reference of P1 and P2: one paid till sale of three lines as an expert would write it for this schema, in one
-- PL/pgSQL function: every row that the product writes for such a sale, in its final state, nothing read back,
-- nothing checked twice, the hot rows locked last. Prices are looked up; campaigns are a constant.
-- It is replaced: :book, :off_from, :off.
CREATE TABLE bench_till (
    number int PRIMARY KEY, store_id bigint, owner_id bigint, device_id uuid, shift_id uuid, staff_id bigint
);
-- Below the numbers of the tills that sell over HTTP: both sides raise the till's last number with every order.
CREATE SEQUENCE bench_receipt CACHE 50;

CREATE FUNCTION bench_order(p_till int, p_first bigint, p_second bigint, p_third bigint) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := uuidv7();
    v_at timestamptz := clock_timestamp();
    v_seq bigint := nextval('bench_receipt');
    v_lines uuid[] := ARRAY[uuidv7(), uuidv7(), uuidv7()];
    v_skus bigint[] := ARRAY[p_first, p_second, p_third];
    v_store bigint; v_owner bigint; v_device uuid; v_shift uuid; v_staff bigint;
    v_fen bigint[]; v_names text[]; v_costs bigint[]; v_offs bigint[];
    v_goods bigint; v_off bigint := 0; v_payable bigint;
    v_number text; v_actor text; v_aggregate text := 'order:' || v_id;
    v_fact jsonb; v_changes jsonb; v_moved int;
BEGIN
    SELECT store_id, owner_id, device_id, shift_id, staff_id INTO v_store, v_owner, v_device, v_shift, v_staff
    FROM bench_till WHERE number = p_till;
    SELECT array_agg(price.amount_fen ORDER BY sku.id), array_agg(sku.name ORDER BY sku.id),
        array_agg(sku.cost_fen ORDER BY sku.id), sum(price.amount_fen)
    INTO v_fen, v_names, v_costs, v_goods
    FROM pricing_price AS price JOIN catalog_sku AS sku ON sku.id = price.sku_id
    WHERE price.book_id = :book AND price.sku_id = ANY (v_skus);
    v_offs := ARRAY[0, 0, 0];
    IF v_goods >= :off_from THEN
        v_off := :off;
        v_offs := ARRAY[v_off * v_fen[1] / v_goods, v_off * v_fen[2] / v_goods, 0];
        v_offs[3] := v_off - v_offs[1] - v_offs[2];
    END IF;
    v_payable := v_goods - v_off;
    v_actor := 'staff:' || v_staff;
    v_number := 'XS' || to_char(v_at, 'YYMMDD') || lpad((v_store % 10000)::text, 4, '0')
        || lpad((v_seq * 7368787 % 10000000)::text, 7, '0') || '0';
    v_fact := jsonb_build_object(
        'order_id', v_id, 'number', v_number, 'channel', 'pos', 'store_id', v_store, 'member_id', NULL,
        'payable_fen', v_payable
    );

    INSERT INTO orders_order (
        id, number, channel, delivery, state, selling_store_id, staff_id, terminal_id, terminal_seq, shift_id,
        command_sha256, source, goods_fen, discount_fen, payable_fen, paid_fen, placed_at, paid_at, completed_at
    ) VALUES (
        v_id, v_number, 'pos', 'carry_out', 'completed', v_store, v_staff, v_device, v_seq, v_shift,
        '\x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 'pgbench', v_goods, v_off, v_payable,
        v_payable, v_at, v_at, v_at
    );
    INSERT INTO orders_event (order_id, from_state, to_state, actor, at) VALUES
        (v_id, '', 'placed', v_actor, v_at), (v_id, 'placed', 'paid', v_actor, v_at),
        (v_id, 'paid', 'completed', v_actor, v_at);
    INSERT INTO orders_line (
        id, order_id, number, sku_id, name, quantity, quantity_scale, unit_price_fen, list_fen, discount_fen, net_fen,
        cost_fen, tax_rate_bp, selling_store_id, location_id, owner_id, credited_store_id, credited_staff_id
    ) VALUES
        (v_lines[1], v_id, 1, p_first, v_names[1], 1, 1, v_fen[1], v_fen[1], v_offs[1], v_fen[1] - v_offs[1],
            v_costs[1], 1300, v_store, v_store, v_owner, v_store, v_staff),
        (v_lines[2], v_id, 2, p_second, v_names[2], 1, 1, v_fen[2], v_fen[2], v_offs[2], v_fen[2] - v_offs[2],
            v_costs[2], 1300, v_store, v_store, v_owner, v_store, v_staff),
        (v_lines[3], v_id, 3, p_third, v_names[3], 1, 1, v_fen[3], v_fen[3], v_offs[3], v_fen[3] - v_offs[3],
            v_costs[3], 1300, v_store, v_store, v_owner, v_store, v_staff);
    IF v_off > 0 THEN
        INSERT INTO orders_line_discount (line_id, kind, source, label, amount_fen, brand_fen, store_fen, supplier_fen, threshold_fen)
        VALUES
            (v_lines[1], 'threshold', 'campaign:1', '满百减十', v_offs[1], v_offs[1], 0, 0, :off_from),
            (v_lines[2], 'threshold', 'campaign:1', '满百减十', v_offs[2], v_offs[2], 0, 0, :off_from),
            (v_lines[3], 'threshold', 'campaign:1', '满百减十', v_offs[3], v_offs[3], 0, 0, :off_from);
    END IF;
    INSERT INTO inventory_reservation (
        id, cause_kind, cause_id, cause_line, location_id, sku_id, owner_id, quantity, state, created_at, closed_at
    ) VALUES
        (uuidv7(), 'order', v_id::text, '1', v_store, p_first, v_owner, 1, 'issued', v_at, v_at),
        (uuidv7(), 'order', v_id::text, '2', v_store, p_second, v_owner, 1, 'issued', v_at, v_at),
        (uuidv7(), 'order', v_id::text, '3', v_store, p_third, v_owner, 1, 'issued', v_at, v_at);
    INSERT INTO payments_payment (
        id, order_id, tender, way, amount_fen, tendered_fen, state, out_trade_no, payer, prepay, unit_id, terminal_id,
        shift_id, created_at, paid_at
    ) VALUES (
        uuidv7(), v_id, 'cash', 'till', v_payable, v_payable, 'paid', v_number || '01', '', '{}', v_store, v_device,
        v_shift, v_at, v_at
    );
    INSERT INTO pos_journal_entry (id, kind, terminal_id, seq, shift_id, staff_id, begun_at, ended_at, outcome)
    VALUES (v_id, 'sale', v_device, v_seq, v_shift, v_staff, v_at, v_at, 'done');
    UPDATE pos_terminal SET last_seq = greatest(last_seq, v_seq) WHERE device_id = v_device;
    INSERT INTO platform_outbox (topic, aggregate, payload, occurred_at, next_at) VALUES
        ('orders.placed.1', v_aggregate, v_fact, v_at, v_at), ('orders.paid.1', v_aggregate, v_fact, v_at, v_at),
        ('orders.completed.1', v_aggregate, v_fact, v_at, v_at);

    WITH counted AS (
        UPDATE inventory_stock AS stock SET on_hand = stock.on_hand - 1, changed_at = v_at
        FROM unnest(v_skus) WITH ORDINALITY AS wanted (sku_id, line)
        WHERE stock.location_id = v_store AND stock.sku_id = wanted.sku_id AND stock.owner_id = v_owner
            AND stock.on_hand - stock.reserved >= 1
        RETURNING stock.sku_id, stock.on_hand, wanted.line
    ), moved AS (
        INSERT INTO inventory_movement (
            location_id, sku_id, owner_id, kind, on_hand_delta, on_hand_after, cause_kind, cause_id, cause_line, actor, at
        )
        SELECT v_store, sku_id, v_owner, 'sale', -1, on_hand, 'order', v_id::text, line::text, v_actor, v_at FROM counted
    )
    SELECT count(*), jsonb_agg(jsonb_build_object(
        'location_id', v_store, 'sku_id', sku_id, 'owner_id', v_owner, 'on_hand_delta', -1, 'on_hand', on_hand
    )) INTO v_moved, v_changes FROM counted;
    IF v_moved <> 3 THEN
        RAISE EXCEPTION 'short of stock';
    END IF;
    INSERT INTO platform_outbox (topic, aggregate, payload, occurred_at, next_at) VALUES (
        'inventory.stock_changed.1', v_aggregate,
        jsonb_build_object('cause_kind', 'order', 'cause_id', v_id, 'kind', 'sale', 'changes', v_changes), v_at, v_at
    );
    RETURN v_id;
END $$;
