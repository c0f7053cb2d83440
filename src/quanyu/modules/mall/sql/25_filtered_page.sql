-- A page of a filtered list, as mall_offer_page gives one: of a brand, between two prices of the reader's, with stock (in
-- the store, or in a parcel's reach), at a lowered price; NULL and false filter nothing. What passes is found by walking
-- the list on, each try eight times as far, so a filter that little passes reads far into the list; a brand is read
-- whole instead (its newest p_brand_max), and a walk by price begins and ends at the prices asked for.
CREATE OR REPLACE FUNCTION mall_filtered_page(
    p_store bigint, p_token_hash bytea, p_words jsonb, p_category bigint, p_sort text, p_after_key bigint,
    p_after_id bigint, p_limit int, p_hits_max int, p_media text, p_now timestamptz,
    p_brand bigint, p_from_fen bigint, p_to_fen bigint, p_in_stock boolean, p_on_offer boolean
) RETURNS TABLE (fault text, items text, last_key bigint, last_id bigint)
LANGUAGE plpgsql STABLE ROWS 1 SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_brand_max constant int := 5000;
    v_shop record;
    v_next record;
    v_tier text;
    v_from_key bigint := p_after_key;
    v_from_id bigint := p_after_id;
    v_size int := p_limit * 4;
    v_try int := 1;
    v_skus bigint[];
    v_prices bigint[];
    v_cards text[];
    v_is_past boolean;
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
    IF p_after_id IS NULL AND p_sort = 'price_up' AND p_from_fen > 0 THEN
        v_from_key := p_from_fen - 1;
        v_from_id := 9223372036854775807;
    ELSIF p_after_id IS NULL AND p_sort = 'price_down' AND p_to_fen IS NOT NULL THEN
        v_from_key := p_to_fen + 1;
        v_from_id := 0;
    END IF;
    LOOP
        IF p_brand IS NOT NULL AND p_words IS NULL THEN
            SELECT CASE WHEN p_sort IN ('price_up', 'price_down') THEN mall_sorted_by_price(
                       v_shop.path, v_tier, brand.skus, p_sort = 'price_down', abs(v_from_key), v_from_id, v_brand_max,
                       p_now)
                   ELSE ARRAY(
                       SELECT sold.id FROM unnest(brand.skus) WITH ORDINALITY AS sold (id, place)
                       WHERE v_from_id IS NULL OR sold.id < v_from_id ORDER BY sold.place) END AS skus,
                   NULL::int[] AS ranks, true AS is_end
            INTO v_next
            FROM catalog_sold_of_brand(p_store, p_category, p_brand, v_brand_max) AS brand (skus);
        ELSE
            v_next := mall_next_skus(
                p_store, v_shop.path, v_tier, p_words, p_category, p_sort, v_from_key, v_from_id,
                v_size, v_try, p_hits_max, p_now);
        END IF;
        SELECT array_agg(passed.sku_id ORDER BY passed.place), array_agg(passed.price_fen ORDER BY passed.place)
        INTO v_skus, v_prices
        FROM (
            SELECT offer.sku_id, offer.price_fen, wanted.place
            FROM mall_offers(
                v_shop.path, v_shop.owner_id, v_shop.source_ids, v_tier, catalog_of_brand(v_next.skus, p_brand), p_now
            ) AS offer
            JOIN unnest(v_next.skus) WITH ORDINALITY AS wanted (sku_id, place) ON wanted.sku_id = offer.sku_id
            WHERE (p_from_fen IS NULL OR offer.price_fen >= p_from_fen)
              AND (p_to_fen IS NULL OR offer.price_fen <= p_to_fen)
              AND (NOT p_in_stock OR offer.available > 0
                   OR (v_shop.offers_express AND offer.express_available > 0))
              AND (NOT p_on_offer OR offer.timed_fen < offer.base_fen)
            ORDER BY wanted.place
            LIMIT p_limit + 1
        ) AS passed;
        -- Sorted by price, nothing passes behind the last price asked for.
        v_is_past := p_sort IN ('price_up', 'price_down') AND cardinality(v_next.skus) > 0 AND coalesce((
            SELECT CASE WHEN p_sort = 'price_up' THEN price.fen > p_to_fen ELSE price.fen < p_from_fen END
            FROM (
                SELECT least(found.base_fen, found.timed_fen,
                             CASE WHEN v_tier IS NOT NULL THEN found.member_fen END) AS fen
                FROM pricing_resolve(
                    v_shop.path, v_next.skus[cardinality(v_next.skus):], coalesce(v_tier, ''), p_now) AS found
            ) AS price), false);
        EXIT WHEN v_next.is_end OR v_is_past OR coalesce(cardinality(v_skus), 0) > p_limit;
        v_try := v_try + 1;
        v_size := v_size * 8;
    END LOOP;
    SELECT array_agg(offer.card) INTO v_cards
    FROM mall_offer_cards(
        v_shop.path, v_shop.owner_id, v_shop.source_ids, v_shop.offers_express, v_tier, v_skus[:p_limit], p_media, p_now
    ) AS offer;
    IF cardinality(v_skus) > p_limit THEN
        v_last := p_limit;
    END IF;
    RETURN QUERY SELECT
        NULL::text,
        '[' || coalesce(array_to_string(v_cards, ','), '') || ']',
        CASE p_sort
            WHEN 'relevance' THEN v_next.ranks[array_position(v_next.skus, v_skus[v_last])]::bigint
            WHEN 'newest' THEN -v_skus[v_last]
            WHEN 'price_up' THEN v_prices[v_last]
            ELSE -v_prices[v_last]
        END,
        v_skus[v_last];
