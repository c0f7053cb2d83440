-- A manager's word stays as it was given; only the one sale that uses it is written, once.
CREATE OR REPLACE FUNCTION pos_discount_approval_facts_stay() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sale_id IS NOT NULL
        OR (NEW.id, NEW.terminal_id, NEW.asked_by_id, NEW.approved_by_id, NEW.most_bp, NEW.most_fen, NEW.given_at)
            IS DISTINCT FROM (OLD.id, OLD.terminal_id, OLD.asked_by_id, OLD.approved_by_id, OLD.most_bp, OLD.most_fen,
                OLD.given_at)
    THEN
        RAISE EXCEPTION 'an approval is not changed any more';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER pos_discount_approval_stays
    BEFORE UPDATE ON pos_discount_approval
    FOR EACH ROW EXECUTE FUNCTION pos_discount_approval_facts_stay();

CREATE OR REPLACE TRIGGER pos_discount_approval_not_removed
    BEFORE DELETE OR TRUNCATE ON pos_discount_approval
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
