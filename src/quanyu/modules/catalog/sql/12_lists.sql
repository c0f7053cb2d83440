-- The newest SKUs that a store sells, the newest first, after (older than) p_after: a walk over one index that ends
-- when p_limit are found. p_category keeps that category and all below it; NULL means everything.
CREATE OR REPLACE FUNCTION catalog_newest(p_unit bigint, p_category bigint, p_after bigint, p_limit integer)
RETURNS TABLE (sku_id bigint)
LANGUAGE plpgsql STABLE ROWS 20 AS $$
BEGIN
    IF p_category IS NULL THEN
        RETURN QUERY
        SELECT s.id
        FROM catalog_sku AS s
        JOIN catalog_product AS p ON p.id = s.product_id
        LEFT JOIN catalog_listing AS l ON l.unit_id = p_unit AND l.sku_id = s.id
        WHERE s.id < coalesce(p_after, 9223372036854775807)
          AND s.is_active AND p.is_active AND coalesce(l.is_listed, p.is_listed_by_default)
        ORDER BY s.id DESC
        LIMIT p_limit;
    ELSE
        RETURN QUERY
        SELECT s.id
        FROM catalog_shelf AS shelf
        JOIN catalog_sku AS s ON s.id = shelf.sku_id
        JOIN catalog_product AS p ON p.id = s.product_id
        LEFT JOIN catalog_listing AS l ON l.unit_id = p_unit AND l.sku_id = s.id
        WHERE shelf.category_id = p_category AND shelf.sku_id < coalesce(p_after, 9223372036854775807)
          AND s.is_active AND p.is_active AND coalesce(l.is_listed, p.is_listed_by_default)
        ORDER BY shelf.sku_id DESC
        LIMIT p_limit;
    END IF;
END $$;

-- Which of the SKUs a store sells, and of those the ones of a category and all below it (NULL: all of them).
CREATE OR REPLACE FUNCTION catalog_on_sale(p_unit bigint, p_category bigint, p_skus bigint[])
RETURNS TABLE (sku_id bigint)
LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT s.id
    FROM catalog_sku AS s
    JOIN catalog_product AS p ON p.id = s.product_id
    LEFT JOIN catalog_listing AS l ON l.unit_id = p_unit AND l.sku_id = s.id
    WHERE s.id = ANY (p_skus)
      AND s.is_active AND p.is_active AND coalesce(l.is_listed, p.is_listed_by_default)
      AND (p_category IS NULL OR EXISTS (
          SELECT FROM catalog_shelf AS shelf WHERE shelf.category_id = p_category AND shelf.sku_id = s.id))
$$;

-- What a card in a list says of each SKU: names, variant, unit and the picture's path (empty for none).
CREATE OR REPLACE FUNCTION catalog_cards(p_skus bigint[])
RETURNS TABLE (
    sku_id bigint, code text, product_id bigint, name text, name_en text, specification jsonb, image text,
    unit_name text, quantity_scale smallint
)
LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT s.id, s.code, s.product_id, s.name, s.name_en, s.specification, coalesce(picture.card, ''),
           p.unit_name, s.quantity_scale
    FROM catalog_sku AS s
    JOIN catalog_product AS p ON p.id = s.product_id
    LEFT JOIN LATERAL (
        SELECT i.card FROM catalog_image AS i
        WHERE i.product_id = s.product_id AND (i.sku_id = s.id OR i.sku_id IS NULL)
        ORDER BY i.sku_id NULLS LAST, i.position, i.id LIMIT 1
    ) AS picture ON true
    WHERE s.id = ANY (p_skus)
$$;
