-- Place a batch of priced orders in one round trip, set-based: group commit. Each order has its own outcome; a refused one
-- leaves nothing, and costs its neighbours nothing.
--
-- p_batch: {"now": time, "orders": [{n (its place in the batch), id, state ('placed', or what its tenders make of it:
--     'paid', 'completed'), actor, reserve_until, facts (payload of its events), ... header as
--     orders_insert_headers, "rights" (only where coupons or points are used: checkout_take_rights), "flash" (only for
--     items under sale: flash_take), "newcomer" (true only where a line has a price for new customers)}],
--     "lines": [{n, number, sku_id, location_id, owner_ids, keep_safety, quantity, ... as orders_insert_lines}],
--     "tenders": [as payments_record_batch],
--     "careful": look for orders that stand already; else QY003 is raised when one does (the caller has looked)}
-- Returns: {n: {"outcome": "placed" | "known" | "short" | "bought_before" | "coupon" | "points" | "offer" | "flash" | "slot" |
--     "again", ...}};
-- "placed" brings "number" and "owners" ({line: owner}), "short" the short lines; "again": what it was refused for may not
-- hold, because an order of this very batch was in its way and then did not come about.
--
-- Locks are taken once for all, in the common order, each kind sorted: newcomers, coupons, points accounts, offers, flash
-- sales with their purchases, pickup slots, stock.
CREATE OR REPLACE FUNCTION checkout_place_orders(p_batch jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_orders jsonb := p_batch->'orders';
    v_lines jsonb := p_batch->'lines';
    v_refused jsonb;
    v_short jsonb;
    v_rightless jsonb;
    v_n int[];
    v_locations bigint[];
    v_skus bigint[];
    v_owners bigint[];
BEGIN
    PERFORM checkout_lock_batch(v_orders, v_lines);
    v_refused := checkout_refused_at_once(v_orders, (p_batch->>'careful')::boolean);
    v_orders := checkout_without(v_orders, v_refused);
    v_lines := checkout_without(v_lines, v_refused);

    SELECT array_agg(one.n), array_agg(one.location_id), array_agg(one.sku_id), array_agg(one.owner_id),
           jsonb_agg(to_jsonb(one)) FILTER (WHERE one.owner_id IS NULL)
    INTO v_n, v_locations, v_skus, v_owners, v_short
    FROM inventory_admit(v_lines, (p_batch->>'now')::timestamptz) AS one;
    v_short := checkout_short(v_lines, v_short);
    v_orders := checkout_without(v_orders, v_short);

    v_rightless := checkout_take_all_rights(v_orders, (p_batch->>'now')::timestamptz);
    v_orders := checkout_without(v_orders, v_rightless);
    IF v_rightless <> '{}' AND v_short <> '{}' THEN
        -- Whoever was in the way of the short ones is gone: they are to be looked at again.
        SELECT jsonb_object_agg(key, '{"outcome": "again"}'::jsonb) INTO v_short FROM jsonb_each(v_short);
    END IF;
    v_refused := v_refused || v_short || v_rightless;
    IF v_orders = '[]' THEN
        RETURN v_refused;
    END IF;
    RETURN v_refused || checkout_write_orders(
        v_orders, checkout_without(v_lines, v_refused), checkout_without(p_batch->'tenders', v_refused),
        v_n, v_locations, v_skus, v_owners
    );
END $$;

-- Take all locks of a batch in the common order.
CREATE OR REPLACE FUNCTION checkout_lock_batch(p_orders jsonb, p_lines jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_orders @? '$[*].newcomer' THEN
        PERFORM checkout_hold_newcomers(p_orders);
    END IF;
    IF p_orders @? '$[*].rights' THEN
        PERFORM checkout_lock_rights(p_orders);
    END IF;
    IF p_orders @? '$[*].flash' THEN
        PERFORM flash_lock_orders(p_orders);
    END IF;
    IF p_orders @? '$[*].slot' THEN
        PERFORM fulfilment_lock_slots(p_orders);
    END IF;
    PERFORM inventory_lock(array_agg(line.location_id), array_agg(line.sku_id))
    FROM jsonb_to_recordset(p_lines) AS line (location_id bigint, sku_id bigint);
END $$;

-- What needs no look at the stock: orders that stand already, and prices for new customers of somebody who is none.
-- Two first orders of one member in one batch: the second is tried again after the first.
CREATE OR REPLACE FUNCTION checkout_refused_at_once(p_orders jsonb, p_careful boolean) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_refused jsonb := '{}';
BEGIN
    IF p_careful THEN
        -- A random pickup code is drawn again; whoever meets an earlier one of the batch waits for what becomes of it.
        SELECT coalesce(jsonb_object_agg(other.n, jsonb_build_object(
            'outcome', CASE WHEN other.what IN ('id', 'till') THEN 'known' ELSE 'again' END
        )), '{}') INTO v_refused
        FROM orders_in_the_way(p_orders) AS other;
    ELSIF orders_some_stand(p_orders) THEN
        -- Whoever ends it at this moment holds it and waits for the stock we hold: writing it would wait for him.
        RAISE EXCEPTION 'an order of the batch stands already' USING ERRCODE = 'QY003';
    END IF;
    IF NOT p_orders @? '$[*].newcomer' THEN
        RETURN v_refused;
    END IF;
    RETURN v_refused || (
        SELECT coalesce(jsonb_object_agg(one.n, jsonb_build_object(
            'outcome', CASE WHEN one.has_bought THEN 'bought_before' ELSE 'again' END
        )), '{}')
        FROM (
            SELECT o.n, orders_has_other(o.member_id, o.id) AS has_bought, EXISTS (
                SELECT FROM jsonb_to_recordset(p_orders) AS earlier (n int, member_id uuid)
                WHERE earlier.member_id = o.member_id AND earlier.n < o.n AND NOT v_refused ? earlier.n::text
            ) AS waits
            FROM jsonb_to_recordset(p_orders) AS o (n int, id uuid, member_id uuid, newcomer boolean)
            WHERE o.newcomer AND NOT v_refused ? o.n::text
        ) AS one
        WHERE one.has_bought OR one.waits
    );
END $$;

DROP FUNCTION IF EXISTS checkout_known(jsonb, jsonb);

-- The elements of a list whose place is not among the keys of the refused ones.
CREATE OR REPLACE FUNCTION checkout_without(p_items jsonb, p_refused jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF p_refused = '{}' THEN
        RETURN p_items;
    END IF;
    RETURN (
        SELECT coalesce(jsonb_agg(item.value ORDER BY item.position), '[]')
        FROM jsonb_array_elements(p_items) WITH ORDINALITY AS item (value, position)
        WHERE NOT p_refused ? (item.value->>'n')
    );
END $$;

-- What orders lack, by place: {n: {"outcome": "short", "short": [{line, sku_id, wanted, available}]}}. p_rows: the rows
-- of inventory_admit that have no owner, or null.
CREATE OR REPLACE FUNCTION checkout_short(p_lines jsonb, p_rows jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF p_rows IS NULL THEN
        RETURN '{}';
    END IF;
    RETURN (
        SELECT jsonb_object_agg(short.n, jsonb_build_object('outcome', 'short', 'short', short.lines))
        FROM (
            SELECT one.n, jsonb_agg(jsonb_build_object(
                'line', line.number::text, 'sku_id', one.sku_id, 'wanted', one.wanted, 'available', one.available
            ) ORDER BY line.number) AS lines
            FROM jsonb_to_recordset(p_rows) AS one (
                n int, location_id bigint, sku_id bigint, wanted bigint, available bigint
            )
            JOIN jsonb_to_recordset(p_lines) AS line (n int, number int, location_id bigint, sku_id bigint)
                USING (n, location_id, sku_id)
            GROUP BY one.n
        ) AS short
    );
END $$;

-- Take the pieces of flash sales, the coupons, offers, points and pickup slots of all orders that use any; returns the outcomes of those
-- that cannot have them.
CREATE OR REPLACE FUNCTION checkout_take_all_rights(p_orders jsonb, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_one jsonb;
    v_refused jsonb;
    v_flash jsonb := '{}';
    v_all jsonb := '{}';
BEGIN
    IF p_orders @? '$[*].flash' THEN
        v_flash := flash_take(p_orders, p_at);
    END IF;
    FOR v_one IN
        SELECT value FROM jsonb_array_elements(p_orders)
        WHERE value ?| ARRAY['rights', 'slot'] AND NOT v_flash ? (value->>'n')
    LOOP
        -- A block with an exception clause is a savepoint: what a refused order took before is undone.
        BEGIN
            v_refused := NULL;
            IF v_one ? 'rights' THEN
                v_refused := checkout_take_rights(
                    (v_one->>'id')::uuid, (v_one->>'member_id')::uuid, v_one->'rights',
                    (v_one->>'placed_at')::timestamptz
                );
            END IF;
            IF v_refused IS NULL AND v_one ? 'slot'
                AND NOT fulfilment_take_slot((v_one->>'id')::uuid, (v_one->>'store_id')::bigint, v_one->'slot')
            THEN
                v_refused := '{"outcome": "slot"}';
            END IF;
            IF v_refused IS NOT NULL THEN
                RAISE EXCEPTION 'refused' USING ERRCODE = 'QY001';
            END IF;
        EXCEPTION
            WHEN SQLSTATE 'QY001' THEN
                v_all := v_all || jsonb_build_object(v_one->>'n', v_refused);
        END;
    END LOOP;
    IF v_all <> '{}' AND p_orders @? '$[*].flash' THEN
        PERFORM flash_undo(array_agg((value->>'id')::uuid))
        FROM jsonb_array_elements(p_orders)
        WHERE v_all ? (value->>'n');
        -- Whoever was in the way of those without pieces may be gone: they are to be looked at again.
        SELECT coalesce(jsonb_object_agg(key, '{"outcome": "again"}'::jsonb), '{}') INTO v_flash FROM jsonb_each(v_flash);
    END IF;
    RETURN v_flash || v_all;
END $$;

-- Write the orders that nothing speaks against: headers, lines, stock, money, events. Returns their outcomes by place.
CREATE OR REPLACE FUNCTION checkout_write_orders(
    p_orders jsonb, p_lines jsonb, p_tenders jsonb, p_n int[], p_location_ids bigint[], p_sku_ids bigint[],
    p_owner_ids bigint[]
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_n int[];
    v_numbers text[];
    v_one jsonb;
BEGIN
    SELECT array_agg(written.n), array_agg(written.number) INTO v_n, v_numbers
    FROM orders_insert_headers(p_orders) AS written;
    IF coalesce(cardinality(v_n), 0) <> jsonb_array_length(p_orders) THEN
        -- One of them stands, or another transaction wrote it since we looked: all is tried again, with care.
        RAISE EXCEPTION 'an order of the batch stands already' USING ERRCODE = 'QY003';
    END IF;
    PERFORM orders_insert_lines(p_orders, p_lines, p_n, p_location_ids, p_sku_ids, p_owner_ids);
    IF inventory_book(p_lines, p_orders, p_n, p_location_ids, p_sku_ids, p_owner_ids) <> jsonb_array_length(p_lines) THEN
        RAISE EXCEPTION 'not every line of the batch has its goods';
    END IF;
    PERFORM checkout_book_money(p_orders, p_tenders, v_n, v_numbers);
    IF p_orders @? '$[*].wishes' THEN
        PERFORM orders_insert_wishes(p_orders);
    END IF;
    IF p_lines @? '$[*].shares' THEN
        PERFORM orders_insert_shares(p_lines);
    END IF;
    FOR v_one IN SELECT value FROM jsonb_array_elements(p_orders) WHERE value ? 'rights' AND value->>'state' <> 'placed' LOOP
        PERFORM checkout_use_rights(
            (v_one->>'id')::uuid, v_one->'rights'->'coupons', (v_one->>'placed_at')::timestamptz
        );
    END LOOP;
    PERFORM checkout_tell(p_orders, v_n, v_numbers);
    RETURN (
        SELECT jsonb_object_agg(numbered.n, jsonb_build_object(
            'outcome', 'placed', 'number', numbered.number, 'owners', owned.owners
        ))
        FROM unnest(v_n, v_numbers) AS numbered (n, number)
        JOIN (
            SELECT line.n, jsonb_object_agg(line.number, taken.owner_id) AS owners
            FROM jsonb_to_recordset(p_lines) AS line (n int, number int, location_id bigint, sku_id bigint)
            JOIN unnest(p_n, p_location_ids, p_sku_ids, p_owner_ids) AS taken (n, location_id, sku_id, owner_id)
                USING (n, location_id, sku_id)
            GROUP BY line.n
        ) AS owned USING (n)
    );
END $$;

-- Record the money that came with the orders of a batch: the whole amount of those that are paid with these words (an
-- order that points paid owes nothing), nothing of the others.
CREATE OR REPLACE FUNCTION checkout_book_money(p_orders jsonb, p_tenders jsonb, p_n int[], p_numbers text[])
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_wrong text;
BEGIN
    SELECT format('order %s was given %s fen of %s', o.id, coalesce(money.amount_fen, 0), o.payable_fen) INTO v_wrong
    FROM jsonb_to_recordset(p_orders) AS o (n int, id uuid, state text, payable_fen bigint)
    LEFT JOIN (
        SELECT recorded.n, sum(recorded.amount_fen) AS amount_fen
        FROM payments_record_batch(p_tenders, p_orders, p_n, p_numbers) AS recorded
        GROUP BY recorded.n
    ) AS money USING (n)
    WHERE coalesce(money.amount_fen, 0) <> CASE WHEN o.state = 'placed' THEN 0 ELSE o.payable_fen END;
    IF v_wrong IS NOT NULL THEN
        -- Python refuses tenders that do not cover the amount; money without its order must never stand.
        RAISE EXCEPTION '%', v_wrong;
    END IF;
END $$;

-- Tell what became of the orders of a batch: the facts that Python gave, and the number that the database made.
CREATE OR REPLACE FUNCTION checkout_tell(p_orders jsonb, p_n int[], p_numbers text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM platform_outbox_append_batch(
        array_agg(fact.topic ORDER BY fact.n, fact.nth), array_agg('order:' || fact.id ORDER BY fact.n, fact.nth),
        array_agg(fact.payload ORDER BY fact.n, fact.nth), array_agg(fact.placed_at ORDER BY fact.n, fact.nth)
    )
    FROM (
        SELECT o.n, o.id, o.placed_at, step.nth, step.topic,
               o.facts || jsonb_build_object('number', numbered.number) AS payload
        FROM jsonb_to_recordset(p_orders) AS o (n int, id uuid, state text, placed_at timestamptz, facts jsonb)
        JOIN unnest(p_n, p_numbers) AS numbered (n, number) USING (n)
        JOIN (VALUES
            (1, 'orders.placed.1', ARRAY['placed', 'paid', 'completed']),
            (2, 'orders.paid.1', ARRAY['paid', 'completed']),
            (3, 'orders.completed.1', ARRAY['completed'])
        ) AS step (nth, topic, states) ON o.state = ANY (step.states)
    ) AS fact;
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

DROP FUNCTION IF EXISTS checkout_place_order(jsonb);
DROP FUNCTION IF EXISTS checkout_fact(jsonb, text);
