DROP FUNCTION IF EXISTS mall_offers(
    bigint, bigint[], bigint, bigint[], text, bigint[], bigint, text, bigint, bigint, int, timestamptz);

-- What a store offers of the SKUs named: prices and what is left. A SKU without a base price is not offered.
-- p_tier: NULL for who is not a member; price_fen is what the asker pays. p_locations: the store first, then where an
-- express parcel may come from; express counts the best of all of them.
CREATE OR REPLACE FUNCTION mall_offers(
    p_path bigint[], p_seller bigint, p_locations bigint[], p_tier text, p_skus bigint[], p_now timestamptz
) RETURNS TABLE (
    sku_id bigint, price_fen bigint, base_fen bigint, member_fen bigint, timed_fen bigint,
    available bigint, express_available bigint
)
LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT price.sku_id,
           least(price.base_fen, price.timed_fen, CASE WHEN p_tier IS NOT NULL THEN price.member_fen END),
           price.base_fen, price.member_fen, price.timed_fen,
           coalesce(stock.here, 0), coalesce(stock.anywhere, 0)
    FROM pricing_resolve(p_path, p_skus, coalesce(p_tier, ''), p_now) AS price
    LEFT JOIN (
        SELECT found.sku_id, max(found.available) FILTER (WHERE found.location_id = p_locations[1]) AS here,
               max(found.available) AS anywhere
        FROM inventory_availability(p_locations, p_skus, p_seller, 'mall', true, p_now) AS found
        GROUP BY found.sku_id
    ) AS stock ON stock.sku_id = price.sku_id
$$;

-- The offers of SKUs as JSON texts, in the order of p_skus, with what each asker pays.
CREATE OR REPLACE FUNCTION mall_offer_cards(
    p_path bigint[], p_seller bigint, p_locations bigint[], p_offers_express boolean, p_tier text, p_skus bigint[],
    p_media text, p_now timestamptz
) RETURNS TABLE (sku_id bigint, price_fen bigint, card text)
LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT offer.sku_id, offer.price_fen, row_to_json(card)::text
    FROM mall_offers(p_path, p_seller, p_locations, p_tier, p_skus, p_now) AS offer
    JOIN catalog_cards(p_skus) AS goods ON goods.sku_id = offer.sku_id
    CROSS JOIN LATERAL (
        SELECT offer.price_fen, offer.base_fen, offer.member_fen, offer.timed_fen
    ) AS price
    CROSS JOIN LATERAL (
        SELECT goods.sku_id, goods.code AS sku_code, goods.product_id, goods.name, goods.name_en,
               goods.specification, CASE WHEN goods.image <> '' THEN p_media || goods.image ELSE '' END AS image,
               goods.unit_name, goods.quantity_scale, price, offer.available,
               CASE WHEN p_offers_express THEN offer.express_available ELSE 0 END AS express_available
    ) AS card
    ORDER BY array_position(p_skus, offer.sku_id)
$$;
