-- The shelves follow the goods: a SKU stands in the category of its product and in every one above it.
CREATE OR REPLACE FUNCTION catalog_put_on_shelves(p_skus bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM catalog_shelf AS shelf
    USING catalog_sku AS sku
    JOIN catalog_product AS product ON product.id = sku.product_id
    JOIN catalog_category AS category ON category.id = product.category_id
    WHERE shelf.sku_id = sku.id AND sku.id = ANY (p_skus) AND shelf.category_id <> ALL (category.path);
    INSERT INTO catalog_shelf (category_id, sku_id)
    SELECT place.category_id, sku.id
    FROM catalog_sku AS sku
    JOIN catalog_product AS product ON product.id = sku.product_id
    JOIN catalog_category AS category ON category.id = product.category_id
    CROSS JOIN LATERAL unnest(category.path) AS place (category_id)
    WHERE sku.id = ANY (p_skus)
    ON CONFLICT DO NOTHING;
END $$;

-- Whoever gives goods a place first locks the product and the category read for it: a product that changes its category
-- at this moment, or a category that is being moved, is waited for and then read as it has become. (A move holds all
-- categories before it writes, so it needs no more.)
CREATE OR REPLACE FUNCTION catalog_hold_places(p_skus bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1
    FROM catalog_product AS product
    WHERE product.id IN (SELECT sku.product_id FROM catalog_sku AS sku WHERE sku.id = ANY (p_skus))
    ORDER BY product.id
    FOR SHARE;
    PERFORM 1
    FROM catalog_category AS category
    WHERE category.id IN (
        SELECT product.category_id
        FROM catalog_sku AS sku
        JOIN catalog_product AS product ON product.id = sku.product_id
        WHERE sku.id = ANY (p_skus))
    ORDER BY category.id
    FOR SHARE;
END $$;

CREATE OR REPLACE FUNCTION catalog_sku_placed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog_hold_places(ARRAY(SELECT placed.id FROM placed));
    PERFORM catalog_put_on_shelves(ARRAY(SELECT placed.id FROM placed));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION catalog_product_placed() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_skus bigint[] := ARRAY(
        SELECT sku.id
        FROM placed
        JOIN before ON before.id = placed.id AND before.category_id <> placed.category_id
        JOIN catalog_sku AS sku ON sku.product_id = placed.id);
BEGIN
    PERFORM catalog_hold_places(v_skus);
    PERFORM catalog_put_on_shelves(v_skus);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION catalog_category_placed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog_put_on_shelves(ARRAY(
        SELECT sku.id
        FROM placed
        JOIN before ON before.id = placed.id AND before.path <> placed.path
        JOIN catalog_product AS product ON product.category_id = placed.id
        JOIN catalog_sku AS sku ON sku.product_id = product.id));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION catalog_sku_removed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM catalog_shelf AS shelf USING removed WHERE shelf.sku_id = removed.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER catalog_sku_placed_new AFTER INSERT ON catalog_sku
    REFERENCING NEW TABLE AS placed FOR EACH STATEMENT EXECUTE FUNCTION catalog_sku_placed();
CREATE OR REPLACE TRIGGER catalog_sku_removed AFTER DELETE ON catalog_sku
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION catalog_sku_removed();
CREATE OR REPLACE TRIGGER catalog_product_placed AFTER UPDATE ON catalog_product
    REFERENCING NEW TABLE AS placed OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_product_placed();
CREATE OR REPLACE TRIGGER catalog_category_placed AFTER UPDATE ON catalog_category
    REFERENCING NEW TABLE AS placed OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_category_placed();
