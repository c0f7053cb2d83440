-- So many SKUs of a set as come next when it is sorted by what the reader pays, behind the place where the page before
-- ended: a place is (price, SKU), dearest and highest first when p_down.
CREATE OR REPLACE FUNCTION mall_sorted_by_price(
    p_path bigint[], p_tier text, p_skus bigint[], p_down boolean, p_after_fen bigint, p_after_id bigint,
    p_limit int, p_now timestamptz
) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(next.sku_id ORDER BY next.key, next.sku), '{}')
    FROM (
        SELECT priced.sku_id, side.sign * priced.fen AS key, side.sign * priced.sku_id AS sku
        FROM (
            SELECT price.sku_id,
                   least(price.base_fen, price.timed_fen, CASE WHEN p_tier IS NOT NULL THEN price.member_fen END) AS fen
            FROM pricing_resolve(p_path, p_skus, coalesce(p_tier, ''), p_now) AS price
        ) AS priced
        CROSS JOIN (SELECT CASE WHEN p_down THEN -1 ELSE 1 END AS sign) AS side
        WHERE p_after_id IS NULL
           OR (side.sign * priced.fen, side.sign * priced.sku_id) > (side.sign * p_after_fen, side.sign * p_after_id)
        ORDER BY 2, 3
        LIMIT p_limit
    ) AS next
$$;

