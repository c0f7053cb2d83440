-- Price history is written once.
CREATE OR REPLACE TRIGGER pricing_price_change_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON pricing_price_change
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- The prices that hold for SKUs at a unit (its path, root first), for a tier (NULL: not a member) at a
-- moment, in one query for a whole page. Per kind the book of the nearest unit wins; at one unit a
-- member book of the tier wins over one for all members. SKUs without a base price are left out.
CREATE OR REPLACE FUNCTION pricing_resolve(p_path bigint[], p_skus bigint[], p_tier text, p_at timestamptz)
RETURNS TABLE (
    sku_id bigint, base_fen bigint, member_fen bigint, timed_fen bigint,
    base_book bigint, member_book bigint, timed_book bigint
)
LANGUAGE sql STABLE AS $$
    SELECT nearest.sku_id,
           max(nearest.amount_fen) FILTER (WHERE nearest.kind = 'base'),
           max(nearest.amount_fen) FILTER (WHERE nearest.kind = 'member'),
           max(nearest.amount_fen) FILTER (WHERE nearest.kind = 'timed'),
           max(nearest.book_id) FILTER (WHERE nearest.kind = 'base'),
           max(nearest.book_id) FILTER (WHERE nearest.kind = 'member'),
           max(nearest.book_id) FILTER (WHERE nearest.kind = 'timed')
    FROM (
        SELECT DISTINCT ON (price.sku_id, book.kind) price.sku_id, book.kind, price.amount_fen, price.book_id
        FROM pricing_price_book AS book
        JOIN pricing_price AS price ON price.book_id = book.id
        WHERE book.is_active
          AND book.unit_id = ANY (p_path)
          AND book.period @> p_at
          AND (book.kind <> 'member' OR book.tier = '' OR book.tier = p_tier)
          AND (book.kind <> 'member' OR p_tier IS NOT NULL)
          AND price.sku_id = ANY (p_skus)
        ORDER BY price.sku_id, book.kind, array_position(p_path, book.unit_id) DESC, book.tier <> '' DESC
    ) AS nearest
    GROUP BY nearest.sku_id
    HAVING count(*) FILTER (WHERE nearest.kind = 'base') > 0
$$;

-- The member prices of pricing_resolve for many tiers at once. Only what a book says comes back: where a
-- chain has few member books, the tiers of a hundred thousand SKUs cost next to nothing.
CREATE OR REPLACE FUNCTION pricing_member_prices(p_path bigint[], p_skus bigint[], p_tiers text[], p_at timestamptz)
RETURNS TABLE (sku_id bigint, tier text, amount_fen bigint)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (price.sku_id, wanted.tier) price.sku_id, wanted.tier, price.amount_fen
    FROM unnest(p_tiers) AS wanted (tier)
    JOIN pricing_price_book AS book ON book.tier = '' OR book.tier = wanted.tier
    JOIN pricing_price AS price ON price.book_id = book.id
    WHERE book.is_active
      AND book.kind = 'member'
      AND book.unit_id = ANY (p_path)
      AND book.period @> p_at
      AND price.sku_id = ANY (p_skus)
    ORDER BY price.sku_id, wanted.tier, array_position(p_path, book.unit_id) DESC, book.tier <> '' DESC
$$;

-- Set prices of a book: [{sku_id, amount_fen}], null takes the SKU out. Writes the history and returns
-- what really changed: [{sku_id, before_fen, after_fen}]. Two editors of one book follow one another.
CREATE OR REPLACE FUNCTION pricing_set_prices(p_book bigint, p_prices jsonb, p_actor text, p_now timestamptz)
RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_changes jsonb;
BEGIN
    PERFORM 1 FROM pricing_price_book AS book WHERE book.id = p_book FOR NO KEY UPDATE;
    WITH changed AS (
        SELECT wanted.sku_id, price.amount_fen AS before_fen, wanted.amount_fen AS after_fen
        FROM jsonb_to_recordset(p_prices) AS wanted (sku_id bigint, amount_fen bigint)
        LEFT JOIN pricing_price AS price ON price.book_id = p_book AND price.sku_id = wanted.sku_id
        WHERE price.amount_fen IS DISTINCT FROM wanted.amount_fen
    ),
    kept AS (
        INSERT INTO pricing_price_change (book_id, sku_id, before_fen, after_fen, actor, at)
        SELECT p_book, changed.sku_id, changed.before_fen, changed.after_fen, p_actor, p_now
        FROM changed
        ORDER BY changed.sku_id
    ),
    dropped AS (
        DELETE FROM pricing_price AS price
        USING changed
        WHERE price.book_id = p_book AND price.sku_id = changed.sku_id AND changed.after_fen IS NULL
    ),
    written AS (
        INSERT INTO pricing_price (book_id, sku_id, amount_fen, changed_at)
        SELECT p_book, changed.sku_id, changed.after_fen, p_now
        FROM changed
        WHERE changed.after_fen IS NOT NULL
        ON CONFLICT (book_id, sku_id)
        DO UPDATE SET amount_fen = excluded.amount_fen, changed_at = excluded.changed_at
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'sku_id', changed.sku_id, 'before_fen', changed.before_fen, 'after_fen', changed.after_fen
    ) ORDER BY changed.sku_id), '[]'::jsonb)
    INTO v_changes
    FROM changed;
    RETURN v_changes;
END $$;
