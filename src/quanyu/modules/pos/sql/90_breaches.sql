CREATE OR REPLACE VIEW pos_breach_closed_shift_has_open_entry AS
SELECT e.id, e.shift_id, e.kind, e.begun_at
FROM pos_journal_entry e
JOIN pos_shift s ON s.id = e.shift_id
WHERE e.ended_at IS NULL AND s.closed_at IS NOT NULL;
COMMENT ON VIEW pos_breach_closed_shift_has_open_entry IS
    'A shift is closed only when every sale and return begun in it has ended';

CREATE OR REPLACE VIEW pos_breach_counted_minus_expected AS
SELECT id, counted_fen, expected_fen, report->>'over_short_fen' AS over_short_fen
FROM pos_shift
WHERE closed_at IS NOT NULL
    AND (report->>'over_short_fen')::bigint IS DISTINCT FROM counted_fen - expected_fen;
COMMENT ON VIEW pos_breach_counted_minus_expected IS
    'The over or short of a stored Z report is the counted minus the expected cash';

CREATE OR REPLACE VIEW pos_breach_till_chain_broken AS
SELECT link.id, link.terminal_id, link.seq, link.previous, before.digest
FROM pos_till_sale link
JOIN pos_till_sale before ON before.terminal_id = link.terminal_id AND before.seq = link.seq - 1
WHERE link.previous <> before.digest;
COMMENT ON VIEW pos_breach_till_chain_broken IS
    'Every sale that a till made names the digest of the one before it';

CREATE OR REPLACE VIEW pos_breach_booked_till_sale_not_in_journal AS
SELECT s.id, s.terminal_id, s.seq, s.number
FROM pos_till_sale s
LEFT JOIN pos_journal_entry e ON e.id = s.id AND e.outcome = 'done'
WHERE s.state = 'booked' AND e.id IS NULL;
COMMENT ON VIEW pos_breach_booked_till_sale_not_in_journal IS
    'What a till sold and is booked stands in the till journal as done';

CREATE OR REPLACE VIEW pos_breach_shortage_is_not_on_the_books AS
SELECT s.id, s.sale_id, s.sku_id, s.quantity, m.on_hand_delta
FROM (SELECT * FROM pos_till_shortage WHERE order_id IS NULL) s
FULL JOIN (
    SELECT cause_id, cause_line, sku_id, on_hand_delta FROM inventory_movement WHERE cause_kind = 'till_sale'
) m ON m.cause_line = s.id::text AND m.cause_id = s.sale_id::text AND m.sku_id = s.sku_id
WHERE s.quantity IS DISTINCT FROM m.on_hand_delta;
COMMENT ON VIEW pos_breach_shortage_is_not_on_the_books IS
    'What a till sold beyond the books is on them as a shortage, unit for unit';

CREATE OR REPLACE VIEW pos_breach_given_up_order_still_waits AS
SELECT s.sale_id, s.order_id, o.state
FROM pos_till_shortage s
JOIN pos_till_sale t ON t.id = s.sale_id AND t.state = 'booked'
JOIN orders_order o ON o.id = s.order_id
WHERE o.state = 'cancelled' AND o.paid_fen > o.refunded_fen;
COMMENT ON VIEW pos_breach_given_up_order_still_waits IS
    'An order given up for goods that a till had sold has all its money back';

CREATE OR REPLACE VIEW pos_breach_advice_is_not_of_its_sale AS
SELECT noted.order_id, noted.store_id, noted.terminal_id
FROM pos_advised_sale noted
LEFT JOIN pos_journal_entry e
    ON e.id = noted.order_id AND e.terminal_id = noted.terminal_id AND e.staff_id = noted.staff_id
WHERE e.id IS NULL;
COMMENT ON VIEW pos_breach_advice_is_not_of_its_sale IS
    'Advice is counted for the till and the person that the journal names for its sale';

CREATE OR REPLACE VIEW pos_breach_advised_sale_is_its_pieces AS
SELECT noted.order_id, noted.has_added, noted.has_bought
FROM pos_advised_sale noted
LEFT JOIN (
    SELECT sale_id, bool_or(was_added AND was_bought) AS has_added, bool_or(was_bought) AS has_bought
    FROM pos_advice_given GROUP BY sale_id
) AS pieces ON pieces.sale_id = noted.order_id
WHERE (noted.has_added, noted.has_bought) IS DISTINCT FROM (pieces.has_added, pieces.has_bought);
COMMENT ON VIEW pos_breach_advised_sale_is_its_pieces IS
    'A sale counts as one with added advice when a piece of advice was added and bought in it';

CREATE OR REPLACE VIEW pos_breach_approval_used_by_no_sale AS
SELECT a.id, a.terminal_id, a.sale_id
FROM pos_discount_approval a
LEFT JOIN pos_journal_entry e ON e.id = a.sale_id AND e.terminal_id = a.terminal_id
LEFT JOIN pos_till_sale s ON s.id = a.sale_id AND s.terminal_id = a.terminal_id
WHERE a.sale_id IS NOT NULL AND e.id IS NULL AND s.id IS NULL;
COMMENT ON VIEW pos_breach_approval_used_by_no_sale IS
    'A manager''s approval of a discount is used by a sale of the same till';