-- Which SKUs may come next in a list, in its order, behind the place (p_after_key, p_after_id) where the page before
-- ended (NULL on the first): on sale at the store, though some may have no price here. is_end: there are no more.
-- p_words: what is searched, {tokens, patterns, exact} as catalog's search wants it, without tokens nothing can match;
-- NULL for a whole list.
--
-- An index is walked from the place on, p_size steps; p_try counts the caller's tries, each with more steps. Sorted
-- are only the best p_hits_max hits of a search, and a shelf or store so small that walking past it would cost more.
CREATE OR REPLACE FUNCTION mall_next_skus(
    p_unit bigint, p_path bigint[], p_tier text, p_words jsonb, p_category bigint, p_sort text,
    p_after_key bigint, p_after_id bigint, p_size int, p_try int, p_hits_max int, p_now timestamptz,
    OUT skus bigint[], OUT ranks int[], OUT is_end boolean
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    -- So many cost less to sort than the next, longer walk past them.
    v_few constant int := p_size * CASE p_try WHEN 1 THEN 16 ELSE 2 END;
BEGIN
    IF p_words -> 'tokens' = '[]' THEN
        skus := '{}';
        is_end := true;
        RETURN;
    ELSIF p_words IS NOT NULL THEN
        SELECT coalesce(array_agg(hit.sku_id), '{}'), coalesce(array_agg(hit.rank), '{}')
        INTO skus, ranks
        FROM catalog_search(
            ARRAY(SELECT jsonb_array_elements_text(p_words -> 'tokens')),
            ARRAY(SELECT jsonb_array_elements_text(p_words -> 'patterns')),
            p_words ->> 'exact', p_unit, p_category,
            CASE WHEN p_sort = 'relevance' THEN p_after_key::int END,
            CASE WHEN p_sort = 'relevance' THEN p_after_id END,
            CASE WHEN p_sort = 'relevance' THEN p_size ELSE p_hits_max END) AS hit;
        is_end := p_sort <> 'relevance' OR cardinality(skus) < p_size;
    ELSIF p_sort = 'newest' THEN
        skus := ARRAY(SELECT newest.sku_id FROM catalog_newest(p_unit, p_category, p_after_id, p_size) AS newest);
        is_end := cardinality(skus) < p_size;
        RETURN;
    ELSE
        is_end := catalog_count(p_category, v_few + 1) <= v_few;
        IF is_end THEN
            skus := ARRAY(SELECT newest.sku_id FROM catalog_newest(p_unit, p_category, NULL, v_few) AS newest);
        ELSE
            SELECT walked.skus, walked.is_end INTO skus, is_end
            FROM pricing_by_amount(
                p_path, p_tier, p_now, p_sort = 'price_down', abs(p_after_key), p_after_id, p_size) AS walked;
            SELECT coalesce(array_agg(sold.sku_id ORDER BY array_position(skus, sold.sku_id)), '{}')
            INTO skus
            FROM catalog_on_sale(p_unit, p_category, skus) AS sold;
            RETURN;
        END IF;
    END IF;
    IF p_sort = 'newest' THEN
        SELECT coalesce(array_agg(hit.id ORDER BY hit.id DESC), '{}') INTO skus
        FROM unnest(skus) AS hit (id) WHERE p_after_id IS NULL OR hit.id < p_after_id;
    ELSIF p_sort <> 'relevance' THEN
        skus := mall_sorted_by_price(
            p_path, p_tier, skus, p_sort = 'price_down', abs(p_after_key), p_after_id, p_size, p_now);
    END IF;
END $$;

-- A page of what a store offers, as JSON: one row. fault: 'store_unknown', then nothing else. last_key and last_id are
-- the place to continue after; NULL on the last page. p_token_hash: of the reader's session, NULL without one.
-- p_sort: 'relevance' (with words only), 'newest', 'price_up', 'price_down'. A SKU without a base price is not offered.
-- Plans are kept: to plan these joins anew for every page would take longer than to run them.
CREATE OR REPLACE FUNCTION mall_offer_page(
    p_store bigint, p_token_hash bytea, p_words jsonb, p_category bigint, p_sort text, p_after_key bigint,
    p_after_id bigint, p_limit int, p_hits_max int, p_media text, p_now timestamptz
) RETURNS TABLE (fault text, items text, last_key bigint, last_id bigint)
LANGUAGE plpgsql STABLE ROWS 1 SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_shop record;
    v_next record;
    v_tier text;
    v_size int := p_limit + 1;  -- one more than is shown tells whether there is another page
    v_try int := 1;
    v_cards text[];
    v_skus bigint[];
    v_prices bigint[];
    v_last int;
BEGIN
    SELECT * INTO v_shop FROM organization_shop(p_store);
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'store_unknown', NULL::text, NULL::bigint, NULL::bigint;
        RETURN;
    END IF;
    IF p_token_hash IS NOT NULL THEN
        v_tier := members_tier_of_token(p_token_hash, p_now);
    END IF;
    LOOP
        v_next := mall_next_skus(
            p_store, v_shop.path, v_tier, p_words, p_category, p_sort, p_after_key, p_after_id,
            v_size, v_try, p_hits_max, p_now);
        IF v_try > 1 OR cardinality(v_next.skus) > v_size THEN
            v_skus := ARRAY(
                SELECT price.sku_id
                FROM pricing_resolve(v_shop.path, v_next.skus, coalesce(v_tier, ''), p_now) AS price
                ORDER BY array_position(v_next.skus, price.sku_id)
                LIMIT p_limit + 1);
        ELSE
            v_skus := v_next.skus;
        END IF;
        SELECT array_agg(offer.card), array_agg(offer.sku_id), array_agg(offer.price_fen)
        INTO v_cards, v_skus, v_prices
        FROM mall_offer_cards(
            v_shop.path, v_shop.owner_id, v_shop.source_ids, v_shop.offers_express, v_tier, v_skus, p_media, p_now
        ) AS offer;
        EXIT WHEN v_next.is_end OR coalesce(cardinality(v_cards), 0) > p_limit;
        v_try := v_try + 1;
        v_size := v_size * 8;
    END LOOP;
    IF cardinality(v_cards) > p_limit THEN
        v_last := p_limit;
    END IF;
    RETURN QUERY SELECT
        NULL::text,
        '[' || coalesce(array_to_string(v_cards[:p_limit], ','), '') || ']',
        CASE p_sort
            WHEN 'relevance' THEN v_next.ranks[array_position(v_next.skus, v_skus[v_last])]::bigint
            WHEN 'newest' THEN -v_skus[v_last]
            WHEN 'price_up' THEN v_prices[v_last]
            ELSE -v_prices[v_last]
        END,
        v_skus[v_last];
END $$;
