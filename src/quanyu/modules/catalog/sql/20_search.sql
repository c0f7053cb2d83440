-- SKU ids for a search, best first: whole code, name begins with the text, name holds it, the rest.
-- Index words let false hits through, so every hit is checked against search_text (p_patterns).
-- p_unit filters by what that store lists; p_category by that category and all below it; both may be NULL.
-- The page continues after (p_after_rank, p_after_id); both NULL on the first page.
CREATE OR REPLACE FUNCTION catalog_search(
    p_tokens text[], p_patterns text[], p_exact text, p_unit bigint, p_category bigint,
    p_after_rank integer, p_after_id bigint, p_limit integer)
RETURNS TABLE (sku_id bigint, rank integer)
LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT hit.id, hit.rank
      FROM (SELECT s.id,
                   CASE WHEN p_exact = '' THEN 3
                        -- One or two letters hit thousands; to look into the words of each would cost more
                        -- than finding them, and no code is that short.
                        WHEN length(p_exact) > 2 AND s.search_tokens @> ARRAY['=' || p_exact] THEN 0
                        WHEN starts_with(s.search_text, p_exact) THEN 1
                        WHEN strpos(split_part(s.search_text, E'\n', 1), p_exact) > 0 THEN 2
                        ELSE 3
                   END AS rank
              FROM catalog_sku s
              JOIN catalog_product p ON p.id = s.product_id
              LEFT JOIN catalog_listing l ON l.unit_id = p_unit AND l.sku_id = s.id
             WHERE s.search_tokens @> p_tokens
               AND s.search_text LIKE ALL (p_patterns)
               AND s.is_active AND p.is_active
               AND (p_unit IS NULL OR coalesce(l.is_listed, p.is_listed_by_default))
               AND (p_category IS NULL OR p.category_id IN (
                        SELECT c.id FROM catalog_category c WHERE c.path @> ARRAY[p_category]))
           ) hit
     WHERE p_after_id IS NULL OR (hit.rank, hit.id) > (p_after_rank, p_after_id)
     ORDER BY hit.rank, hit.id
     LIMIT p_limit
$$;
