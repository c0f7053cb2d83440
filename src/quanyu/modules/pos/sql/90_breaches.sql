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
