-- What an order takes of its member's rights and gives back, in the transaction that moves the order. Whoever calls
-- holds the order's row (or has just written it); after that come the coupons, the points account with the offers of the
-- points mall, the stock.

-- Lock the coupons with their budgets, the points accounts and the offers of a batch of orders (checkout_place_orders) in
-- their common order.
CREATE OR REPLACE FUNCTION checkout_lock_rights(p_orders jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_coupons uuid[];
    v_members uuid[];
    v_offers bigint[];
BEGIN
    SELECT array_agg((coupon->>'id')::uuid) INTO v_coupons
    FROM jsonb_array_elements(p_orders) AS one, jsonb_array_elements(one->'rights'->'coupons') AS coupon;
    IF v_coupons IS NOT NULL THEN
        PERFORM coupons_lock(v_coupons);
        PERFORM coupons_lock_budgets(v_coupons);
    END IF;
    SELECT array_agg(DISTINCT (one->>'member_id')::uuid) INTO v_members
    FROM jsonb_array_elements(p_orders) AS one WHERE (one->'rights'->>'points')::bigint > 0;
    IF v_members IS NULL THEN
        RETURN;
    END IF;
    PERFORM points_lock(v_members);
    SELECT array_agg((offer->>'offer_id')::bigint) INTO v_offers
    FROM jsonb_array_elements(p_orders) AS one, jsonb_array_elements(one->'rights'->'offers') AS offer;
    IF v_offers IS NOT NULL THEN
        PERFORM points_lock_offers(v_offers);
    END IF;
END $$;

-- Let the orders of one new customer come one after the other, so that one of them is the first. Nobody else waits for
-- this lock (platform.locks.Space.NEWCOMER), and it is taken before all others, in one order.
CREATE OR REPLACE FUNCTION checkout_hold_newcomers(p_orders jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM platform_lock(8, array_agg(hashtext(one->>'member_id')))
    FROM jsonb_array_elements(p_orders) AS one
    WHERE one ? 'newcomer';
END $$;

-- Take coupons, points-mall offers and points for an order.
--
-- p_rights: {"coupons": [{"id", "amount_fen", "sales_fen", "store_id"}], "points": n,
--            "offers": [{"offer_id", "quantity"}]}
-- Null: taken. Otherwise the outcome of the order: {"outcome": "coupon", "coupon_id", "reason"},
-- {"outcome": "offer", "offer_id", "reason"} or {"outcome": "points"}; the caller undoes what was taken before.
CREATE OR REPLACE FUNCTION checkout_take_rights(p_order uuid, p_member uuid, p_rights jsonb, p_at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_refused jsonb;
BEGIN
    IF jsonb_array_length(p_rights->'coupons') > 0 THEN
        v_refused := coupons_reserve(p_order, p_member, p_rights->'coupons', p_at);
        IF v_refused IS NOT NULL THEN
            RETURN jsonb_build_object('outcome', 'coupon') || v_refused;
        END IF;
    END IF;
    IF jsonb_array_length(p_rights->'offers') > 0 THEN
        v_refused := points_take_offers(p_order, p_member, p_rights->'offers', p_at);
        IF v_refused IS NOT NULL THEN
            RETURN jsonb_build_object('outcome', 'offer') || v_refused;
        END IF;
    END IF;
    IF (p_rights->>'points')::bigint > 0
        AND NOT points_spend(p_member, p_order, (p_rights->>'points')::bigint, p_at)
    THEN
        RETURN jsonb_build_object('outcome', 'points');
    END IF;
    RETURN NULL;
END $$;

-- The order is paid: its coupons are used. Points were taken when it was placed.
CREATE OR REPLACE FUNCTION checkout_use_rights(p_order uuid, p_coupons jsonb, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_array_length(p_coupons) > 0 THEN
        PERFORM coupons_redeem(p_order, p_at);
    END IF;
END $$;

DROP FUNCTION IF EXISTS checkout_hold_rights(jsonb);

-- An unpaid order ended: its coupons and points can be used again. p_order_facts: orders_lock of it.
CREATE OR REPLACE FUNCTION checkout_release_rights(p_order uuid, p_order_facts jsonb, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_array_length(p_order_facts->'coupons') > 0 THEN
        PERFORM coupons_release(p_order, p_at);
    END IF;
    IF (p_order_facts->>'points_spent')::bigint > 0 THEN
        PERFORM points_restore(p_order, NULL, 'released', p_at);
        PERFORM points_return_offers(p_order, p_at);
    END IF;
    PERFORM flash_give_back(p_order, p_at);
    PERFORM fulfilment_leave_slot(p_order, p_at);
END $$;

-- A paid order was cancelled: its coupons come back, and all of its points.
CREATE OR REPLACE FUNCTION checkout_return_rights(p_order uuid, p_order_facts jsonb, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_array_length(p_order_facts->'coupons') > 0 THEN
        PERFORM coupons_return(p_order, p_at);
    END IF;
    IF (p_order_facts->>'points_spent')::bigint > 0 THEN
        PERFORM points_restore(p_order, NULL, 'cancelled', p_at);
        PERFORM points_return_offers(p_order, p_at);
    END IF;
    PERFORM flash_give_back(p_order, p_at);
    PERFORM fulfilment_leave_slot(p_order, p_at);
END $$;
