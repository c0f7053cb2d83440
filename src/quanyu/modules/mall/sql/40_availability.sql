-- What the stores around a point have of a list of SKUs, nearest first, as a JSON array: the stores, at most p_limit of
-- the p_stores_max nearest, that offer and have at least one of them. A SKU that a store does not list or has no price
-- for counts as nothing there. is_complete: there is some of each. Figures stand in the order of p_skus.
CREATE OR REPLACE FUNCTION mall_availability_near(
    p_skus bigint[], p_longitude double precision, p_latitude double precision, p_within_m int, p_offers text,
    p_stores_max int, p_limit int, p_now timestamptz
) RETURNS text
LANGUAGE sql STABLE AS $$
    WITH near AS MATERIALIZED (
        SELECT array_agg(found.unit_id) AS ids, array_agg(found.distance_m) AS distances
        FROM organization_nearest(p_longitude, p_latitude, p_within_m, p_offers, p_stores_max) AS found
    ), told AS MATERIALIZED (
        SELECT store.* FROM near CROSS JOIN LATERAL mall_stores(near.ids, near.distances, p_now) AS store
    ), stocked AS MATERIALIZED (
        SELECT stock.store_id, stock.sku_id, stock.available
        FROM mall_stock_of(
            ARRAY(SELECT told.store_id FROM told ORDER BY told.store_id),
            ARRAY(SELECT told.owner_id FROM told ORDER BY told.store_id), p_skus, p_now) AS stock
    ), sold AS (
        SELECT told.store_id, price.sku_id
        FROM told
        CROSS JOIN LATERAL (
            SELECT array_agg(stocked.sku_id) AS skus FROM stocked WHERE stocked.store_id = told.store_id
        ) AS had
        CROSS JOIN LATERAL pricing_resolve(
            told.path, ARRAY(SELECT sale.sku_id FROM catalog_on_sale(told.store_id, NULL, had.skus) AS sale), '', p_now
        ) AS price
        WHERE had.skus IS NOT NULL
    ), counted AS (
        SELECT stocked.store_id, count(*) AS kinds,
               jsonb_object_agg(stocked.sku_id, stocked.available) AS figures
        FROM stocked JOIN sold ON sold.store_id = stocked.store_id AND sold.sku_id = stocked.sku_id
        GROUP BY stocked.store_id
    ), shown AS (
        SELECT told.distance_m, told.store_id, told.card, counted.kinds, counted.figures
        FROM counted JOIN told ON told.store_id = counted.store_id
        ORDER BY told.distance_m, told.store_id
        LIMIT p_limit
    )
    SELECT '[' || coalesce(string_agg(
        '{"store":' || shown.card
        || ',"is_complete":' || (shown.kinds = cardinality(p_skus))
        || ',"items":[' || (
            SELECT string_agg(
                format('{"sku_id":%s,"available":%s}', sku.id, coalesce(shown.figures ->> sku.id::text, '0')), ','
                ORDER BY sku.place)
            FROM unnest(p_skus) WITH ORDINALITY AS sku (id, place)) || ']}', ','
        ORDER BY shown.distance_m, shown.store_id), '') || ']'
    FROM shown
$$;
