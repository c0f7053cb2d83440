-- Each row of these views is a broken promise; reconciliation expects none.
CREATE OR REPLACE VIEW coupons_breach_i4_issued AS
SELECT template_id, coalesce(counter.issued, 0) AS issued, coalesce(made.count, 0) AS coupons, counter.total_limit
FROM coupons_counter AS counter
FULL JOIN (
    SELECT template_id, count(*) AS count FROM coupons_coupon GROUP BY template_id
) AS made USING (template_id)
WHERE coalesce(counter.issued, 0) <> coalesce(made.count, 0) OR counter.issued > counter.total_limit;
COMMENT ON VIEW coupons_breach_i4_issued IS 'As many coupons were issued as are counted, and no more than the limit';

CREATE OR REPLACE VIEW coupons_breach_i4_person AS
SELECT template_id, member_id, coalesce(person.claimed, 0) AS claimed, coalesce(made.count, 0) AS coupons
FROM coupons_person AS person
FULL JOIN (
    SELECT template_id, claimer_id AS member_id, count(*) AS count FROM coupons_coupon GROUP BY template_id, claimer_id
) AS made USING (template_id, member_id)
WHERE coalesce(person.claimed, 0) <> coalesce(made.count, 0);
COMMENT ON VIEW coupons_breach_i4_person IS 'Every member was given as many coupons of an offer as are counted';

CREATE OR REPLACE VIEW coupons_breach_i4_budget AS
SELECT counter.template_id, counter.committed_fen, counter.budget_fen, coalesce(taken.fen, 0) AS taken_fen
FROM coupons_counter AS counter
LEFT JOIN (
    SELECT template_id, sum(amount_fen) AS fen
    FROM coupons_coupon
    WHERE state IN ('reserved', 'redeemed')
    GROUP BY template_id
) AS taken USING (template_id)
WHERE counter.budget_fen IS NOT NULL
  AND (counter.committed_fen <> coalesce(taken.fen, 0) OR counter.committed_fen > counter.budget_fen);
COMMENT ON VIEW coupons_breach_i4_budget IS 'What coupons take off is what their budget has committed, and no more';

CREATE OR REPLACE VIEW coupons_breach_i4_history AS
SELECT coupon.id, coupon.state, coupon.member_id, told.to_state, told.from_state, told.expected
FROM coupons_coupon AS coupon
LEFT JOIN (
    SELECT event.coupon_id, event.from_state, event.to_state, event.member_id, event.valid_until,
           lag(event.to_state, 1, '') OVER (PARTITION BY event.coupon_id ORDER BY event.id) AS expected,
           lead(event.id) OVER (PARTITION BY event.coupon_id ORDER BY event.id) IS NULL AS is_last
    FROM coupons_event AS event
) AS told ON told.coupon_id = coupon.id
WHERE told.coupon_id IS NULL
   OR told.from_state <> told.expected
   OR (told.is_last AND (told.to_state, told.member_id, told.valid_until)
       IS DISTINCT FROM (coupon.state, coupon.member_id, coupon.valid_until));
COMMENT ON VIEW coupons_breach_i4_history IS
    'Each change of a coupon begins where the one before ended, and the last says how it stands';

CREATE OR REPLACE VIEW coupons_breach_i4_used_once AS
SELECT coupon.id, coupon.state, used.redeemed, used.returned
FROM coupons_coupon AS coupon
JOIN (
    SELECT event.coupon_id, count(*) FILTER (WHERE event.kind IN ('redeemed', 'handed_out')) AS redeemed,
           count(*) FILTER (WHERE event.kind IN ('returned', 'put_back')) AS returned
    FROM coupons_event AS event
    GROUP BY event.coupon_id
) AS used ON used.coupon_id = coupon.id
WHERE used.redeemed - used.returned <> CASE coupon.state WHEN 'redeemed' THEN 1 ELSE 0 END;
COMMENT ON VIEW coupons_breach_i4_used_once IS 'A coupon is used once, and again only after it came back';

CREATE OR REPLACE VIEW coupons_breach_i4_service AS
SELECT coupon.id, coupon.state, template.kind, coupon.order_id, coupon.handed_out_id, done.coupon_id, done.put_back_at
FROM coupons_coupon AS coupon
JOIN coupons_template AS template ON template.id = coupon.template_id
LEFT JOIN coupons_handed_out AS done ON done.id = coupon.handed_out_id
WHERE (template.kind = 'service' AND coupon.order_id IS NOT NULL)
   OR (template.kind <> 'service' AND coupon.handed_out_id IS NOT NULL)
   OR (coupon.handed_out_id IS NOT NULL AND (done.coupon_id <> coupon.id OR done.put_back_at IS NOT NULL));
COMMENT ON VIEW coupons_breach_i4_service IS
    'A service is handed out without an order, what an order has is no service, and each hand-out stands with its coupon';
