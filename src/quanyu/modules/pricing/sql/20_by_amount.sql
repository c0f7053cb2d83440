-- SKUs by what a reader pays at a unit (its path, root first), from (p_after_fen, p_after_sku) on: the cheapest first,
-- or the dearest with p_descending. p_tier NULL: not a member, to whom member prices do not count.
--
-- Each price book that counts here is walked by its index, so a page costs the same in a catalogue of any size. A price
-- may be met that does not hold (a nearer book says otherwise, or another kind is lower): such a row has holds = false.
-- Fewer than p_limit rows: the end was reached.
CREATE OR REPLACE FUNCTION pricing_by_amount(
    p_path bigint[], p_tier text, p_at timestamptz, p_descending boolean,
    p_after_fen bigint, p_after_sku bigint, p_limit integer
) RETURNS TABLE (sku_id bigint, amount_fen bigint, holds boolean)
LANGUAGE plpgsql STABLE ROWS 20 AS $$
DECLARE
    v_books bigint[] := ARRAY(
        SELECT book.id
        FROM pricing_price_book AS book
        WHERE book.is_active AND book.unit_id = ANY (p_path) AND book.period @> p_at
          AND (book.kind <> 'member' OR (p_tier IS NOT NULL AND (book.tier = '' OR book.tier = p_tier))));
    v_skus bigint[];
    v_amounts bigint[];
BEGIN
    IF p_descending THEN
        SELECT array_agg(met.sku_id), array_agg(met.amount_fen) INTO v_skus, v_amounts FROM (
            SELECT DISTINCT walked.amount_fen, walked.sku_id
            FROM unnest(v_books) AS book (id)
            CROSS JOIN LATERAL (
                SELECT price.amount_fen, price.sku_id FROM pricing_price AS price
                WHERE price.book_id = book.id
                  AND (price.amount_fen, price.sku_id)
                      < (coalesce(p_after_fen, 9223372036854775807), coalesce(p_after_sku, 9223372036854775807))
                ORDER BY price.amount_fen DESC, price.sku_id DESC
                LIMIT p_limit
            ) AS walked
            ORDER BY walked.amount_fen DESC, walked.sku_id DESC
            LIMIT p_limit
        ) AS met;
    ELSE
        SELECT array_agg(met.sku_id), array_agg(met.amount_fen) INTO v_skus, v_amounts FROM (
            SELECT DISTINCT walked.amount_fen, walked.sku_id
            FROM unnest(v_books) AS book (id)
            CROSS JOIN LATERAL (
                SELECT price.amount_fen, price.sku_id FROM pricing_price AS price
                WHERE price.book_id = book.id
                  AND (price.amount_fen, price.sku_id) > (coalesce(p_after_fen, -1), coalesce(p_after_sku, 0))
                ORDER BY price.amount_fen, price.sku_id
                LIMIT p_limit
            ) AS walked
            ORDER BY walked.amount_fen, walked.sku_id
            LIMIT p_limit
        ) AS met;
    END IF;
    RETURN QUERY
    SELECT met.sku_id, met.amount_fen,
           coalesce(met.amount_fen = least(
               price.base_fen, price.timed_fen, CASE WHEN p_tier IS NOT NULL THEN price.member_fen END), false)
    FROM unnest(v_skus, v_amounts) WITH ORDINALITY AS met (sku_id, amount_fen, place)
    LEFT JOIN pricing_resolve(p_path, v_skus, coalesce(p_tier, ''), p_at) AS price ON price.sku_id = met.sku_id
    ORDER BY met.place;
END $$;
