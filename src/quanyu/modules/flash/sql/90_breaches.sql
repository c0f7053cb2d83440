-- Each row of these views is a broken promise; reconciliation expects none.
CREATE OR REPLACE VIEW flash_breach_purchase AS
SELECT sale_id, member_id, purchase.quantity, ledger.quantity AS taken
FROM flash_purchase AS purchase
FULL JOIN (
    SELECT sale_id, member_id, sum(quantity) AS quantity FROM flash_taking WHERE state = 'taken' GROUP BY sale_id, member_id
) AS ledger USING (sale_id, member_id)
WHERE coalesce(purchase.quantity, 0) <> coalesce(ledger.quantity, 0);
COMMENT ON VIEW flash_breach_purchase IS 'What a member has of a flash sale is the sum of what his orders took';

CREATE OR REPLACE VIEW flash_breach_limit AS
SELECT purchase.sale_id, purchase.member_id, purchase.quantity, sale.per_member_limit
FROM flash_purchase AS purchase
JOIN flash_sale AS sale ON sale.id = purchase.sale_id
WHERE purchase.quantity > sale.per_member_limit AND NOT EXISTS (
    SELECT
    FROM flash_merge_move AS move
    JOIN flash_taking AS taking ON taking.id = move.taking_id
    WHERE taking.sale_id = purchase.sale_id AND taking.member_id = purchase.member_id
);
COMMENT ON VIEW flash_breach_limit IS 'Nobody has more of a flash sale than one member may buy';

CREATE OR REPLACE VIEW flash_breach_total AS
SELECT sale.id, sale.units_total, sale.taken, ledger.quantity
FROM flash_sale AS sale
LEFT JOIN (
    SELECT sale_id, sum(quantity) AS quantity FROM flash_taking WHERE state = 'taken' GROUP BY sale_id
) AS ledger ON ledger.sale_id = sale.id
WHERE sale.units_total IS NOT NULL
  AND (sale.taken <> coalesce(ledger.quantity, 0) OR coalesce(ledger.quantity, 0) > sale.units_total);
COMMENT ON VIEW flash_breach_total IS 'A limited flash sale counts what was taken, and no more than its pieces in all';
