CREATE OR REPLACE VIEW partners_breach_return_before_its_sale AS
SELECT back.id, back.partner_id, back.till_code, back.external_id
FROM partners_entry back
LEFT JOIN partners_entry sale ON sale.partner_id = back.partner_id AND sale.kind = 'sale' AND sale.state = 'booked'
    AND sale.till_code = coalesce(nullif(back.content->>'sale_till', ''), back.till_code)
    AND sale.external_id = back.content->>'sale'
WHERE back.kind = 'return' AND back.state = 'booked' AND sale.id IS NULL;
COMMENT ON VIEW partners_breach_return_before_its_sale IS
    'A return of an old till is booked only against a sale of it that is booked';

CREATE OR REPLACE VIEW partners_breach_booked_without_till AS
SELECT entry.id, entry.partner_id, entry.till_code, entry.number
FROM partners_entry entry
LEFT JOIN partners_till till ON till.partner_id = entry.partner_id AND till.code = entry.till_code
WHERE entry.state = 'booked' AND till.id IS NULL;
COMMENT ON VIEW partners_breach_booked_without_till IS
    'What an old till sold is booked only where the till is registered with its store';
