-- Whether a sale was refused for good as far as its till is concerned: noted, ended without an order, and not one that the
-- till made by itself (that one is kept, and booked later).
CREATE OR REPLACE FUNCTION pos_sale_came_to_nothing(p_sale_id uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM pos_journal_entry AS e WHERE e.id = p_sale_id AND e.outcome = 'refused')
        AND NOT EXISTS (SELECT 1 FROM pos_till_sale AS s WHERE s.id = p_sale_id)
$$;

-- A manager's word stays as it was given; only the sale that uses it is written, anew when that one came to nothing.
CREATE OR REPLACE FUNCTION pos_discount_approval_facts_stay() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.sale_id IS NOT NULL AND (NEW.sale_id IS NULL OR NOT pos_sale_came_to_nothing(OLD.sale_id)))
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
