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

CREATE OR REPLACE VIEW pos_breach_approval_used_by_no_sale AS
SELECT a.id, a.terminal_id, a.sale_id
FROM pos_discount_approval a
LEFT JOIN pos_journal_entry e ON e.id = a.sale_id AND e.terminal_id = a.terminal_id
LEFT JOIN pos_till_sale s ON s.id = a.sale_id AND s.terminal_id = a.terminal_id
WHERE a.sale_id IS NOT NULL AND e.id IS NULL AND s.id IS NULL;
COMMENT ON VIEW pos_breach_approval_used_by_no_sale IS
    'A manager''s approval of a discount is used by a sale of the same till';
