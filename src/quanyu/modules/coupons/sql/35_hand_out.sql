-- A store gives the service that a coupon promises: {id, coupon_id, store_id, staff_id, actor, now}.
--
-- Returns NULL when it is done (the same id again: nothing changes), else why not: one of coupons_refusal,
-- unknown (no coupon, or none of a service), budget_spent, id_taken. Whether time, store and tier fit was judged
-- before, of terms that do not change; who was quicker and what the budget bears is decided here.
CREATE OR REPLACE FUNCTION coupons_hand_out(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := p->>'id';
    v_now timestamptz := p->>'now';
    v_coupon coupons_coupon;
    v_template coupons_template;
    v_same coupons_handed_out;
    v_reason text;
BEGIN
    PERFORM coupons_lock(ARRAY[(p->>'coupon_id')::uuid]);
    SELECT coupon.* INTO v_coupon FROM coupons_coupon AS coupon WHERE coupon.id = (p->>'coupon_id')::uuid;
    SELECT template.* INTO v_template FROM coupons_template AS template WHERE template.id = v_coupon.template_id;
    IF v_coupon.id IS NULL OR v_template.kind <> 'service' THEN
        RETURN to_jsonb('unknown'::text);
    END IF;
    SELECT done.* INTO v_same FROM coupons_handed_out AS done WHERE done.id = v_id;
    IF v_same.id IS NOT NULL THEN
        IF v_same.coupon_id = v_coupon.id AND v_same.store_id = (p->>'store_id')::bigint
            AND v_same.staff_id = (p->>'staff_id')::bigint AND v_same.put_back_at IS NULL THEN
            RETURN NULL;
        END IF;
        RETURN to_jsonb('id_taken'::text);
    END IF;
    v_reason := coupons_refusal(v_coupon.state, v_template.state, v_coupon.valid_from, v_coupon.valid_until,
                                v_coupon.offered_until, v_now);
    IF v_reason IS NOT NULL THEN
        RETURN to_jsonb(v_reason);
    END IF;
    -- The row of a counter without a budget is nobody's to wait for.
    UPDATE coupons_counter AS counter
    SET committed_fen = counter.committed_fen + v_template.amount_fen
    WHERE counter.template_id = v_template.id AND counter.committed_fen + v_template.amount_fen <= counter.budget_fen;
    IF NOT FOUND AND EXISTS (
        SELECT FROM coupons_counter AS counter WHERE counter.template_id = v_template.id AND counter.budget_fen IS NOT NULL
    ) THEN
        RETURN to_jsonb('budget_spent'::text);
    END IF;

    INSERT INTO coupons_handed_out (id, coupon_id, store_id, staff_id, at)
    VALUES (v_id, v_coupon.id, (p->>'store_id')::bigint, (p->>'staff_id')::bigint, v_now);
    UPDATE coupons_coupon AS coupon
    SET state = 'redeemed', handed_out_id = v_id, amount_fen = v_template.amount_fen,
        used_store_id = (p->>'store_id')::bigint, used_at = v_now, offered_until = NULL
    WHERE coupon.id = v_coupon.id;
    INSERT INTO coupons_event (
        coupon_id, kind, from_state, to_state, member_id, amount_fen, valid_until, cause, actor, at
    )
    VALUES (v_coupon.id, 'handed_out', v_coupon.state, 'redeemed', v_coupon.member_id, v_template.amount_fen,
            v_coupon.valid_until, 'service:' || v_id, p->>'actor', v_now);
    PERFORM platform_outbox_append('coupons.handed_out.1', 'coupon:' || v_coupon.id, jsonb_build_object(
        'id', v_id, 'coupon_id', v_coupon.id, 'template_id', v_template.id, 'member_id', v_coupon.member_id,
        'store_id', (p->>'store_id')::bigint, 'staff_id', (p->>'staff_id')::bigint, 'worth_fen', v_template.amount_fen
    ), v_now);
    RETURN NULL;
END $$;

-- What was booked by mistake: the coupon is its holder's again, with the days that the offer's policy adds.
-- {id, reason, actor, now}; returns whether it was done: false when it is unknown or was put back already.
CREATE OR REPLACE FUNCTION coupons_put_back(p jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := p->>'id';
    v_now timestamptz := p->>'now';
    v_coupon coupons_coupon;
    v_until timestamptz;
BEGIN
    PERFORM coupons_lock(ARRAY(SELECT done.coupon_id FROM coupons_handed_out AS done WHERE done.id = v_id));
    SELECT coupon.* INTO v_coupon FROM coupons_coupon AS coupon WHERE coupon.handed_out_id = v_id;
    IF v_coupon.id IS NULL THEN
        RETURN false;
    END IF;
    SELECT coupons_extended(v_coupon.valid_until, template.extension_days, v_now) INTO v_until
    FROM coupons_template AS template WHERE template.id = v_coupon.template_id;
    UPDATE coupons_counter AS counter
    SET committed_fen = counter.committed_fen - v_coupon.amount_fen
    WHERE counter.template_id = v_coupon.template_id AND counter.budget_fen IS NOT NULL;
    UPDATE coupons_coupon AS coupon
    SET state = 'available', handed_out_id = NULL, amount_fen = 0, used_store_id = NULL, used_at = NULL,
        valid_until = v_until
    WHERE coupon.id = v_coupon.id;
    UPDATE coupons_handed_out AS done
    SET put_back_at = v_now, put_back_by = p->>'actor', reason = p->>'reason'
    WHERE done.id = v_id;
    INSERT INTO coupons_event (
        coupon_id, kind, from_state, to_state, member_id, amount_fen, valid_until, cause, actor, at
    )
    VALUES (v_coupon.id, 'put_back', 'redeemed', 'available', v_coupon.member_id, v_coupon.amount_fen, v_until,
            'service:' || v_id, p->>'actor', v_now);
    PERFORM platform_outbox_append('coupons.put_back.1', 'coupon:' || v_coupon.id, jsonb_build_object(
        'id', v_id, 'coupon_id', v_coupon.id, 'template_id', v_coupon.template_id, 'member_id', v_coupon.member_id,
        'worth_fen', v_coupon.amount_fen
    ), v_now);
    RETURN true;
END $$;
