-- Money that came with a batch of orders: cash and recorded cards are paid the moment they are recorded.
-- p_orders: [{n, id, store_id, terminal_id, shift_id, placed_at, tenders: [{id, tender, amount_fen, tendered_fen,
-- reference}]}]; p_n and p_numbers: the number of the order at each place. Returns the sum of each order that brought any.
CREATE OR REPLACE FUNCTION payments_record_batch(p_orders jsonb, p_n int[], p_numbers text[])
RETURNS TABLE (n int, amount_fen bigint)
LANGUAGE sql AS $$
    WITH given AS MATERIALIZED (
        SELECT o.*, numbered.number, t.nth, (t.tender->>'id')::uuid AS payment_id, t.tender->>'tender' AS tender,
               (t.tender->>'amount_fen')::bigint AS amount_fen, (t.tender->>'tendered_fen')::bigint AS tendered_fen,
               nullif(t.tender->>'reference', '') AS reference
        FROM jsonb_to_recordset(p_orders) AS o (
            n int, id uuid, store_id bigint, terminal_id uuid, shift_id uuid, placed_at timestamptz, tenders jsonb
        )
        JOIN unnest(p_n, p_numbers) AS numbered (n, number) USING (n)
        CROSS JOIN LATERAL jsonb_array_elements(o.tenders) WITH ORDINALITY AS t (tender, nth)
    ),
    recorded AS (
        INSERT INTO payments_payment (
            id, order_id, tender, way, amount_fen, tendered_fen, state, out_trade_no, provider_txn, payer, prepay,
            unit_id, terminal_id, shift_id, created_at, paid_at
        )
        SELECT payment_id, id, tender, 'till', amount_fen, tendered_fen, 'paid', payments_numbered(number, nth), reference,
               '', '{}'::jsonb, store_id, terminal_id, shift_id, placed_at, placed_at
        FROM given
    )
    SELECT given.n, sum(given.amount_fen)::bigint FROM given GROUP BY given.n
$$;
