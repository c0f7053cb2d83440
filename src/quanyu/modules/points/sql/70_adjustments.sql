-- Nobody decides by another hand about the adjustment he asked for, whichever statement writes it.
CREATE OR REPLACE TRIGGER points_adjustment_one_hand
    BEFORE INSERT OR UPDATE OF decided_by ON points_adjustment
    FOR EACH ROW EXECUTE FUNCTION identity_refuse_one_hand();
