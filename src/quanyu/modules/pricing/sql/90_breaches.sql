-- Each row is a broken promise; reconciliation expects none.
CREATE OR REPLACE VIEW pricing_breach_history AS
SELECT book_id, sku_id, price.amount_fen, latest.after_fen
FROM (SELECT price.book_id, price.sku_id, price.amount_fen FROM pricing_price AS price) AS price
FULL JOIN (
    SELECT DISTINCT ON (change.book_id, change.sku_id) change.book_id, change.sku_id, change.after_fen
    FROM pricing_price_change AS change
    ORDER BY change.book_id, change.sku_id, change.id DESC
) AS latest USING (book_id, sku_id)
WHERE price.amount_fen IS DISTINCT FROM latest.after_fen;
COMMENT ON VIEW pricing_breach_history IS 'Every price is the last one of its history';
