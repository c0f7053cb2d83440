-- Make an unpaid order ready for a payment: hold its row and pin its goods, so that they cannot lapse while the
-- customer pays. Null: it does not wait for payment. {"sold_out": true}: its goods had lapsed and are gone; the
-- order is cancelled. {"live": id}: another attempt is open. Otherwise the facts of the order.
CREATE OR REPLACE FUNCTION checkout_prepare_payment(p_order uuid, p_actor text, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_order jsonb := orders_lock(p_order, ARRAY['placed']);
    v_live uuid;
BEGIN
    IF v_order IS NULL OR (v_order->>'pay_before')::timestamptz <= p_at THEN
        RETURN NULL;
    END IF;
    v_live := payments_live_of(p_order);
    IF v_live IS NOT NULL THEN
        RETURN v_order || jsonb_build_object('live', v_live);
    END IF;
    -- A block with an exception clause is a savepoint: the stock that was looked at in vain is let go before the rights
    -- are locked (coupons, their budgets, points, offers), which come before the stock for everybody.
    BEGIN
        IF NOT inventory_pin('order', p_order::text, p_at) THEN
            RAISE EXCEPTION 'gone' USING ERRCODE = 'QY001';
        END IF;
    EXCEPTION
        WHEN SQLSTATE 'QY001' THEN
            PERFORM orders_move(p_order, ARRAY['placed'], 'cancelled', p_actor, 'sold_out', p_at);
            PERFORM checkout_release_rights(p_order, v_order, p_at);
            PERFORM inventory_release('order', p_order::text, p_at);
            RETURN jsonb_build_object('sold_out', true);
    END;
    RETURN v_order || jsonb_build_object(
        'open_fen', (v_order->>'payable_fen')::bigint - (v_order->>'paid_fen')::bigint
    );
END $$;

-- Cancel an unpaid order whose payments are all ended, and give its goods back.
-- False: it is not unpaid any more, or an attempt is still open.
CREATE OR REPLACE FUNCTION checkout_cancel_unpaid(p_order uuid, p_actor text, p_reason text, p_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_order jsonb := orders_lock(p_order, ARRAY['placed']);
BEGIN
    -- Two statements on purpose: in one expression the look for an open payment would use the snapshot from before
    -- the lock was granted, and miss the payment that its holder has just started.
    IF v_order IS NULL OR payments_live_of(p_order) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM orders_move(p_order, ARRAY['placed'], 'cancelled', p_actor, p_reason, p_at);
    PERFORM checkout_release_rights(p_order, v_order, p_at);
    PERFORM inventory_release('order', p_order::text, p_at);
    RETURN true;
END $$;

-- Cancel a paid order that was not handed over, and give back its rights and its goods; its money is the caller's.
-- False: it is not paid, or not any more.
CREATE OR REPLACE FUNCTION checkout_cancel_paid(p_order uuid, p_actor text, p_reason text, p_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_order jsonb := orders_lock(p_order, ARRAY['paid']);
BEGIN
    IF v_order IS NULL THEN
        RETURN false;
    END IF;
    PERFORM orders_move(p_order, ARRAY['paid'], 'cancelled', p_actor, p_reason, p_at);
    PERFORM checkout_return_rights(p_order, v_order, p_at);
    PERFORM inventory_release('order', p_order::text, p_at);
    RETURN true;
END $$;

-- Bring an order that lapsed back, paid by money that came late: its coupons and points are taken again, and its goods
-- reserved where they were. False, and nothing changed: it did not lapse, the money is not its whole amount, or one of
-- these is gone.
CREATE OR REPLACE FUNCTION checkout_revive(p_order uuid, p_amount bigint, p_actor text, p_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_order jsonb := orders_lock(p_order, ARRAY['cancelled']);
    v_refused jsonb;
BEGIN
    IF v_order IS NULL OR v_order->>'cancel_reason' <> 'expired'
        OR (v_order->>'paid_fen')::bigint <> 0 OR (v_order->>'payable_fen')::bigint <> p_amount
    THEN
        RETURN false;
    END IF;
    -- A block with an exception clause is a savepoint: rights without goods (or goods without rights) are let go.
    BEGIN
        v_refused := checkout_take_rights(
            p_order, (v_order->>'member_id')::uuid, checkout_rights_of(p_order, v_order), p_at
        );
        IF v_refused IS NOT NULL OR NOT flash_take_again(p_order, p_at)
            OR NOT fulfilment_take_slot_again(p_order, p_at)
            OR NOT inventory_pin('order', p_order::text, p_at)
        THEN
            RAISE EXCEPTION 'gone' USING ERRCODE = 'QY001';
        END IF;
        RETURN orders_add_payment(p_order, p_amount, ARRAY['cancelled'], p_actor, p_at) = 'whole';
    EXCEPTION
        -- Gone; or its pickup code waits for another order by now.
        WHEN SQLSTATE 'QY001' OR unique_violation THEN
            RETURN false;
    END;
END $$;

-- What an order took of its member's rights, in the words of checkout_take_rights. p_order_facts: orders_lock of it.
CREATE OR REPLACE FUNCTION checkout_rights_of(p_order uuid, p_order_facts jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'points', p_order_facts->'points_spent',
        'offers', CASE WHEN (p_order_facts->>'points_spent')::bigint > 0 THEN orders_offers_of(p_order) ELSE '[]' END,
        'coupons', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                'id', coupon->'id', 'amount_fen', coupon->'amount_fen',
                'sales_fen', p_order_facts->'payable_fen', 'store_id', p_order_facts->'store_id'
            ))
            FROM jsonb_array_elements(p_order_facts->'coupons') AS coupon
        ), '[]')
    )
$$;
