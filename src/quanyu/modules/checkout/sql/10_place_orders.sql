-- Place a batch of priced orders in one round trip. Each order has its own outcome; a refused one leaves nothing.
--
-- p_batch: [{"order": header with lines (orders_insert_*), "wants": lines for inventory_reserve,
--            "reserve_until": time or null, "tenders": [...], "till": {...} or null, "completes": bool,
--            "actor": text, "facts": payload of the events,
--            "rights": only where coupons or points are used, see checkout_take_rights,
--            "newcomer": true only where a line has a price for new customers}]
-- Returns: [{"id", "outcome": "placed" | "known" | "short" | "bought_before" | "coupon" | "points" | "offer", ...}] in
-- the order of the batch; "placed" brings "number" and "owners" ({line: owner}), "short" the short lines, the last three
-- what checkout_take_rights says.
--
-- Locks are taken in the common order: coupons, points accounts, stock, each sorted.
CREATE OR REPLACE FUNCTION checkout_place_orders(p_batch jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_one jsonb;
    v_results jsonb := '[]'::jsonb;
    v_refused jsonb;
BEGIN
    IF p_batch @? '$[*].newcomer' THEN
        PERFORM checkout_hold_newcomers(p_batch);
    END IF;
    IF jsonb_array_length(p_batch) > 1 THEN
        -- One order locks what it takes in the common order by itself; many in one transaction need the order of all.
        PERFORM checkout_lock_rights(p_batch);
        PERFORM inventory_lock(
            array_agg((want->>'location_id')::bigint), array_agg((want->>'sku_id')::bigint)
        )
        FROM jsonb_array_elements(p_batch) AS one, jsonb_array_elements(one->'wants') AS want;
    END IF;
    FOR v_one IN SELECT value FROM jsonb_array_elements(p_batch) LOOP
        -- A block with an exception clause is a savepoint: what a refused order did is undone.
        BEGIN
            v_refused := checkout_place_order(v_one);
            IF v_refused->>'outcome' <> 'placed' THEN
                RAISE EXCEPTION 'refused' USING ERRCODE = 'QY001';
            END IF;
            v_results := v_results || (v_refused || jsonb_build_object('id', v_one->'order'->'id'));
        EXCEPTION
            WHEN SQLSTATE 'QY001' THEN
                v_results := v_results || (v_refused || jsonb_build_object('id', v_one->'order'->'id'));
            WHEN SQLSTATE 'QY002' THEN
                v_results := v_results || jsonb_build_object('id', v_one->'order'->'id', 'outcome', 'known');
        END;
    END LOOP;
    RETURN v_results;
END $$;

-- Place one order: header, rights, stock, lines, money, events. Returns its outcome, see checkout_place_orders.
CREATE OR REPLACE FUNCTION checkout_place_order(p_one jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_order jsonb := p_one->'order';
    v_id uuid := (v_order->>'id')::uuid;
    v_at timestamptz := (v_order->>'placed_at')::timestamptz;
    v_actor text := p_one->>'actor';
    v_refused jsonb;
    v_held jsonb;
    v_owners jsonb;
    v_number text;
    v_paid bigint := 0;
BEGIN
    IF NOT orders_insert_header(v_order || jsonb_build_object('actor', v_actor)) THEN
        RAISE EXCEPTION 'known' USING ERRCODE = 'QY002';
    END IF;
    IF p_one ? 'newcomer' AND orders_has_other((v_order->>'member_id')::uuid, v_id) THEN
        RETURN jsonb_build_object('outcome', 'bought_before');
    END IF;
    IF p_one ? 'rights' THEN
        v_refused := checkout_take_rights(v_id, (v_order->>'member_id')::uuid, p_one->'rights', v_at);
        IF v_refused IS NOT NULL THEN
            RETURN v_refused;
        END IF;
    END IF;
    v_held := inventory_reserve(
        'order', v_id::text, p_one->'wants', (p_one->>'reserve_until')::timestamptz, v_at
    );
    IF NOT (v_held->>'ok')::boolean THEN
        RETURN jsonb_build_object('outcome', 'short', 'short', v_held->'short');
    END IF;
    SELECT jsonb_object_agg(held->>'line', held->'owner_id') INTO v_owners FROM jsonb_array_elements(v_held->'held') AS held;
    PERFORM orders_insert_lines(v_order, v_owners);
    v_number := orders_number_of(v_id);
    PERFORM platform_outbox_append('orders.placed.1', 'order:' || v_id, checkout_fact(p_one, v_number), v_at);
    IF jsonb_array_length(p_one->'tenders') > 0 THEN
        v_paid := payments_record(
            v_id, v_number, p_one->'tenders', (v_order->>'store_id')::bigint, (v_order->>'terminal_id')::uuid,
            (v_order->>'shift_id')::uuid, v_at
        );
    END IF;
    -- An order that owes nothing (points paid it) is paid with these words too.
    IF v_paid = (v_order->>'payable_fen')::bigint THEN
        PERFORM orders_add_payment(v_id, v_paid, ARRAY['placed'], v_actor, v_at);
        IF p_one ? 'rights' THEN
            PERFORM checkout_use_rights(v_id, p_one->'rights'->'coupons', v_at);
        END IF;
        PERFORM platform_outbox_append('orders.paid.1', 'order:' || v_id, checkout_fact(p_one, v_number), v_at);
        IF (p_one->>'completes')::boolean AND checkout_complete(v_id, v_actor, '', v_at) THEN
            PERFORM platform_outbox_append(
                'orders.completed.1', 'order:' || v_id, checkout_fact(p_one, v_number), v_at
            );
        END IF;
    ELSIF v_paid > 0 THEN
        -- Python refuses tenders that do not cover the amount; money without its order must never stand.
        RAISE EXCEPTION 'order % was given % fen of %', v_id, v_paid, v_order->>'payable_fen';
    END IF;
    RETURN jsonb_build_object('outcome', 'placed', 'number', v_number, 'owners', v_owners);
END $$;

-- Let the goods of a paid order leave and complete it. False: it was not paid (or is completed already).
CREATE OR REPLACE FUNCTION checkout_complete(p_order uuid, p_actor text, p_reason text, p_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT orders_move(p_order, ARRAY['paid'], 'completed', p_actor, p_reason, p_at) THEN
        RETURN false;
    END IF;
    IF inventory_issue('order', p_order::text, 'sale', p_actor, p_at) <> orders_line_count(p_order) THEN
        RAISE EXCEPTION 'paid order % does not hold all of its goods', p_order;
    END IF;
    RETURN true;
END $$;

-- The payload of an order event: the facts that Python gave, and the number that the database made.
CREATE OR REPLACE FUNCTION checkout_fact(p_one jsonb, p_number text) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT p_one->'facts' || jsonb_build_object('number', p_number)
$$;
