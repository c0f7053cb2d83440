-- Tell whether "p_who" is "p_of", or acts by its favour: "p_of" took it on, let it in, or set its password, its PIN or
-- its two-step sign-in (and can therefore act as it), directly or through somebody of whom the same is true.
-- Only people and software; "p_of" is written as in the books: staff:12. Cost: one indexed read per step upwards.
CREATE OR REPLACE FUNCTION identity_hand_of(p_who text, p_of text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE behind(who) AS (
        SELECT p_who
        UNION
        SELECT maker.who
        FROM behind
        CROSS JOIN LATERAL (
            SELECT unnest(ARRAY[created_by, password_set_by, pin_set_by, totp_reset_by]) AS who
            FROM identity_staff
            WHERE id = CASE WHEN behind.who ~ '^staff:[0-9]{1,18}$' THEN substr(behind.who, 7)::bigint END
            UNION ALL
            SELECT created_by
            FROM identity_api_client
            WHERE id = CASE WHEN behind.who ~ '^client:[0-9a-f-]{36}$' THEN substr(behind.who, 8)::uuid END
        ) AS maker
        WHERE maker.who ~ '^(staff|client):'
    )
    SELECT p_of ~ '^(staff|client):' AND EXISTS (SELECT FROM behind WHERE who = p_of)
$$;

-- Tell whether one hand may be behind both who asked and who decides, so that it takes a third one to decide. Whoever
-- let software in has seen its token: what it asks for, he asks for.
CREATE OR REPLACE FUNCTION identity_one_hand(p_asker text, p_decider text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT identity_hand_of(p_decider, p_asker) OR EXISTS (
        SELECT FROM identity_api_client
        WHERE p_asker ~ '^client:[0-9a-f-]{36}$'
            AND id = CASE WHEN p_asker ~ '^client:[0-9a-f-]{36}$' THEN substr(p_asker, 8)::uuid END
            AND identity_hand_of(p_decider, created_by)
    )
$$;

-- Nobody decides by another hand about what he asked for, whichever statement writes it.
CREATE OR REPLACE FUNCTION identity_refuse_one_hand() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decided_by <> '' AND NEW.decided_by <> NEW.requested_by
        AND identity_one_hand(NEW.requested_by, NEW.decided_by)
    THEN
        RAISE EXCEPTION 'one hand: % decides about what % asked for', NEW.decided_by, NEW.requested_by
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER identity_approval_one_hand
    BEFORE INSERT OR UPDATE OF decided_by ON identity_approval
    FOR EACH ROW EXECUTE FUNCTION identity_refuse_one_hand();
