-- What an old till said stays as it said it; only what became of it is written, and what is booked stays booked.
CREATE OR REPLACE FUNCTION partners_entry_facts_stay() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.till_code, NEW.kind, NEW.external_id, NEW.seq, NEW.happened_at, NEW.received_at,
            NEW.amount_fen, NEW.digest, NEW.content)
        IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.till_code, OLD.kind, OLD.external_id, OLD.seq, OLD.happened_at,
            OLD.received_at, OLD.amount_fen, OLD.digest, OLD.content)
        OR OLD.state = 'booked'
    THEN
        RAISE EXCEPTION 'what an old till said is not changed any more';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER partners_entry_stays
    BEFORE UPDATE ON partners_entry
    FOR EACH ROW EXECUTE FUNCTION partners_entry_facts_stay();

CREATE OR REPLACE TRIGGER partners_entry_not_removed
    BEFORE DELETE OR TRUNCATE ON partners_entry
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
