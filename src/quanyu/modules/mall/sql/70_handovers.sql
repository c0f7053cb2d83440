-- A hand-over has one taker: who took it stays, until the member is forgotten together with it.
CREATE OR REPLACE FUNCTION mall_refuse_second_taker() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a hand-over that was taken has its taker' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'mall_handover_one_taker';
END $$;
CREATE OR REPLACE TRIGGER mall_handover_one_taker BEFORE UPDATE ON mall_handover
    FOR EACH ROW WHEN (OLD.taken_by_id IS NOT NULL) EXECUTE FUNCTION mall_refuse_second_taker();

CREATE OR REPLACE VIEW mall_breach_handover_outcome AS
    SELECT handover.id, handover.taken_at, line.sku_id, line.outcome
    FROM mall_handover AS handover
    LEFT JOIN mall_handover_line AS line ON line.handover_id = handover.id
    WHERE line.id IS NULL OR (line.outcome = '') <> (handover.taken_at IS NULL);
COMMENT ON VIEW mall_breach_handover_outcome IS
    'Of a hand-over that was taken each line says what became of it; of one that waits none does, and none is empty';
