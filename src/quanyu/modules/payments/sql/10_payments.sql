-- The number of the n-th attempt under a document number: two digits, more when there are more.
CREATE OR REPLACE FUNCTION payments_numbered(p_document text, p_nth bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT p_document || lpad(p_nth::text, greatest(2, length(p_nth::text)), '0')
$$;

-- Money received at the till: cash and recorded cards are paid the moment they are recorded.
-- p_tenders: [{"id", "tender", "amount_fen", "tendered_fen", "reference"}]; returns the sum in fen.
CREATE OR REPLACE FUNCTION payments_record(
    p_order uuid, p_order_number text, p_tenders jsonb, p_unit bigint, p_terminal uuid, p_shift uuid, p_at timestamptz
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_attempts int;
    v_total bigint;
BEGIN
    SELECT count(*) INTO v_attempts FROM payments_payment WHERE order_id = p_order;
    WITH recorded AS (
        INSERT INTO payments_payment (
            id, order_id, tender, way, amount_fen, tendered_fen, state, out_trade_no, provider_txn, payer, prepay,
            unit_id, terminal_id, shift_id, created_at, paid_at
        )
        SELECT (t.value->>'id')::uuid, p_order, t.value->>'tender', 'till', (t.value->>'amount_fen')::bigint,
            (t.value->>'tendered_fen')::bigint, 'paid',
            payments_numbered(p_order_number, v_attempts + t.ordinality), nullif(t.value->>'reference', ''), '',
            '{}'::jsonb, p_unit, p_terminal, p_shift, p_at, p_at
        FROM jsonb_array_elements(p_tenders) WITH ORDINALITY AS t
        RETURNING amount_fen
    )
    SELECT coalesce(sum(amount_fen), 0) INTO v_total FROM recorded;
    RETURN v_total;
END $$;

-- Open a payment at a provider. The partial unique index admits one live payment per order.
CREATE OR REPLACE FUNCTION payments_open(
    p_id uuid, p_order uuid, p_order_number text, p_tender text, p_way text, p_amount bigint, p_payer text,
    p_unit bigint, p_terminal uuid, p_shift uuid, p_expires_at timestamptz, p_at timestamptz
) RETURNS text
LANGUAGE sql AS $$
    INSERT INTO payments_payment (
        id, order_id, tender, way, amount_fen, state, out_trade_no, payer, prepay, unit_id, terminal_id, shift_id,
        expires_at, next_poll_at, created_at
    )
    SELECT p_id, p_order, p_tender, p_way, p_amount, 'created',
        payments_numbered(p_order_number, count(*) + 1), p_payer, '{}'::jsonb, p_unit, p_terminal, p_shift,
        p_expires_at, p_at + interval '30 seconds', p_at
    FROM payments_payment WHERE order_id = p_order
    RETURNING out_trade_no
$$;

-- The provider has the money. False: it was booked before. A success beats a closure: the provider's word counts.
CREATE OR REPLACE FUNCTION payments_succeed(p_id uuid, p_txn text, p_paid_at timestamptz, p_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments_payment
    SET state = 'paid', provider_txn = p_txn, paid_at = coalesce(p_paid_at, p_at), next_poll_at = NULL
    WHERE id = p_id AND state <> 'paid';
    RETURN FOUND;
END $$;

-- No money can arrive any more. False: it was ended or paid before.
CREATE OR REPLACE FUNCTION payments_end(p_id uuid, p_state text, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments_payment SET state = p_state, closed_at = p_at, next_poll_at = NULL
    WHERE id = p_id AND state IN ('created', 'asking');
    RETURN FOUND;
END $$;

-- Promise to give money back, once per (payment, reason, ref), never more than was paid.
-- Cash and recorded cards are given back on the spot; providers are asked by the refund job.
-- Returns {"id", "created"} or {"left_fen"} when not that much is left.
CREATE OR REPLACE FUNCTION payments_open_refund(
    p_id uuid, p_payment uuid, p_reason text, p_ref text, p_amount bigint, p_shift uuid, p_at timestamptz
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_payment payments_payment;
    v_standing uuid;
    v_count int;
BEGIN
    SELECT * INTO STRICT v_payment FROM payments_payment WHERE id = p_payment FOR NO KEY UPDATE;
    SELECT id INTO v_standing FROM payments_refund
    WHERE payment_id = p_payment AND reason = p_reason AND ref = p_ref;
    IF v_standing IS NOT NULL THEN
        RETURN jsonb_build_object('id', v_standing, 'created', false);
    END IF;
    UPDATE payments_payment SET refunded_fen = refunded_fen + p_amount
    WHERE id = p_payment AND state = 'paid' AND refunded_fen + p_amount <= amount_fen;
    IF NOT FOUND THEN
        RETURN jsonb_build_object(
            'left_fen', CASE WHEN v_payment.state = 'paid' THEN v_payment.amount_fen - v_payment.refunded_fen ELSE 0 END
        );
    END IF;
    SELECT count(*) INTO v_count FROM payments_refund WHERE payment_id = p_payment;
    INSERT INTO payments_refund (
        id, payment_id, reason, ref, amount_fen, state, out_refund_no, shift_id, next_poll_at, created_at, done_at
    )
    SELECT p_id, p_payment, p_reason, p_ref, p_amount, CASE WHEN at_once THEN 'done' ELSE 'created' END,
        payments_numbered(v_payment.out_trade_no || 'R', v_count + 1), p_shift,
        CASE WHEN at_once THEN NULL ELSE p_at END, p_at, CASE WHEN at_once THEN p_at END
    FROM (SELECT v_payment.tender IN ('cash', 'card') AS at_once) AS how;
    RETURN jsonb_build_object('id', p_id, 'created', true);
END $$;

-- The payment of an order whose outcome is open, if there is one.
CREATE OR REPLACE FUNCTION payments_live_of(p_order uuid) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT id FROM payments_payment WHERE order_id = p_order AND state IN ('created', 'asking')
$$;

-- What was refused is kept as it was refused.
CREATE OR REPLACE TRIGGER payments_rejected_notification_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON payments_rejected_notification
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
