-- What orders take of flash sales, and give back. Whoever calls holds the order's row (or has just written it). Locks, in
-- this order: sales by id, members' purchases by (sale, member); after the locks on rights, before the stock.

-- Lock the sales and purchases that these takings concern: [{sale_id, member_id}]. A sale with pieces in all has a counter
-- and is locked for it; any other is only kept from being stopped meanwhile, which orders do not wait for.
CREATE OR REPLACE FUNCTION flash_lock(p_wants jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_sales bigint[];
BEGIN
    SELECT array_agg(DISTINCT want.sale_id) INTO v_sales FROM jsonb_to_recordset(p_wants) AS want (sale_id bigint);
    -- One after the other, by id: two kinds of locks in one common order.
    FOR i IN 1 .. coalesce(array_length(v_sales, 1), 0) LOOP
        PERFORM FROM flash_sale AS sale
        WHERE sale.id = v_sales[i] AND sale.units_total IS NOT NULL
        FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM FROM flash_sale AS sale WHERE sale.id = v_sales[i] FOR SHARE;
        END IF;
    END LOOP;
    PERFORM
    FROM flash_purchase AS purchase
    WHERE (purchase.sale_id, purchase.member_id) IN (
        SELECT want.sale_id, want.member_id
        FROM jsonb_to_recordset(p_wants) AS want (sale_id bigint, member_id uuid)
    )
    ORDER BY purchase.sale_id, purchase.member_id
    FOR NO KEY UPDATE OF purchase;
END $$;

-- What the orders of a batch want: [{n, order_id, member_id, sale_id, quantity}] in the order of the batch, or null.
CREATE OR REPLACE FUNCTION flash_wants(p_orders jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_agg(to_jsonb(want) - 'place' ORDER BY want.place, want.sale_id)
    FROM (
        SELECT one.place, one.value->>'n' AS n, (one.value->>'id')::uuid AS order_id,
               (one.value->>'member_id')::uuid AS member_id, (line->>'sale_id')::bigint AS sale_id,
               sum((line->>'quantity')::int)::int AS quantity
        FROM jsonb_array_elements(p_orders) WITH ORDINALITY AS one (value, place),
             jsonb_array_elements(one.value->'flash') AS line
        GROUP BY 1, 2, 3, 4, 5
    ) AS want
$$;

-- Lock what the orders of a batch want of flash sales. p_orders as flash_take.
CREATE OR REPLACE FUNCTION flash_lock_orders(p_orders jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_wants jsonb := flash_wants(p_orders);
BEGIN
    -- A member's first purchase makes the row that his next ones meet at.
    INSERT INTO flash_purchase (sale_id, member_id, most)
    SELECT DISTINCT sale.id, want.member_id, sale.per_member_limit
    FROM jsonb_to_recordset(v_wants) AS want (member_id uuid, sale_id bigint)
    JOIN flash_sale AS sale ON sale.id = want.sale_id
    WHERE want.member_id IS NOT NULL
    ORDER BY 1, 2
    ON CONFLICT (sale_id, member_id) DO NOTHING;
    PERFORM flash_lock(v_wants);
END $$;

-- Take pieces of flash sales for a batch of orders, in the order of the batch.
--
-- p_orders: orders of checkout_place_orders; those without "flash" do not count:
--           [{n, id, member_id, "flash": [{"sale_id", "quantity"}]}]
-- Returns the refused orders, which took nothing: {n: {"outcome": "flash", "sale_id", "reason", "left"}}.
-- Reasons: members_only, not_started, over, limit_reached, sold_out. An order that has taken already is not judged again.
CREATE OR REPLACE FUNCTION flash_take(p_orders jsonb, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_wants jsonb := flash_wants(p_orders);
    v_refused jsonb;
BEGIN
    IF v_wants IS NULL THEN
        RETURN '{}';
    END IF;
    PERFORM flash_lock_orders(p_orders);
    v_refused := flash_judge(v_wants, p_at);
    PERFORM flash_count(v_wants, v_refused, p_at);
    RETURN v_refused;
END $$;

-- Judge wants one after the other, as if each were alone: what an earlier order takes is gone for a later one, what a
-- refused one wanted is not. Whoever calls holds the locks of flash_lock.
CREATE OR REPLACE FUNCTION flash_judge(p_wants jsonb, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_left jsonb;
    v_one record;
    v_want record;
    v_reason text;
    v_had int;
    v_in_all int;
    v_refused jsonb := '{}';
BEGIN
    -- What is left: under "sale" of the pieces in all (null: no limit), under "sale member" of the member's limit.
    SELECT jsonb_object_agg(known.what, known.untaken) INTO v_left
    FROM (
        SELECT sale.id::text AS what, sale.units_total - sale.taken AS untaken
        FROM flash_sale AS sale
        WHERE sale.id IN (SELECT want.sale_id FROM jsonb_to_recordset(p_wants) AS want (sale_id bigint))
        UNION ALL
        SELECT purchase.sale_id || ' ' || purchase.member_id, sale.per_member_limit - purchase.quantity
        FROM flash_purchase AS purchase
        JOIN flash_sale AS sale ON sale.id = purchase.sale_id
        WHERE (purchase.sale_id, purchase.member_id) IN (
            SELECT want.sale_id, want.member_id
            FROM jsonb_to_recordset(p_wants) AS want (sale_id bigint, member_id uuid)
        )
    ) AS known;
    FOR v_one IN
        SELECT want.value->>'n' AS n, jsonb_agg(want.value ORDER BY want.place) AS wants
        FROM jsonb_array_elements(p_wants) WITH ORDINALITY AS want (value, place)
        WHERE NOT EXISTS (
            SELECT FROM flash_taking AS taking
            WHERE taking.order_id = (want.value->>'order_id')::uuid
              AND taking.sale_id = (want.value->>'sale_id')::bigint AND taking.state = 'taken'
        )
        GROUP BY 1
        ORDER BY min(want.place)
    LOOP
        FOR v_want IN
            SELECT want.sale_id, want.member_id, want.quantity, sale.starts_at, sale.ends_at, sale.stopped_at,
                   sale.id IS NULL AS gone
            FROM jsonb_to_recordset(v_one.wants) AS want (sale_id bigint, member_id uuid, quantity int)
            LEFT JOIN flash_sale AS sale ON sale.id = want.sale_id
        LOOP
            v_in_all := (v_left->>v_want.sale_id::text)::int;
            v_had := (v_left->>(v_want.sale_id || ' ' || v_want.member_id))::int;
            v_reason := CASE
                WHEN v_want.gone OR v_want.stopped_at IS NOT NULL OR v_want.ends_at <= p_at THEN 'over'
                WHEN v_want.starts_at > p_at THEN 'not_started'
                WHEN v_want.member_id IS NULL THEN 'members_only'
                WHEN v_had < v_want.quantity THEN 'limit_reached'
                WHEN v_in_all < v_want.quantity THEN 'sold_out' END;
            IF v_reason IS NOT NULL THEN
                v_refused := v_refused || jsonb_build_object(v_one.n, jsonb_build_object(
                    'outcome', 'flash', 'sale_id', v_want.sale_id, 'reason', v_reason,
                    'left', greatest(least(v_had, v_in_all), 0)
                ));
                EXIT;
            END IF;
        END LOOP;
        IF v_refused ? v_one.n THEN
            CONTINUE;
        END IF;
        SELECT v_left || jsonb_object_agg(gone.what, (v_left->>gone.what)::int - gone.quantity) INTO v_left
        FROM jsonb_to_recordset(v_one.wants) AS want (sale_id bigint, member_id uuid, quantity int),
             LATERAL (VALUES
                 (want.sale_id::text, want.quantity), (want.sale_id || ' ' || want.member_id, want.quantity)
             ) AS gone (what, quantity);
    END LOOP;
    RETURN v_refused;
END $$;

-- Write down what the wants that were not refused take, and move the counters.
CREATE OR REPLACE FUNCTION flash_count(p_wants jsonb, p_refused jsonb, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_taken jsonb;
BEGIN
    WITH taken AS (
        INSERT INTO flash_taking AS taking (sale_id, order_id, member_id, quantity, state, at)
        SELECT want.sale_id, want.order_id, want.member_id, want.quantity, 'taken', p_at
        FROM jsonb_to_recordset(p_wants) AS want (n text, order_id uuid, member_id uuid, sale_id bigint, quantity int)
        WHERE NOT p_refused ? want.n
        ON CONFLICT (order_id, sale_id) DO UPDATE
        SET state = 'taken', quantity = excluded.quantity, member_id = excluded.member_id, at = excluded.at,
            given_back_at = NULL
        WHERE taking.state = 'given_back'
        RETURNING taking.sale_id, taking.member_id, taking.quantity
    )
    SELECT jsonb_agg(to_jsonb(taken)) INTO v_taken FROM taken;
    PERFORM flash_move_counters(v_taken) WHERE v_taken IS NOT NULL;
END $$;

-- Add quantities to the counters (below zero: take off): [{sale_id, member_id, quantity}].
CREATE OR REPLACE FUNCTION flash_move_counters(p_moved jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE flash_purchase AS purchase
    SET quantity = purchase.quantity + moved.quantity
    FROM (
        SELECT one.sale_id, one.member_id, sum(one.quantity)::int AS quantity
        FROM jsonb_to_recordset(p_moved) AS one (sale_id bigint, member_id uuid, quantity int)
        GROUP BY one.sale_id, one.member_id
    ) AS moved
    WHERE purchase.sale_id = moved.sale_id AND purchase.member_id = moved.member_id;
    UPDATE flash_sale AS sale
    SET taken = sale.taken + moved.quantity
    FROM (
        SELECT one.sale_id, sum(one.quantity)::int AS quantity
        FROM jsonb_to_recordset(p_moved) AS one (sale_id bigint, quantity int)
        GROUP BY one.sale_id
    ) AS moved
    WHERE sale.id = moved.sale_id AND sale.units_total IS NOT NULL;
END $$;

-- The order ended unpaid, or was cancelled before hand-over: its pieces can be bought again, by its member too. Returns
-- the lines given back; again: 0. A return of goods gives nothing back: they were bought.
CREATE OR REPLACE FUNCTION flash_give_back(p_order uuid, p_at timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_wants jsonb;
    v_returned jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('sale_id', taking.sale_id, 'member_id', taking.member_id)) INTO v_wants
    FROM flash_taking AS taking
    WHERE taking.order_id = p_order AND taking.state = 'taken';
    IF v_wants IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM flash_lock(v_wants);
    WITH returned AS (
        UPDATE flash_taking AS taking
        SET state = 'given_back', given_back_at = p_at
        WHERE taking.order_id = p_order AND taking.state = 'taken'
        RETURNING taking.sale_id, taking.member_id, -taking.quantity AS quantity
    )
    SELECT jsonb_agg(to_jsonb(returned)) INTO v_returned FROM returned;
    PERFORM flash_move_counters(v_returned) WHERE v_returned IS NOT NULL;
    RETURN coalesce(jsonb_array_length(v_returned), 0);
END $$;

-- A late payment brings a lapsed order back: take again what it gave back. It was ordered in time, so the clock and a stop
-- of the sale do not matter, the limits do. False, and nothing changed: they do not leave enough. True for an order that
-- took nothing.
CREATE OR REPLACE FUNCTION flash_take_again(p_order uuid, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_wants jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object(
        'n', '0', 'order_id', taking.order_id, 'member_id', taking.member_id, 'sale_id', taking.sale_id,
        'quantity', taking.quantity
    ))
    INTO v_wants
    FROM flash_taking AS taking
    WHERE taking.order_id = p_order AND taking.state = 'given_back';
    IF v_wants IS NULL THEN
        RETURN true;
    END IF;
    PERFORM flash_lock(v_wants);
    IF EXISTS (
        SELECT
        FROM jsonb_to_recordset(v_wants) AS want (member_id uuid, sale_id bigint, quantity int)
        JOIN flash_sale AS sale ON sale.id = want.sale_id
        JOIN flash_purchase AS purchase ON purchase.sale_id = want.sale_id AND purchase.member_id = want.member_id
        WHERE sale.units_total - sale.taken < want.quantity
           OR sale.per_member_limit - purchase.quantity < want.quantity
    ) THEN
        RETURN false;
    END IF;
    PERFORM flash_count(v_wants, '{}', p_at);
    RETURN true;
END $$;

-- These orders of this very transaction were refused after all (goods short, say): they leave nothing. Returns the lines.
CREATE OR REPLACE FUNCTION flash_undo(p_orders uuid[]) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_undone jsonb;
BEGIN
    WITH undone AS (
        DELETE FROM flash_taking AS taking
        WHERE taking.order_id = ANY (p_orders) AND taking.state = 'taken'
        RETURNING taking.sale_id, taking.member_id, -taking.quantity AS quantity
    )
    SELECT jsonb_agg(to_jsonb(undone)) INTO v_undone FROM undone;
    PERFORM flash_move_counters(v_undone) WHERE v_undone IS NOT NULL;
    RETURN coalesce(jsonb_array_length(v_undone), 0);
END $$;
