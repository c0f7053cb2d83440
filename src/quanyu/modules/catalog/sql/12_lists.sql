-- The newest SKUs that a store sells, the newest first, after (older than) p_after: a walk over one index that ends
-- when p_limit are found. p_category keeps that category and all below it; NULL means everything.
-- OFFSET 0 keeps the walk a walk: the planner, who does not know p_limit, would rather read whole tables.
CREATE OR REPLACE FUNCTION catalog_newest(p_unit bigint, p_category bigint, p_after bigint, p_limit integer)
RETURNS TABLE (sku_id bigint)
LANGUAGE plpgsql STABLE ROWS 20 AS $$
BEGIN
    IF p_category IS NULL THEN
        RETURN QUERY
        SELECT s.id
        FROM catalog_sku AS s
        CROSS JOIN LATERAL (
            SELECT p.is_listed_by_default FROM catalog_product AS p
            WHERE p.id = s.product_id AND p.is_active OFFSET 0
        ) AS product
        LEFT JOIN LATERAL (
            SELECT l.is_listed FROM catalog_listing AS l WHERE l.unit_id = p_unit AND l.sku_id = s.id OFFSET 0
        ) AS listing ON true
        WHERE s.id < coalesce(p_after, 9223372036854775807) AND s.is_active
          AND coalesce(listing.is_listed, product.is_listed_by_default)
        ORDER BY s.id DESC
        LIMIT p_limit;
    ELSE
        RETURN QUERY
        SELECT shelf.sku_id
        FROM catalog_shelf AS shelf
        CROSS JOIN LATERAL (
            SELECT s.product_id FROM catalog_sku AS s WHERE s.id = shelf.sku_id AND s.is_active OFFSET 0
        ) AS sku
        CROSS JOIN LATERAL (
            SELECT p.is_listed_by_default FROM catalog_product AS p
            WHERE p.id = sku.product_id AND p.is_active OFFSET 0
        ) AS product
        LEFT JOIN LATERAL (
            SELECT l.is_listed FROM catalog_listing AS l WHERE l.unit_id = p_unit AND l.sku_id = shelf.sku_id OFFSET 0
        ) AS listing ON true
        WHERE shelf.category_id = p_category AND shelf.sku_id < coalesce(p_after, 9223372036854775807)
          AND coalesce(listing.is_listed, product.is_listed_by_default)
        ORDER BY shelf.sku_id DESC
        LIMIT p_limit;
    END IF;
END $$;

-- How many SKUs there are in a category and below it (NULL: in all), counted up to p_most.
CREATE OR REPLACE FUNCTION catalog_count(p_category bigint, p_most integer) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF p_category IS NULL THEN
        RETURN (SELECT count(*) FROM (SELECT FROM catalog_sku LIMIT p_most) AS counted);
    END IF;
    RETURN (
        SELECT count(*)
        FROM (SELECT FROM catalog_shelf AS shelf WHERE shelf.category_id = p_category LIMIT p_most) AS counted);
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
      -- A look-up for each, never the whole shelf, which EXISTS might read.
      AND (p_category IS NULL OR (
          SELECT true FROM catalog_shelf AS shelf WHERE shelf.category_id = p_category AND shelf.sku_id = s.id))
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

-- A product's page but for what a store adds: no row for one that is not on sale. sku_ids by code.
CREATE OR REPLACE FUNCTION catalog_product_page(p_product bigint)
RETURNS TABLE (
    id bigint, code text, name text, name_en text, brand_name text, category_id bigint, category_path bigint[],
    unit_name text, is_weighed boolean, description_html text, specification_names text[], sku_ids bigint[]
)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT p.id, p.code, p.name, p.name_en, coalesce(b.name, ''), p.category_id, c.path, p.unit_name, p.is_weighed,
           p.description_html, p.specification_names::text[],
           ARRAY(SELECT s.id FROM catalog_sku AS s WHERE s.product_id = p.id ORDER BY s.code)
    FROM catalog_product AS p
    JOIN catalog_category AS c ON c.id = p.category_id
    LEFT JOIN catalog_brand AS b ON b.id = p.brand_id
    WHERE p.id = p_product AND p.is_active
$$;

-- The pictures of a product in their order, as paths below the media root.
CREATE OR REPLACE FUNCTION catalog_pictures(p_product bigint)
RETURNS TABLE (thumb text, card text, "full" text, alt text, sku_id bigint)
LANGUAGE sql STABLE ROWS 5 AS $$
    SELECT i.thumb, i.card, i."full", i.alt, i.sku_id
    FROM catalog_image AS i WHERE i.product_id = p_product ORDER BY i.position, i.id
$$;
