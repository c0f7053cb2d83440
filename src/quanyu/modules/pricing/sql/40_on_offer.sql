-- SKUs that have a time-limited price at a unit (its path) at a moment, the nearest end first; at most p_most.
CREATE OR REPLACE FUNCTION pricing_on_offer(p_path bigint[], p_at timestamptz, p_most int) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY(
        SELECT price.sku_id
        FROM pricing_price_book AS book
        JOIN pricing_price AS price ON price.book_id = book.id
        WHERE book.is_active AND book.kind = 'timed' AND book.unit_id = ANY (p_path) AND book.period @> p_at
        GROUP BY price.sku_id
        ORDER BY min(upper(book.period)) NULLS LAST, price.sku_id
        LIMIT p_most)
$$;
