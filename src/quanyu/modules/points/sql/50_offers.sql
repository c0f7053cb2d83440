-- Lock the offers of a batch of orders that have a limit in all, once, after the members' accounts.
CREATE OR REPLACE FUNCTION points_lock_offers(p_offers bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1
    FROM points_offer AS offer
    WHERE offer.id = ANY (p_offers) AND offer.total_limit IS NOT NULL
    ORDER BY offer.id
    FOR NO KEY UPDATE OF offer;
END $$;

-- Count an order's points-mall lines against the limits: [{offer_id, quantity}]. Null: done. Else {offer_id, reason,
-- left} and nothing changed; reasons: offer_gone, sold_out, limit_reached. An order counts once. The points
-- themselves are spent by points_spend.
CREATE OR REPLACE FUNCTION points_take_offers(p_order uuid, p_member uuid, p_lines jsonb, p_at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_wanted jsonb;
    v_refused jsonb;
BEGIN
    PERFORM points_open(ARRAY[p_member], p_at);
    IF EXISTS (
        SELECT FROM points_offer_use AS taken WHERE taken.order_id = p_order AND taken.returned_at IS NULL
    ) THEN
        RETURN NULL;
    END IF;
    SELECT jsonb_agg(jsonb_build_object('offer_id', line.offer_id, 'quantity', line.quantity)) INTO v_wanted
    FROM (
        SELECT line.offer_id, sum(line.quantity) AS quantity
        FROM jsonb_to_recordset(p_lines) AS line (offer_id bigint, quantity int)
        GROUP BY line.offer_id
    ) AS line;
    PERFORM points_lock_offers(array_agg(line.offer_id))
    FROM jsonb_to_recordset(v_wanted) AS line (offer_id bigint);

    SELECT jsonb_build_object('offer_id', judged.offer_id, 'reason', judged.reason, 'left', judged.untaken)
    INTO v_refused
    FROM points_judge_offers(p_member, v_wanted, p_at) AS judged
    WHERE judged.reason IS NOT NULL
    ORDER BY judged.offer_id
    LIMIT 1;
    IF v_refused IS NOT NULL THEN
        RETURN v_refused;
    END IF;

    INSERT INTO points_offer_use (offer_id, member_id, order_id, quantity, at)
    SELECT line.offer_id, p_member, p_order, line.quantity, p_at
    FROM jsonb_to_recordset(v_wanted) AS line (offer_id bigint, quantity int)
    ON CONFLICT (order_id, offer_id) DO UPDATE
    SET quantity = excluded.quantity, at = excluded.at, returned_at = NULL;
    PERFORM points_count_offers(v_wanted);
    RETURN NULL;
END $$;

-- Which of the wanted offers cannot be had, why, and how many still can.
CREATE OR REPLACE FUNCTION points_judge_offers(p_member uuid, p_wanted jsonb, p_at timestamptz)
RETURNS TABLE (offer_id bigint, reason text, untaken bigint)
LANGUAGE sql STABLE AS $$
    SELECT line.offer_id,
           CASE WHEN offer.id IS NULL OR NOT offer.is_active OR offer.starts_at > p_at OR offer.ends_at <= p_at
                THEN 'offer_gone'
                WHEN offer.total_limit - offer.taken < line.quantity THEN 'sold_out'
                WHEN offer.per_member_limit - used.quantity < line.quantity THEN 'limit_reached' END,
           least(offer.total_limit - offer.taken, offer.per_member_limit - used.quantity)
    FROM jsonb_to_recordset(p_wanted) AS line (offer_id bigint, quantity int)
    LEFT JOIN points_offer AS offer ON offer.id = line.offer_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(taken.quantity), 0) AS quantity
        FROM points_offer_use AS taken
        WHERE taken.member_id = p_member AND taken.offer_id = line.offer_id AND taken.returned_at IS NULL
    ) AS used
$$;

-- Move the counters of offers that have a limit in all; others need no lock and keep none.
CREATE OR REPLACE FUNCTION points_count_offers(p_lines jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE points_offer AS offer
    SET taken = offer.taken + line.quantity
    FROM jsonb_to_recordset(p_lines) AS line (offer_id bigint, quantity int)
    WHERE offer.id = line.offer_id AND offer.total_limit IS NOT NULL;
END $$;

-- An order was cancelled or lapsed: its pieces count no more. Returns how many lines; again: 0.
CREATE OR REPLACE FUNCTION points_return_offers(p_order uuid, p_at timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_returned jsonb;
BEGIN
    PERFORM points_lock(array_agg(taken.member_id)), points_lock_offers(array_agg(taken.offer_id))
    FROM points_offer_use AS taken
    WHERE taken.order_id = p_order AND taken.returned_at IS NULL;
    WITH returned AS (
        UPDATE points_offer_use AS taken
        SET returned_at = p_at
        WHERE taken.order_id = p_order AND taken.returned_at IS NULL
        RETURNING taken.offer_id, taken.quantity
    )
    SELECT jsonb_agg(jsonb_build_object('offer_id', returned.offer_id, 'quantity', -returned.quantity))
    INTO v_returned
    FROM returned;
    PERFORM points_count_offers(v_returned) WHERE v_returned IS NOT NULL;
    RETURN coalesce(jsonb_array_length(v_returned), 0);
END $$;
