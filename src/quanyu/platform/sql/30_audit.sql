-- The audit trail as a hash chain: each row carries the SHA-256 of its own canonical text, which
-- contains the hash of the row before. The text does not depend on session settings.
CREATE OR REPLACE FUNCTION platform_audit_hash(p_row platform_audit) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        p_row.id,
        to_char(p_row.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        p_row.actor_kind, p_row.actor_id, p_row.actor_name, p_row.unit_id,
        p_row.action, p_row.subject_kind, p_row.subject_id, p_row.reason, p_row.detail,
        encode(p_row.previous_hash, 'hex')
    )::text, 'UTF8'))
$$;

-- Append one event. The lock (locks.Space.AUDIT_CHAIN, 0) is held until the transaction ends, so
-- the chain has one order: that of the commits. Record late in the transaction.
CREATE OR REPLACE FUNCTION platform_audit_append(p_event jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_row platform_audit;
BEGIN
    PERFORM pg_advisory_xact_lock(1, 0);
    v_row.id := nextval(pg_get_serial_sequence('platform_audit', 'id'));
    v_row.at := (p_event ->> 'at')::timestamptz;
    v_row.actor_kind := p_event ->> 'actor_kind';
    v_row.actor_id := p_event ->> 'actor_id';
    v_row.actor_name := p_event ->> 'actor_name';
    v_row.unit_id := (p_event ->> 'unit_id')::bigint;
    v_row.action := p_event ->> 'action';
    v_row.subject_kind := p_event ->> 'subject_kind';
    v_row.subject_id := p_event ->> 'subject_id';
    v_row.reason := p_event ->> 'reason';
    v_row.detail := p_event -> 'detail';
    v_row.previous_hash := coalesce(
        (SELECT hash FROM platform_audit ORDER BY id DESC LIMIT 1),
        decode(repeat('00', 32), 'hex')
    );
    v_row.hash := platform_audit_hash(v_row);
    INSERT INTO platform_audit SELECT v_row.*;
    RETURN v_row.id;
END $$;

-- Every row whose content does not give its hash, or whose predecessor is not the one it names.
CREATE OR REPLACE FUNCTION platform_audit_breaches(p_after_id bigint)
RETURNS TABLE (id bigint, kind text)
LANGUAGE sql STABLE AS $$
    SELECT chained.id, CASE WHEN chained.altered THEN 'altered' ELSE 'broken_link' END
    FROM (
        SELECT
            event.id,
            event.hash <> platform_audit_hash(event) AS altered,
            event.previous_hash <> coalesce(
                lag(event.hash) OVER (ORDER BY event.id),
                (SELECT earlier.hash FROM platform_audit AS earlier
                 WHERE earlier.id <= p_after_id ORDER BY earlier.id DESC LIMIT 1),
                decode(repeat('00', 32), 'hex')
            ) AS torn
        FROM platform_audit AS event
        WHERE event.id > p_after_id
    ) AS chained
    WHERE chained.altered OR chained.torn
    ORDER BY chained.id
$$;
