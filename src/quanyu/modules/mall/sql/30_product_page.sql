-- A store as the API shows it, as JSON text; distance_m NULL where it was not asked for.
CREATE OR REPLACE FUNCTION mall_stores(p_ids bigint[], p_distances double precision[], p_now timestamptz)
RETURNS TABLE (store_id bigint, owner_id bigint, path bigint[], distance_m integer, card text)
LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT store.id, store.owner_id, store.path, card.distance_m, row_to_json(card)::text
    FROM organization_stores(p_ids, p_now) AS store
    CROSS JOIN LATERAL (
        SELECT store.id, store.code, store.name, store.name_en, store.area_code, store.area_name, store.address,
               store.longitude, store.latitude, store.phone, store.opening_hours, store.open_now,
               round(p_distances[array_position(p_ids, store.id)])::int AS distance_m,
               store.offers_pickup, store.offers_express, store.offers_instant, store.offers_in_store,
               store.delivery_radius_m
    ) AS card
$$;

-- What stores have of SKUs for their own customers: each sells by the rules of its own owner.
CREATE OR REPLACE FUNCTION mall_stock_of(p_stores bigint[], p_owners bigint[], p_skus bigint[], p_now timestamptz)
RETURNS TABLE (store_id bigint, sku_id bigint, available bigint)
LANGUAGE sql STABLE AS $$
    SELECT stock.location_id, stock.sku_id, stock.available
    FROM (
        SELECT store.owner_id, array_agg(store.id) AS ids
        FROM unnest(p_stores, p_owners) AS store (id, owner_id)
        GROUP BY store.owner_id
    ) AS of_owner
    CROSS JOIN LATERAL inventory_availability(of_owner.ids, p_skus, of_owner.owner_id, 'mall', true, p_now) AS stock
$$;

-- Stock of SKUs in stores around a point but for one store, nearest first, as a JSON array.
CREATE OR REPLACE FUNCTION mall_nearby_stock(
    p_but bigint, p_longitude double precision, p_latitude double precision, p_within_m int, p_stores_max int,
    p_skus bigint[], p_now timestamptz
) RETURNS text
LANGUAGE sql STABLE AS $$
    WITH near AS MATERIALIZED (
        SELECT array_agg(store.unit_id) AS ids, array_agg(store.distance_m) AS distances
        FROM (
            SELECT found.unit_id, found.distance_m
            FROM organization_nearest(p_longitude, p_latitude, p_within_m, NULL, p_stores_max + 1) AS found
            WHERE found.unit_id <> p_but
            ORDER BY found.distance_m, found.unit_id
            LIMIT p_stores_max
        ) AS store
    ), told AS MATERIALIZED (
        SELECT store.* FROM near CROSS JOIN LATERAL mall_stores(near.ids, near.distances, p_now) AS store
    )
    SELECT '[' || coalesce(string_agg(
        '{"store":' || told.card || ',"sku_id":' || stock.sku_id || ',"available":' || stock.available || '}', ','
        ORDER BY told.distance_m, told.store_id, stock.sku_id), '') || ']'
    FROM mall_stock_of(
        ARRAY(SELECT told.store_id FROM told ORDER BY told.store_id),
        ARRAY(SELECT told.owner_id FROM told ORDER BY told.store_id), p_skus, p_now) AS stock
    JOIN told ON told.store_id = stock.store_id
$$;

-- The ways to get goods of a store, as a JSON array: what the store offers and the listing of some variant allows.
-- p_settings: the values that hold there.
CREATE OR REPLACE FUNCTION mall_delivery_ways(
    p_pickup boolean, p_express boolean, p_instant boolean, p_in_store boolean, p_radius_m int, p_settings jsonb
) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT '[' || coalesce(string_agg(row_to_json(said)::text, ',' ORDER BY way.place), '') || ']'
    FROM (VALUES
        (1, 'pickup', p_pickup, (p_settings ->> 'mall.pickup_minutes')::int, NULL::int),
        (2, 'express', p_express, (p_settings ->> 'mall.express_hours')::int * 60, NULL),
        (3, 'instant', p_instant, (p_settings ->> 'mall.instant_minutes')::int, p_radius_m),
        (4, 'in_store', p_in_store, 0, NULL)
    ) AS way (place, delivery, is_open, minutes, radius_m)
    CROSS JOIN LATERAL (
        SELECT way.delivery, way.minutes,
               coalesce((p_settings ->> format('checkout.%s_freight_fen', way.delivery))::bigint, 0) AS freight_fen,
               (p_settings ->> format('checkout.%s_free_from_fen', way.delivery))::bigint AS free_from_fen,
               way.radius_m
    ) AS said
    WHERE way.is_open
