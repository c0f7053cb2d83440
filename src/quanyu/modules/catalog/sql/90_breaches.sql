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

CREATE OR REPLACE VIEW catalog_breach_size_guide AS
    SELECT c.product_id, size.place, jsonb_array_length(size.cells) AS cells, cardinality(c.size_columns) AS columns
      FROM catalog_content c
     CROSS JOIN LATERAL jsonb_array_elements(c.size_rows) WITH ORDINALITY AS size (cells, place)
     WHERE jsonb_array_length(size.cells) <> cardinality(c.size_columns);
COMMENT ON VIEW catalog_breach_size_guide IS
    'Every row of a size guide has a cell for each of its columns.';

CREATE OR REPLACE VIEW catalog_breach_content_picture AS
    SELECT i.id, i.content_id, s.content_id AS of_section
      FROM catalog_content_picture i
      JOIN catalog_section s ON s.id = i.section_id
     WHERE s.content_id <> i.content_id;
COMMENT ON VIEW catalog_breach_content_picture IS
    'The picture of a section belongs to the same product as the section.';
