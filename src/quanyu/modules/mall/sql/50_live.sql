-- Which SKUs a store shows to shoppers at this moment: listed there, on sale and priced.
CREATE OR REPLACE FUNCTION mall_offered(p_store bigint, p_skus bigint[], p_now timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(price.sku_id), '[]'::jsonb)
    FROM organization_shop(p_store) AS shop
    CROSS JOIN LATERAL pricing_resolve(
        shop.path, ARRAY(SELECT sale.sku_id FROM catalog_on_sale(p_store, NULL, p_skus) AS sale), '', p_now
    ) AS price
$$;