$$;

-- A product as a store offers it, as JSON: its variants with price and stock, stock of the neighbourhood (around the
-- shopper, or the store where that place is NULL) and the ways to get it. One row; fault: 'store_unknown' or
-- 'offer_unknown', then no body. p_defaults: the settings read here, with their defaults.
CREATE OR REPLACE FUNCTION mall_product_page(
    p_store bigint, p_product bigint, p_token_hash bytea, p_longitude double precision, p_latitude double precision,
    p_stores_max int, p_defaults jsonb, p_media text, p_now timestamptz
) RETURNS TABLE (fault text, body text)
LANGUAGE plpgsql STABLE ROWS 1 SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_shop record;
    v_product record;
    v_way record;
    v_settings jsonb;
    v_tier text;
    v_cards text;
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
    SELECT * INTO v_product FROM catalog_product_page(p_product);
    SELECT array_agg(ways.sku_id ORDER BY array_position(v_product.sku_ids, ways.sku_id)) AS skus INTO v_way
    FROM catalog_sellable(p_store, v_product.sku_ids) AS ways WHERE ways.listed;
    SELECT string_agg(offer.card, ','), array_agg(offer.sku_id) INTO v_cards, v_skus
    FROM mall_offer_cards(
        v_shop.path, v_shop.owner_id, v_shop.source_ids, v_shop.offers_express, v_tier, v_way.skus, p_media, p_now
    ) AS offer;
    IF v_skus IS NULL THEN
        RETURN QUERY SELECT 'offer_unknown', NULL::text;
        RETURN;
    END IF;
    SELECT bool_or(ways.pickup) AS pickup, bool_or(ways.express) AS express, bool_or(ways.instant) AS instant
    INTO v_way FROM catalog_sellable(p_store, v_skus) AS ways;
    v_settings := platform_settings_at(
        p_defaults, 'brand'::text || ARRAY(
            SELECT 'unit:' || part.id FROM unnest(v_shop.path) WITH ORDINALITY AS part (id, place)
            ORDER BY part.place));
    RETURN QUERY
    SELECT NULL::text, left(row_to_json(product)::text, -1)
        || ',"pictures":' || (
            SELECT coalesce(json_agg(picture), '[]')::text
            FROM (
                SELECT p_media || shown.thumb AS thumb, p_media || shown.card AS card, p_media || shown."full" AS "full",
                       shown.alt, shown.sku_id
                FROM catalog_pictures(p_product) AS shown
            ) AS picture)
        || ',"offers":[' || v_cards
        || '],"nearby":' || mall_nearby_stock(
            p_store, coalesce(p_longitude, v_shop.longitude), coalesce(p_latitude, v_shop.latitude),
            (v_settings ->> 'mall.nearby_within_m')::int, p_stores_max, v_skus, p_now)
        || ',"delivery_ways":' || mall_delivery_ways(
            v_shop.offers_pickup AND v_way.pickup, v_shop.offers_express AND v_way.express,
            v_shop.offers_instant AND v_way.instant, v_shop.offers_in_store, v_shop.delivery_radius_m, v_settings)
        || '}'
    FROM (
        SELECT v_product.id, v_product.code, v_product.name, v_product.name_en, v_product.brand_name,
               v_product.category_id, v_product.category_path, v_product.unit_name, v_product.is_weighed,
               v_product.description_html, v_product.specification_names
    ) AS product;
END $$;
