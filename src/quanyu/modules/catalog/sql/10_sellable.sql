-- Which of the SKUs a store lists, and how the listing lets them be handed over. One row per known SKU.
-- No listing row means "as the master record says". What the store itself offers is organization's to tell.
CREATE OR REPLACE FUNCTION catalog_sellable(p_unit bigint, p_skus bigint[])
RETURNS TABLE (sku_id bigint, listed boolean, pickup boolean, express boolean, instant boolean)
LANGUAGE sql STABLE ROWS 50 AS $$
    SELECT s.id,
           on_sale.is_listed,
           on_sale.is_listed AND coalesce(l.allows_pickup, true),
           on_sale.is_listed AND coalesce(l.allows_express, true),
           on_sale.is_listed AND coalesce(l.allows_instant, true)
      FROM catalog_sku s
      JOIN catalog_product p ON p.id = s.product_id
      LEFT JOIN catalog_listing l ON l.unit_id = p_unit AND l.sku_id = s.id
     CROSS JOIN LATERAL (
           SELECT s.is_active AND p.is_active AND coalesce(l.is_listed, p.is_listed_by_default) AS is_listed
           ) on_sale
     WHERE s.id = ANY (p_skus)
$$;
