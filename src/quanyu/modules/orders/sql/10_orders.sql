-- The allowed moves of an order: this table is the state machine; every event refers to a row of it (the foreign key
-- orders_event_allowed_move, in the migration).
INSERT INTO orders_transition (from_state, to_state) VALUES
    ('', 'placed'),
    ('placed', 'paid'),
    ('placed', 'cancelled'),
    ('paid', 'completed'),
    ('paid', 'cancelled'),
    -- A late payment of an order that had lapsed, when its goods could be reserved again.
    ('cancelled', 'paid')
ON CONFLICT DO NOTHING;

CREATE OR REPLACE TRIGGER orders_event_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON orders_event
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER orders_line_discount_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON orders_line_discount
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- What was sold, to whom, and every fen of it stands as it was written; what happens to it later has columns of its own
-- (state, money received and given back, goods brought back). An order is never deleted.
CREATE OR REPLACE TRIGGER orders_order_written_once
    BEFORE DELETE OR TRUNCATE OR UPDATE OF
        id, number, channel, selling_store_id, terminal_id, terminal_seq, command_sha256, source, goods_fen, discount_fen,
        coupon_fen, points_fen, points_spent, coupons, freight_fen, payable_fen, placed_at, promised_at
    ON orders_order
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- What was wished stands; only the card is forgotten with its member.
CREATE OR REPLACE TRIGGER orders_wish_written_once
    BEFORE DELETE OR TRUNCATE OR UPDATE OF order_id, pickup_from, pickup_until, is_gift, wrap, hide_prices ON orders_wish
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER orders_line_written_once
    BEFORE DELETE OR TRUNCATE OR UPDATE OF
        id, order_id, number, sku_id, quantity, quantity_scale, unit_price_fen, list_fen, discount_fen, coupon_fen,
        points_fen, points_spent, net_fen, freight_fen, cost_fen, tax_rate_bp, gift_of, selling_store_id
    ON orders_line
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE SEQUENCE IF NOT EXISTS orders_number_seq;

