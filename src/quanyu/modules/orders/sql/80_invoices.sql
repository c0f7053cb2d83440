-- Ask for the invoice of an order, from the moment it is placed: 'asked', 'standing' (there is one already), 'nothing' (no
-- money to write it about), 'closed' (cancelled). The amount is what is to be paid and has not gone back.
CREATE OR REPLACE FUNCTION orders_ask_invoice(p_invoice jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_order uuid := (p_invoice->>'order_id')::uuid;
    v_amount bigint;
    v_inserted int;
BEGIN
    SELECT payable_fen - refunded_fen INTO v_amount FROM orders_order
    WHERE id = v_order AND state <> 'cancelled' FOR NO KEY UPDATE;
    IF v_amount IS NULL THEN
        RETURN '"closed"';
    ELSIF v_amount <= 0 THEN
        RETURN '"nothing"';
    END IF;
    INSERT INTO orders_invoice (
        id, order_id, kind, state, title_encrypted, title_masked, tax_number, email_encrypted, email_masked, amount_fen,
        requested_at
    )
    SELECT i.id, v_order, i.kind, 'requested', decode(i.title, 'hex'), i.title_masked, i.tax_number,
        decode(i.email, 'hex'), i.email_masked, v_amount, i.at
    FROM jsonb_to_record(p_invoice) AS i (
        id uuid, kind text, title text, title_masked text, tax_number text, email text, email_masked text, at timestamptz
    )
    ON CONFLICT (order_id) WHERE state IN ('requested', 'issued') DO NOTHING;
    GET DIAGNOSTICS v_inserted = ROW_COUNT;
    RETURN to_jsonb(CASE v_inserted WHEN 1 THEN 'asked' ELSE 'standing' END);
END $$;

-- Issue or refuse: 'answered', 'late' (somebody answered it), 'early' (the order is not completed), 'nothing' (everything
-- that was paid has gone back). What is issued is about the money that is with the house at this moment.
CREATE OR REPLACE FUNCTION orders_answer_invoice(
    p_invoice uuid, p_state text, p_number text, p_link text, p_answer text, p_actor text, p_at timestamptz
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_amount bigint;
    v_order_state text;
BEGIN
    SELECT o.paid_fen - o.refunded_fen, o.state INTO v_amount, v_order_state
    FROM orders_order AS o JOIN orders_invoice AS i ON i.order_id = o.id WHERE i.id = p_invoice
    FOR NO KEY UPDATE OF o;
    IF p_state = 'issued' AND v_order_state <> 'completed' THEN
        RETURN 'early';
    ELSIF p_state = 'issued' AND v_amount <= 0 THEN
        RETURN 'nothing';
    END IF;
    UPDATE orders_invoice SET
        state = p_state,
        number = p_number,
        link = p_link,
        answer = p_answer,
        amount_fen = CASE p_state WHEN 'issued' THEN v_amount ELSE amount_fen END,
        answered_at = p_at,
        answered_by = p_actor
    WHERE id = p_invoice AND state = 'requested';
    RETURN CASE WHEN FOUND THEN 'answered' ELSE 'late' END;
END $$;

-- Forget who asked for invoices, and where they went; company, amount and number stand, as the tax law wants.
CREATE OR REPLACE FUNCTION orders_forget_invoices(p_members uuid[]) RETURNS void
LANGUAGE sql AS $$
    UPDATE orders_invoice AS i SET
        title_encrypted = CASE i.kind WHEN 'company' THEN i.title_encrypted END,
        title_masked = CASE i.kind WHEN 'company' THEN i.title_masked ELSE '' END,
        email_encrypted = NULL,
        email_masked = ''
    FROM orders_order AS o WHERE o.id = i.order_id AND o.member_id = ANY (p_members)
$$;

CREATE OR REPLACE VIEW orders_breach_invoices_within_paid AS
SELECT i.id, i.order_id, i.state, i.amount_fen, o.paid_fen, o.state AS order_state
FROM orders_invoice i JOIN orders_order o ON o.id = i.order_id
WHERE i.amount_fen > o.payable_fen OR (i.state = 'issued' AND (i.amount_fen > o.paid_fen OR o.state <> 'completed'));
COMMENT ON VIEW orders_breach_invoices_within_paid IS
    'Invoices are issued for completed orders and never about more than was paid';