END $$;

-- What a list can be narrowed by, as JSON: brands with how many offers each has, the least and highest price, how many
-- there are; counted in the first p_most of the list. p_words as for a page. fault: 'store_unknown'.
CREATE OR REPLACE FUNCTION mall_facets(
    p_store bigint, p_token_hash bytea, p_words jsonb, p_category bigint, p_most int, p_now timestamptz
) RETURNS TABLE (fault text, body text)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
DECLARE
    v_shop record;
    v_tier text;
    v_skus bigint[];
BEGIN
    SELECT * INTO v_shop FROM organization_shop(p_store);
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'store_unknown', NULL::text;
        RETURN;
    END IF;
    IF p_token_hash IS NOT NULL THEN
        v_tier := members_tier_of_token(p_token_hash, p_now);
    END IF;
    IF p_words IS NULL THEN
        v_skus := ARRAY(SELECT newest.sku_id FROM catalog_newest(p_store, p_category, NULL, p_most) AS newest);
    ELSIF p_words -> 'tokens' = '[]' THEN
        v_skus := '{}';
    ELSE
        v_skus := ARRAY(
            SELECT hit.sku_id
            FROM catalog_search(
                ARRAY(SELECT jsonb_array_elements_text(p_words -> 'tokens')),
                ARRAY(SELECT jsonb_array_elements_text(p_words -> 'patterns')),
                p_words ->> 'exact', p_store, p_category, NULL, NULL, p_most) AS hit);
    END IF;
    RETURN QUERY
    WITH priced AS MATERIALIZED (
        SELECT price.sku_id,
               least(price.base_fen, price.timed_fen, CASE WHEN v_tier IS NOT NULL THEN price.member_fen END) AS fen
        FROM pricing_resolve(v_shop.path, v_skus, coalesce(v_tier, ''), p_now) AS price
    ),
    brand AS (
        SELECT brand.brand_id AS id, brand.name, brand.name_en, count(*) AS count
        FROM catalog_brands_of(ARRAY(SELECT priced.sku_id FROM priced)) AS brand
        GROUP BY 1, 2, 3
    )
    SELECT NULL::text, json_build_object(
        'brands', coalesce((SELECT json_agg(row_to_json(brand) ORDER BY brand.count DESC, brand.id) FROM brand), '[]'),
        'price_min_fen', (SELECT min(priced.fen) FROM priced),
        'price_max_fen', (SELECT max(priced.fen) FROM priced),
        'count', (SELECT count(*) FROM priced))::text;
END $$;
