-- The category path (root first) of each SKU: upper modules ask it to match rules that name a category.
CREATE OR REPLACE FUNCTION catalog_category_paths(p_skus bigint[])
RETURNS TABLE (sku_id bigint, category_path bigint[])
LANGUAGE sql STABLE AS $$
    SELECT sku.id, category.path
    FROM catalog_sku AS sku
    JOIN catalog_product AS product ON product.id = sku.product_id
    JOIN catalog_category AS category ON category.id = product.category_id
    WHERE sku.id = ANY (p_skus)
$$;
