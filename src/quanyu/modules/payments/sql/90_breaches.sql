CREATE OR REPLACE VIEW payments_breach_i7_one_per_transaction AS
SELECT tender, provider_txn, count(*) AS payments FROM payments_payment
WHERE provider_txn IS NOT NULL AND tender IN ('wechat', 'alipay') GROUP BY tender, provider_txn HAVING count(*) > 1;
COMMENT ON VIEW payments_breach_i7_one_per_transaction IS 'I7: a provider''s transaction is booked once';

CREATE OR REPLACE VIEW payments_breach_i8_refunds_within_paid AS
SELECT p.id, p.out_trade_no, p.amount_fen, p.refunded_fen, coalesce(sum(r.amount_fen), 0) AS refunds_fen
FROM payments_payment p LEFT JOIN payments_refund r ON r.payment_id = p.id
GROUP BY p.id
HAVING p.refunded_fen <> coalesce(sum(r.amount_fen), 0) OR coalesce(sum(r.amount_fen), 0) > p.amount_fen;
COMMENT ON VIEW payments_breach_i8_refunds_within_paid IS
    'I8: what a payment gave back is the sum of its refunds and at most what was paid';

CREATE OR REPLACE VIEW payments_breach_i9_paid_has_proof AS
SELECT id, out_trade_no, tender FROM payments_payment
WHERE state = 'paid' AND tender IN ('wechat', 'alipay') AND provider_txn IS NULL;
COMMENT ON VIEW payments_breach_i9_paid_has_proof IS
    'I9: a provider''s payment is paid only with the provider''s transaction number';
