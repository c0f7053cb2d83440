-- A page of what a store offers: which SKUs, at which prices, and how many are left, in one statement.
--
-- p_skus names the candidates (hits of a text search); NULL means everything the store lists in p_category.
-- A SKU without a base price is not offered. p_sort: 'given' (the order of p_skus), 'newest', 'price_up',
-- 'price_down'. The page continues after (p_after_key, p_after_id); both NULL on the first page. p_locations:
-- the store first, then where an express parcel may come from; express counts the best of all of them.
CREATE OR REPLACE FUNCTION mall_offers(
    p_unit bigint, p_path bigint[], p_seller bigint, p_locations bigint[], p_tier text, p_skus bigint[],
    p_category bigint, p_sort text, p_after_key bigint, p_after_id bigint, p_limit int, p_now timestamptz
) RETURNS TABLE (
    sku_id bigint, sort_key bigint, base_fen bigint, member_fen bigint, timed_fen bigint,
    available bigint, express_available bigint
)
LANGUAGE plpgsql STABLE ROWS 20 AS $$
DECLARE
    v_skus bigint[] := p_skus;
BEGIN
    IF v_skus IS NULL THEN
        -- An empty search: every SKU on sale that the store lists, in the category and all below it.
        v_skus := ARRAY(
            SELECT hit.sku_id FROM catalog_search('{}', '{}', '', p_unit, p_category, NULL, NULL, 1000000) AS hit
        );
    END IF;
    RETURN QUERY
    WITH priced AS MATERIALIZED (
        SELECT price.sku_id, price.base_fen, price.member_fen, price.timed_fen,
               CASE p_sort
                   WHEN 'given' THEN array_position(v_skus, price.sku_id)::bigint
                   WHEN 'newest' THEN -price.sku_id
                   ELSE (CASE p_sort WHEN 'price_down' THEN -1 ELSE 1 END) * least(
                       price.base_fen, price.timed_fen, CASE WHEN p_tier IS NOT NULL THEN price.member_fen END)
               END AS sort_key
        FROM pricing_resolve(p_path, v_skus, coalesce(p_tier, ''), p_now) AS price
        WHERE price.base_fen IS NOT NULL
    ), page AS MATERIALIZED (
        SELECT * FROM priced
        WHERE p_after_id IS NULL OR (priced.sort_key, priced.sku_id) > (p_after_key, p_after_id)
        ORDER BY priced.sort_key, priced.sku_id
        LIMIT p_limit
    ), stock AS MATERIALIZED (
        SELECT found.sku_id,
               coalesce(max(found.available) FILTER (WHERE found.location_id = p_unit), 0) AS here,
               max(found.available) AS anywhere
        FROM inventory_availability(
            p_locations, ARRAY(SELECT page.sku_id FROM page), p_seller, 'mall', true, p_now) AS found
        GROUP BY found.sku_id
    )
    SELECT page.sku_id, page.sort_key, page.base_fen, page.member_fen, page.timed_fen,
           coalesce(stock.here, 0), coalesce(stock.anywhere, 0)
    FROM page LEFT JOIN stock ON stock.sku_id = page.sku_id
    ORDER BY page.sort_key, page.sku_id;
END $$;
