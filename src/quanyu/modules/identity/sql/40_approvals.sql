-- What was asked stands as it was asked; only its way through the states is written later. Nothing is deleted.
CREATE OR REPLACE TRIGGER identity_approval_written_once
    BEFORE DELETE OR TRUNCATE OR UPDATE OF
        id, kind, subject_kind, subject_id, subject, unit_id, permission, amount_fen, reason, request, request_sha256,
        is_repeated_by_asker, requested_by, requested_at, expires_at
    ON identity_approval
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- What was used or refused stays so: a second use, or a second decision, is a mistake whoever makes it.
CREATE OR REPLACE FUNCTION identity_keep_decision() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT ((OLD.state = 'requested' AND NEW.state IN ('approved', 'refused', 'expired'))
        OR (OLD.state = 'approved' AND NEW.state IN ('used', 'expired')))
    THEN
        RAISE EXCEPTION 'an approval does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER identity_approval_moves
    BEFORE UPDATE ON identity_approval
    FOR EACH ROW EXECUTE FUNCTION identity_keep_decision();

-- Use up the approval of exactly this request, in the transaction of the act itself; false when there is none that
-- holds now. Locks its row: of two who use it at once, one does. Cost: one indexed update.
CREATE OR REPLACE FUNCTION identity_use_approval(p_kind text, p_sha256 bytea, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE identity_approval SET state = 'used', used_at = p_at
    WHERE kind = p_kind AND request_sha256 = p_sha256 AND state = 'approved' AND expires_at > p_at;
    RETURN FOUND;
END $$;

CREATE OR REPLACE VIEW identity_breach_approval_by_two AS
SELECT id, kind, subject, requested_by, decided_by FROM identity_approval
WHERE decided_by = requested_by OR (state = 'used' AND decided_by = '');
COMMENT ON VIEW identity_breach_approval_by_two IS 'What needs a second person was approved by one who had not asked for it.';