-- A document number: type, day, store, seven digits that do not reveal the volume, check digit.
-- The sequence modulo 10^7 is multiplied by a number coprime to 10: a permutation, so numbers of
-- one day and store collide only after ten million documents.
CREATE OR REPLACE FUNCTION orders_number(p_type text, p_store bigint, p_at timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_digits text;
    v_sum int := 0;
BEGIN
    v_digits := to_char(p_at AT TIME ZONE 'Asia/Shanghai', 'YYMMDD')
        || lpad((p_store % 10000)::text, 4, '0')
        || lpad(((nextval('orders_number_seq') * 7368787 + 1234567) % 10000000)::text, 7, '0');
    FOR v_index IN 1..length(v_digits) LOOP
        v_sum := v_sum + substr(v_digits, v_index, 1)::int * (CASE WHEN v_index % 2 = 1 THEN 3 ELSE 1 END);
    END LOOP;
    RETURN p_type || v_digits || ((10 - v_sum % 10) % 10)::text;
END $$;

-- Move an order from one of the given states to another and write the event; false when it is in none of them.
CREATE OR REPLACE FUNCTION orders_move(
    p_order uuid, p_from text[], p_to text, p_actor text, p_reason text, p_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_from text;
BEGIN
    SELECT state INTO v_from FROM orders_order WHERE id = p_order AND state = ANY (p_from) FOR NO KEY UPDATE;
    IF v_from IS NULL THEN
        RETURN false;
    END IF;
    UPDATE orders_order SET
        state = p_to,
        paid_at = CASE WHEN p_to = 'paid' THEN p_at ELSE paid_at END,
        completed_at = CASE WHEN p_to = 'completed' THEN p_at ELSE completed_at END,
        cancelled_at = CASE WHEN p_to = 'cancelled' THEN p_at WHEN p_to = 'paid' THEN NULL ELSE cancelled_at END,
        cancel_reason = CASE WHEN p_to = 'cancelled' THEN p_reason WHEN p_to = 'paid' THEN '' ELSE cancel_reason END,
        -- A cancelled order gives all of its points back; one that a late payment revives takes them again.
        points_restored = CASE
            WHEN p_to = 'cancelled' THEN points_spent WHEN p_to = 'paid' THEN 0 ELSE points_restored
        END
    WHERE id = p_order AND state = v_from;
    INSERT INTO orders_event (order_id, from_state, to_state, actor, reason, at)
    VALUES (p_order, v_from, p_to, p_actor, p_reason, p_at);
    RETURN true;
END $$;

-- Add money to an order in one of the given states. 'whole': it is paid now; 'part': something is still open;
-- 'refused': the order is not in such a state, or the amount is more than what is open.
CREATE OR REPLACE FUNCTION orders_add_payment(
    p_order uuid, p_amount bigint, p_from text[], p_actor text, p_at timestamptz
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_open bigint;
BEGIN
    UPDATE orders_order SET paid_fen = paid_fen + p_amount
    WHERE id = p_order AND state = ANY (p_from) AND paid_fen + p_amount <= payable_fen
    RETURNING payable_fen - paid_fen INTO v_open;
    IF v_open IS NULL THEN
        RETURN 'refused';
    ELSIF v_open > 0 THEN
        RETURN 'part';
    END IF;
    PERFORM orders_move(p_order, p_from, 'paid', p_actor, '', p_at);
    RETURN 'whole';
END $$;

DROP FUNCTION IF EXISTS orders_add_return(uuid, jsonb);

-- Book a return of lines: [{"number", "quantity", "amount_fen", "points"}], p_withheld of whose amounts stays with the
-- house (negative: comes back), and p_freight of the freight. False when a line has not that much left: the caller
-- rolls back, nothing may stay half booked.
CREATE OR REPLACE FUNCTION orders_add_return(p_order uuid, p_lines jsonb, p_withheld bigint, p_freight bigint)
RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_changed int;
    v_wanted int := jsonb_array_length(p_lines);
BEGIN
    UPDATE orders_line AS line SET
        returned_quantity = line.returned_quantity + back.quantity,
        refunded_fen = line.refunded_fen + back.amount_fen,
        points_restored = line.points_restored + back.points
    FROM jsonb_to_recordset(p_lines) AS back (number int, quantity bigint, amount_fen bigint, points bigint)
    WHERE line.order_id = p_order AND line.number = back.number
        AND line.returned_quantity + back.quantity <= line.quantity
        AND line.refunded_fen + back.amount_fen <= line.net_fen + line.freight_fen
        AND line.points_restored + back.points <= line.points_spent;
    GET DIAGNOSTICS v_changed = ROW_COUNT;
    IF v_changed <> v_wanted THEN
        RETURN false;
    END IF;
    UPDATE orders_order AS o SET
        refunded_fen = o.refunded_fen + back.amount_fen - p_withheld + p_freight,
        withheld_fen = o.withheld_fen + p_withheld,
        freight_refunded_fen = o.freight_refunded_fen + p_freight,
        points_restored = o.points_restored + back.points
    FROM (
        SELECT coalesce(sum(amount_fen), 0) AS amount_fen, coalesce(sum(points), 0) AS points
        FROM jsonb_to_recordset(p_lines) AS line (amount_fen bigint, points bigint)
    ) AS back
    WHERE o.id = p_order;
    RETURN true;
END $$;

-- A cancelled order gives back all that it had been paid; the lines tell nothing of it, the order was undone whole.
CREATE OR REPLACE FUNCTION orders_refund_rest(p_order uuid) RETURNS void
LANGUAGE sql AS $$
    UPDATE orders_order SET refunded_fen = paid_fen WHERE id = p_order
$$;

-- Hold the row of an order in one of the given states until the transaction ends; null when it is in none of them.
-- Whoever wants to decide by something else than the order's own columns holds it first, and looks in a later
-- statement: only that one sees what others have committed while this one waited.
CREATE OR REPLACE FUNCTION orders_lock(p_order uuid, p_states text[]) RETURNS jsonb
LANGUAGE sql AS $$
    SELECT jsonb_build_object(
        'number', number, 'payable_fen', payable_fen, 'paid_fen', paid_fen, 'pay_before', pay_before,
        'store_id', selling_store_id, 'cancel_reason', cancel_reason, 'member_id', member_id,
        'points_spent', points_spent, 'coupons', coupons
    )
    FROM orders_order WHERE id = p_order AND state = ANY (p_states) FOR NO KEY UPDATE
$$;

DROP FUNCTION IF EXISTS orders_lock_unpaid(uuid);

-- How many lines an order has.
CREATE OR REPLACE FUNCTION orders_line_count(p_order uuid) RETURNS int
LANGUAGE sql STABLE AS $$
    SELECT count(*)::int FROM orders_line WHERE order_id = p_order
$$;

-- The offers of the points mall that an order took, and how many pieces of each: [{"offer_id", "quantity"}].
CREATE OR REPLACE FUNCTION orders_offers_of(p_order uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('offer_id', taken.offer_id, 'quantity', taken.quantity)), '[]')
    FROM (
        SELECT substr(discount.source, 7)::bigint AS offer_id, sum(line.quantity) AS quantity
        FROM orders_line AS line JOIN orders_line_discount AS discount ON discount.line_id = line.id
        WHERE line.order_id = p_order AND discount.kind = 'points_mall'
        GROUP BY discount.source
    ) AS taken
$$;
