-- Forget with whose account at the provider orders were paid; what was paid stands. For orders nothing is open of.
CREATE OR REPLACE FUNCTION payments_forget_payers(p_orders uuid[]) RETURNS void
LANGUAGE sql AS $$
    UPDATE payments_payment SET payer = '', prepay = '{}'
     WHERE order_id = ANY (p_orders) AND (payer <> '' OR prepay <> '{}')
$$;
