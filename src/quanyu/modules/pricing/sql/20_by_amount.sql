-- SKUs by what a reader pays at a unit (its path, root first), behind the place (p_after_fen, p_after_sku), NULL at the
-- beginning: the cheapest first, or the dearest with p_descending. p_tier NULL: not a member, to whom member prices do
-- not count. Each price book that counts here is walked p_steps steps by its index, so a page costs the same in a
-- catalogue of any size. skus: those met on the way whose price holds (a nearer book may say otherwise, or another kind
-- be lower), in order. is_end: there are no more.
CREATE OR REPLACE FUNCTION pricing_by_amount(
    p_path bigint[], p_tier text, p_at timestamptz, p_descending boolean,
    p_after_fen bigint, p_after_sku bigint, p_steps integer, OUT skus bigint[], OUT is_end boolean
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_books bigint[] := ARRAY(
        SELECT book.id
        FROM pricing_price_book AS book
        WHERE book.is_active AND book.unit_id = ANY (p_path) AND book.period @> p_at
          AND (book.kind <> 'member' OR (p_tier IS NOT NULL AND (book.tier = '' OR book.tier = p_tier))));
    v_side constant integer := CASE WHEN p_descending THEN -1 ELSE 1 END;
    v_met bigint[];
    v_last_fen bigint;
    v_last_sku bigint;
BEGIN
    IF p_descending THEN
        SELECT array_agg(met.sku_id), count(*) < p_steps,
               (array_agg(met.amount_fen))[p_steps], (array_agg(met.sku_id))[p_steps]
        INTO v_met, is_end, v_last_fen, v_last_sku
        FROM (
            SELECT walked.amount_fen, walked.sku_id
            FROM unnest(v_books) AS book (id)
            CROSS JOIN LATERAL (
                SELECT price.amount_fen, price.sku_id FROM pricing_price AS price
                WHERE price.book_id = book.id
                  AND (price.amount_fen, price.sku_id)
                      < (coalesce(p_after_fen, 9223372036854775807), coalesce(p_after_sku, 9223372036854775807))
                ORDER BY price.amount_fen DESC, price.sku_id DESC
                LIMIT p_steps
            ) AS walked
            ORDER BY walked.amount_fen DESC, walked.sku_id DESC
            LIMIT p_steps
        ) AS met;
    ELSE
        SELECT array_agg(met.sku_id), count(*) < p_steps,
               (array_agg(met.amount_fen))[p_steps], (array_agg(met.sku_id))[p_steps]
        INTO v_met, is_end, v_last_fen, v_last_sku
        FROM (
            SELECT walked.amount_fen, walked.sku_id
            FROM unnest(v_books) AS book (id)
            CROSS JOIN LATERAL (
                SELECT price.amount_fen, price.sku_id FROM pricing_price AS price
                WHERE price.book_id = book.id
                  AND (price.amount_fen, price.sku_id) > (coalesce(p_after_fen, -1), coalesce(p_after_sku, 0))
                ORDER BY price.amount_fen, price.sku_id
                LIMIT p_steps
            ) AS walked
            ORDER BY walked.amount_fen, walked.sku_id
            LIMIT p_steps
        ) AS met;
    END IF;
    -- What holds lies on the stretch walked; what does not was or will be met where it does.
    SELECT coalesce(array_agg(paid.sku_id ORDER BY v_side * paid.fen, v_side * paid.sku_id), '{}') INTO skus
    FROM (
        SELECT price.sku_id,
               least(price.base_fen, price.timed_fen, CASE WHEN p_tier IS NOT NULL THEN price.member_fen END) AS fen
        FROM pricing_resolve(p_path, v_met, coalesce(p_tier, ''), p_at) AS price
    ) AS paid
    WHERE (p_after_sku IS NULL
           OR (v_side * paid.fen, v_side * paid.sku_id) > (v_side * p_after_fen, v_side * p_after_sku))
      AND (is_end OR (v_side * paid.fen, v_side * paid.sku_id) <= (v_side * v_last_fen, v_side * v_last_sku));
END $$;
