-- The product of every SKU that is on sale.
CREATE OR REPLACE FUNCTION catalog_products_of_skus() RETURNS TABLE (sku_id bigint, product_id bigint)
LANGUAGE sql STABLE ROWS 10000 AS $$
    SELECT s.id, s.product_id FROM catalog_sku AS s JOIN catalog_product AS p ON p.id = s.product_id
    WHERE s.is_active AND p.is_active
$$;

-- Which of the SKUs are of a brand (NULL: all of them).
CREATE OR REPLACE FUNCTION catalog_of_brand(p_skus bigint[], p_brand bigint) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_brand IS NULL THEN p_skus ELSE ARRAY(
        SELECT s.id FROM catalog_sku AS s JOIN catalog_product AS p ON p.id = s.product_id
        WHERE s.id = ANY (p_skus) AND p.brand_id = p_brand) END
$$;

-- The SKUs of a brand that a store sells, the newest first, at most p_most.
CREATE OR REPLACE FUNCTION catalog_sold_of_brand(p_unit bigint, p_category bigint, p_brand bigint, p_most int)
RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY(
        SELECT sold.sku_id
        FROM catalog_on_sale(p_unit, p_category, ARRAY(
            SELECT s.id FROM catalog_sku AS s JOIN catalog_product AS p ON p.id = s.product_id
            WHERE p.brand_id = p_brand)) AS sold
        ORDER BY sold.sku_id DESC LIMIT p_most)
$$;

-- The brands of SKUs; those without one are left out.
CREATE OR REPLACE FUNCTION catalog_brands_of(p_skus bigint[])
RETURNS TABLE (sku_id bigint, brand_id bigint, name text, name_en text)
LANGUAGE sql STABLE AS $$
    SELECT s.id, b.id, b.name::text, b.name_en::text
    FROM catalog_sku AS s
    JOIN catalog_product AS p ON p.id = s.product_id
    JOIN catalog_brand AS b ON b.id = p.brand_id
    WHERE s.id = ANY (p_skus)
$$;

-- For every category of the top and second level a picture: the main one of its newest product that a store may sell.
CREATE OR REPLACE FUNCTION catalog_category_pictures() RETURNS TABLE (category_id bigint, image text)
LANGUAGE sql STABLE AS $$
    SELECT c.id, picture.card
    FROM catalog_category AS c
    CROSS JOIN LATERAL (
        SELECT i.card
        FROM catalog_shelf AS shelf
        JOIN catalog_sku AS s ON s.id = shelf.sku_id AND s.is_active
        JOIN catalog_product AS p ON p.id = s.product_id AND p.is_active
        JOIN catalog_image AS i ON i.product_id = p.id AND i.position = 0
        WHERE shelf.category_id = c.id
        ORDER BY shelf.sku_id LIMIT 1
    ) AS picture
    WHERE cardinality(c.path) <= 2
$$;
