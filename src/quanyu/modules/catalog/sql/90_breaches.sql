CREATE OR REPLACE VIEW catalog_breach_category_path AS
    SELECT c.id, c.code, c.path
      FROM catalog_category c
      LEFT JOIN catalog_category above ON above.id = c.parent_id
     WHERE c.path IS DISTINCT FROM coalesce(above.path, '{}') || c.id;
COMMENT ON VIEW catalog_breach_category_path IS
    'The path of a category is that of its parent followed by itself.';

CREATE OR REPLACE VIEW catalog_breach_scale_of_weighed AS
    SELECT s.id, s.code, s.quantity_scale, p.is_weighed
      FROM catalog_sku s
      JOIN catalog_product p ON p.id = s.product_id
     WHERE s.quantity_scale <> CASE WHEN p.is_weighed THEN 1000 ELSE 1 END;
COMMENT ON VIEW catalog_breach_scale_of_weighed IS
    'SKUs of weighed goods count grams, all others pieces.';

CREATE OR REPLACE VIEW catalog_breach_shelf AS
    SELECT shelf.category_id, shelf.sku_id, placed.category_id AS category_expected, placed.sku_id AS sku_expected
      FROM catalog_shelf shelf
      FULL JOIN (
           SELECT unnest(c.path) AS category_id, s.id AS sku_id
             FROM catalog_sku s
             JOIN catalog_product p ON p.id = s.product_id
             JOIN catalog_category c ON c.id = p.category_id
           ) placed ON placed.category_id = shelf.category_id AND placed.sku_id = shelf.sku_id
     WHERE shelf.sku_id IS NULL OR placed.sku_id IS NULL;
COMMENT ON VIEW catalog_breach_shelf IS
    'A SKU stands on the shelves of its category and of all above it, and on no other.';
