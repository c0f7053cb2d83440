-- Money that came with a batch of orders: cash and recorded cards are paid the moment they are recorded.
-- p_tenders: [{n, nth, id, tender, amount_fen, tendered_fen, reference}], n the place of the order, nth counting from 1 in
-- each; p_orders: [{n, id, store_id, terminal_id, shift_id, placed_at}]; p_n and p_numbers: the number of the order at
-- each place. Returns the amount of each tender with its order's place.
CREATE OR REPLACE FUNCTION payments_record_batch(p_tenders jsonb, p_orders jsonb, p_n int[], p_numbers text[])
RETURNS TABLE (n int, amount_fen bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH recorded AS (
        INSERT INTO payments_payment (
            id, order_id, tender, way, amount_fen, tendered_fen, state, out_trade_no, provider_txn, payer, prepay,
            unit_id, terminal_id, shift_id, created_at, paid_at
        )
        SELECT t.id, o.id, t.tender, 'till', t.amount_fen, t.tendered_fen, 'paid',
               payments_numbered(numbered.number, t.nth), nullif(t.reference, ''), '', '{}'::jsonb, o.store_id,
               o.terminal_id, o.shift_id, o.placed_at, o.placed_at
        FROM jsonb_to_recordset(p_tenders) AS t (
            n int, nth int, id uuid, tender text, amount_fen bigint, tendered_fen bigint, reference text
        )
        JOIN jsonb_to_recordset(p_orders) AS o (
            n int, id uuid, store_id bigint, terminal_id uuid, shift_id uuid, placed_at timestamptz
        ) USING (n)
        JOIN unnest(p_n, p_numbers) AS numbered (n, number) USING (n)
    )
    SELECT t.n, t.amount_fen FROM jsonb_to_recordset(p_tenders) AS t (n int, amount_fen bigint);
END $$;
