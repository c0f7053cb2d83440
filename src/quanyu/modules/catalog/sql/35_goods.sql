-- All SKUs, on sale or not, that a typed text and a category choose (both may leave all of them: '{}', NULL), with what
-- a sheet of stock needs of them. One plain statement, so that the planner sees through it and joins it as a table.
CREATE OR REPLACE FUNCTION catalog_goods(p_tokens text[], p_patterns text[], p_category bigint)
RETURNS TABLE (sku_id bigint, code text, cost_fen bigint, quantity_scale int, is_active boolean)
LANGUAGE sql STABLE AS $$
    SELECT s.id, s.code::text, s.cost_fen, s.quantity_scale::int, s.is_active AND p.is_active
      FROM catalog_sku s
      JOIN catalog_product p ON p.id = s.product_id
     WHERE s.search_tokens @> p_tokens
       AND s.search_text LIKE ALL (p_patterns)
       AND (p_category IS NULL OR p.category_id IN (
                SELECT c.id FROM catalog_category c WHERE c.path @> ARRAY[p_category]))
$$;
