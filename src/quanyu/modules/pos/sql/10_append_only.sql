CREATE OR REPLACE TRIGGER pos_cash_move_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON pos_cash_move
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER pos_receipt_print_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON pos_receipt_print
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER pos_till_shortage_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON pos_till_shortage
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- A closed shift is history: its count and its report stand as they were signed.
CREATE OR REPLACE FUNCTION pos_refuse_reopening() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a closed shift is not changed any more';
END $$;

CREATE OR REPLACE TRIGGER pos_shift_closed_stays
    BEFORE UPDATE ON pos_shift
    FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION pos_refuse_reopening();
