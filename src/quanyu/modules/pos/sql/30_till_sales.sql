-- What a till said it sold stays as it said it; only what became of it is written, and an order does not become none.
-- Once it is booked, only that somebody has looked at it is added, once.
CREATE OR REPLACE FUNCTION pos_till_sale_facts_stay() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.terminal_id, NEW.seq, NEW.previous, NEW.digest, NEW.staff_id, NEW.sold_at, NEW.received_at,
            NEW.payable_fen, NEW.content)
        IS DISTINCT FROM (OLD.id, OLD.terminal_id, OLD.seq, OLD.previous, OLD.digest, OLD.staff_id, OLD.sold_at,
            OLD.received_at, OLD.payable_fen, OLD.content)
        OR OLD.looked_at IS NOT NULL
        OR (OLD.is_short AND NOT NEW.is_short)
        OR (OLD.state = 'booked' AND (NEW.looked_at IS NULL
            OR (NEW.state, NEW.problem, NEW.number, NEW.gap_fen, NEW.is_short)
                IS DISTINCT FROM (OLD.state, OLD.problem, OLD.number, OLD.gap_fen, OLD.is_short)))
    THEN
        RAISE EXCEPTION 'what a till sold is not changed any more';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER pos_till_sale_stays
    BEFORE UPDATE ON pos_till_sale
    FOR EACH ROW EXECUTE FUNCTION pos_till_sale_facts_stay();

CREATE OR REPLACE TRIGGER pos_till_sale_not_removed
    BEFORE DELETE OR TRUNCATE ON pos_till_sale
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
