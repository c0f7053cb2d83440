-- Lock coupons in the order of their ids, as every deed here does; once for a batch of orders.
CREATE OR REPLACE FUNCTION coupons_lock(p_coupons uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM coupons_coupon AS coupon WHERE coupon.id = ANY (p_coupons) ORDER BY coupon.id FOR NO KEY UPDATE;
END $$;

-- Lock the counters of those of the (locked) coupons whose template has a budget; once for a batch of orders.
CREATE OR REPLACE FUNCTION coupons_lock_budgets(p_coupons uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM coupons_counter AS counter
    WHERE counter.budget_fen IS NOT NULL
        AND counter.template_id IN (SELECT coupon.template_id FROM coupons_coupon AS coupon WHERE coupon.id = ANY (p_coupons))
    ORDER BY counter.template_id FOR NO KEY UPDATE;
END $$;

-- Take coupons for an order that waits for its payment: all of them or none.
--
-- p_coupons: [{id, amount_fen, sales_fen, store_id}]; sales_fen (what the order is to pay) and store_id
-- (where it sells) are for the statistics and may be left out. Returns NULL when all are taken (those
-- that this order has already count as taken), else {coupon_id, reason} of the first that cannot be, with
-- nothing changed. A template with a budget bears no more than that.
CREATE OR REPLACE FUNCTION coupons_reserve(p_order uuid, p_member uuid, p_coupons jsonb, p_at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_refused jsonb;
    v_budgets bigint[];
BEGIN
    PERFORM coupons_lock(ARRAY(SELECT (one.value->>'id')::uuid FROM jsonb_array_elements(p_coupons) AS one));

    -- A statement of its own, so that it sees what those we waited for have committed.
    SELECT jsonb_build_object('coupon_id', judged.id, 'reason', judged.reason) INTO v_refused
    FROM (
        SELECT wanted.id, wanted.place,
               CASE
                   WHEN coupon.id IS NULL THEN 'unknown'
                   WHEN row_number() OVER (PARTITION BY wanted.id ORDER BY wanted.place) > 1 THEN 'used'
                   WHEN coupon.order_id = p_order THEN NULL
                   ELSE coupons_refusal(coupon.state, template.state, coupon.valid_from, coupon.valid_until,
                                        coupon.offered_until, p_at)
               END AS reason
        FROM ROWS FROM (jsonb_to_recordset(p_coupons) AS (id uuid)) WITH ORDINALITY AS wanted (id, place)
        LEFT JOIN coupons_coupon AS coupon ON coupon.id = wanted.id AND coupon.member_id = p_member
        LEFT JOIN coupons_template AS template ON template.id = coupon.template_id
    ) AS judged
    WHERE judged.reason IS NOT NULL
    ORDER BY judged.place
    LIMIT 1;
    IF v_refused IS NOT NULL THEN
        RETURN v_refused;
    END IF;

    WITH locked AS (
        SELECT counter.template_id
        FROM coupons_counter AS counter
        WHERE counter.budget_fen IS NOT NULL AND counter.template_id IN (
            SELECT coupon.template_id
            FROM jsonb_to_recordset(p_coupons) AS wanted (id uuid)
            JOIN coupons_coupon AS coupon ON coupon.id = wanted.id AND coupon.order_id IS NULL
        )
        ORDER BY counter.template_id
        FOR NO KEY UPDATE
    )
    SELECT array_agg(locked.template_id) INTO v_budgets FROM locked;
    IF v_budgets IS NOT NULL THEN
        v_refused := coupons_commit_budgets(v_budgets, p_coupons);
        IF v_refused IS NOT NULL THEN
            RETURN v_refused;
        END IF;
    END IF;

    WITH taken AS (
        UPDATE coupons_coupon AS coupon
        SET state = 'reserved', order_id = p_order, amount_fen = coalesce(wanted.amount_fen, 0),
            sales_fen = coalesce(wanted.sales_fen, 0), used_store_id = wanted.store_id, used_at = p_at,
            offered_until = NULL
        FROM jsonb_to_recordset(p_coupons) AS wanted (id uuid, amount_fen bigint, sales_fen bigint, store_id bigint)
        WHERE coupon.id = wanted.id AND coupon.state = 'available'
        RETURNING coupon.id, coupon.member_id, coupon.amount_fen, coupon.valid_until
    )
    INSERT INTO coupons_event (
        coupon_id, kind, from_state, to_state, member_id, order_id, amount_fen, valid_until, at
    )
    SELECT taken.id, 'reserved', 'available', 'reserved', taken.member_id, p_order, taken.amount_fen,
           taken.valid_until, p_at
    FROM taken
    ORDER BY taken.id;
    RETURN NULL;
END $$;

-- Book what the coupons take off on the (locked) budgets of their templates; {coupon_id, reason} of a
-- coupon whose template's budget cannot bear it, with nothing changed.
CREATE OR REPLACE FUNCTION coupons_commit_budgets(p_templates bigint[], p_coupons jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_short uuid;
BEGIN
    SELECT (array_agg(coupon.id ORDER BY coupon.id))[1] INTO v_short
    FROM jsonb_to_recordset(p_coupons) AS wanted (id uuid, amount_fen bigint)
    JOIN coupons_coupon AS coupon ON coupon.id = wanted.id AND coupon.order_id IS NULL
    JOIN coupons_counter AS counter
        ON counter.template_id = coupon.template_id AND counter.template_id = ANY (p_templates)
    GROUP BY counter.template_id
    HAVING counter.committed_fen + sum(coalesce(wanted.amount_fen, 0)) > counter.budget_fen
    ORDER BY counter.template_id
    LIMIT 1;
    IF v_short IS NOT NULL THEN
        RETURN jsonb_build_object('coupon_id', v_short, 'reason', 'budget_spent');
    END IF;
    UPDATE coupons_counter AS counter
    SET committed_fen = counter.committed_fen + need.fen
    FROM (
        SELECT coupon.template_id, sum(coalesce(wanted.amount_fen, 0)) AS fen
        FROM jsonb_to_recordset(p_coupons) AS wanted (id uuid, amount_fen bigint)
        JOIN coupons_coupon AS coupon ON coupon.id = wanted.id AND coupon.order_id IS NULL
        GROUP BY coupon.template_id
    ) AS need
    WHERE counter.template_id = need.template_id AND counter.template_id = ANY (p_templates);
    RETURN NULL;
END $$;

-- The order is paid: its coupons are used. Returns how many, 0 when repeated. A coupon that ran out while
-- the payment was under way is still good: the deal was made in time.
CREATE OR REPLACE FUNCTION coupons_redeem(p_order uuid, p_at timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_coupons jsonb;
BEGIN
    PERFORM coupons_lock(ARRAY(SELECT coupon.id FROM coupons_coupon AS coupon WHERE coupon.order_id = p_order));
    WITH used AS (
        UPDATE coupons_coupon AS coupon
        SET state = 'redeemed', used_at = p_at
        WHERE coupon.order_id = p_order AND coupon.state = 'reserved'
        RETURNING coupon.*
    ),
    told AS (
        INSERT INTO coupons_event (
            coupon_id, kind, from_state, to_state, member_id, order_id, amount_fen, valid_until, at
        )
        SELECT used.id, 'redeemed', 'reserved', 'redeemed', used.member_id, p_order, used.amount_fen,
               used.valid_until, p_at
        FROM used
        ORDER BY used.id
    )
    SELECT jsonb_agg(jsonb_build_object(
        'coupon_id', used.id, 'template_id', used.template_id, 'member_id', used.member_id,
        'amount_fen', used.amount_fen
    ) ORDER BY used.id)
    INTO v_coupons
    FROM used;
    IF v_coupons IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM platform_outbox_append('coupons.redeemed.1', p_order::text, jsonb_build_object(
        'order_id', p_order, 'coupons', v_coupons
    ), p_at);
    RETURN jsonb_array_length(v_coupons);
END $$;

-- Give an order's coupons in one state back to their holders, with the days that the template's policy
-- adds, and their share of the budget. Returns how many, 0 when repeated.
CREATE OR REPLACE FUNCTION coupons_give_back(p_order uuid, p_from text, p_kind text, p_at timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_coupons jsonb;
BEGIN
    PERFORM coupons_lock(ARRAY(SELECT coupon.id FROM coupons_coupon AS coupon WHERE coupon.order_id = p_order));
    PERFORM 1
    FROM coupons_counter AS counter
    WHERE counter.budget_fen IS NOT NULL AND counter.template_id IN (
        SELECT coupon.template_id FROM coupons_coupon AS coupon
        WHERE coupon.order_id = p_order AND coupon.state = p_from
    )
    ORDER BY counter.template_id
    FOR NO KEY UPDATE;

    WITH before AS MATERIALIZED (
        SELECT coupon.id, coupon.template_id, coupon.member_id, coupon.amount_fen,
               coupons_extended(coupon.valid_until, template.extension_days, p_at) AS valid_until
        FROM coupons_coupon AS coupon
        JOIN coupons_template AS template ON template.id = coupon.template_id
        WHERE coupon.order_id = p_order AND coupon.state = p_from
    ),
    back AS (
        UPDATE coupons_coupon AS coupon
        SET state = 'available', order_id = NULL, amount_fen = 0, sales_fen = 0, used_store_id = NULL,
            used_at = NULL, valid_until = before.valid_until
        FROM before
        WHERE coupon.id = before.id
    ),
    freed AS (
        UPDATE coupons_counter AS counter
        SET committed_fen = counter.committed_fen - share.fen
        FROM (
            SELECT before.template_id, sum(before.amount_fen) AS fen FROM before GROUP BY before.template_id
        ) AS share
        WHERE counter.template_id = share.template_id AND counter.budget_fen IS NOT NULL
    ),
    told AS (
        INSERT INTO coupons_event (
            coupon_id, kind, from_state, to_state, member_id, order_id, amount_fen, valid_until, at
        )
        SELECT before.id, p_kind, p_from, 'available', before.member_id, p_order, before.amount_fen,
               before.valid_until, p_at
        FROM before
        ORDER BY before.id
    )
    SELECT jsonb_agg(jsonb_build_object(
        'coupon_id', before.id, 'template_id', before.template_id, 'member_id', before.member_id,
        'amount_fen', before.amount_fen
    ) ORDER BY before.id)
    INTO v_coupons
    FROM before;
    IF v_coupons IS NULL THEN
        RETURN 0;
    END IF;
    IF p_kind = 'returned' THEN
        PERFORM platform_outbox_append('coupons.returned.1', p_order::text, jsonb_build_object(
            'order_id', p_order, 'coupons', v_coupons
        ), p_at);
    END IF;
    RETURN jsonb_array_length(v_coupons);
END $$;

-- The order was cancelled before it was paid: its coupons can be used again.
CREATE OR REPLACE FUNCTION coupons_release(p_order uuid, p_at timestamptz) RETURNS int
LANGUAGE sql VOLATILE AS $$ SELECT coupons_give_back(p_order, 'reserved', 'released', p_at) $$;

-- A paid order was cancelled or wholly refunded: its coupons come back.
CREATE OR REPLACE FUNCTION coupons_return(p_order uuid, p_at timestamptz) RETURNS int
LANGUAGE sql VOLATILE AS $$ SELECT coupons_give_back(p_order, 'redeemed', 'returned', p_at) $$;
