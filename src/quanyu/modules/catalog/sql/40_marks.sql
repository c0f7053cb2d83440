-- SKUs with all that a line of an order needs of them, and the stores' listings are kept in memory (queries/kept.py);
-- see platform/marks.py.
SELECT platform_watch('catalog.sku', 'catalog_sku');
SELECT platform_watch('catalog.sku', 'catalog_product');
SELECT platform_watch('catalog.sku', 'catalog_category');
SELECT platform_watch('catalog.sku', 'catalog_barcode');
SELECT platform_watch('catalog.sku', 'catalog_image');
SELECT platform_watch('catalog.listing', 'catalog_listing');
