-- Idempotency keys of many requests at once (platform.idempotency), for routes that work in batches.
--
-- None of these waits for the disk: what makes the effect true is committed, and flushed, after the claim and before the
-- answer, and the log is flushed in its order. A crash in between leaves what a crash between effect and answer leaves:
-- the natural key of the thing made.

-- Claim keys; returns the places (from 1) of the claims made. A claim that this very request made before counts as made.
-- The key of another request, or one that was used, is not claimed: the one-by-one way says what is the matter with it.
-- A key may stand once in a batch: [{actor, key, route, digest (hexadecimal), lease, at}].
DROP FUNCTION IF EXISTS platform_idempotency_claim(text[], text[], text[], bytea[], timestamptz[], timestamptz[]);
CREATE OR REPLACE FUNCTION platform_idempotency_claim(p_claims jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_places jsonb;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    WITH asked AS MATERIALIZED (
        SELECT one.value->>'actor' AS actor, one.value->>'key' AS key, one.value->>'route' AS route,
               decode(one.value->>'digest', 'hex') AS digest, (one.value->>'lease')::timestamptz AS lease,
               (one.value->>'at')::timestamptz AS at, ordinality::int AS place
        FROM jsonb_array_elements(p_claims) WITH ORDINALITY AS one (value, ordinality)
    ),
    claimed AS (
        INSERT INTO platform_idempotency AS kept (actor, key, route, body_sha256, locked_until, created_at)
        SELECT actor, key, route, digest, lease, at FROM asked
        -- One order for all batches: two that bring the same keys do not wait for each other in a circle.
        ORDER BY actor, key
        ON CONFLICT (actor, key) DO UPDATE SET locked_until = excluded.locked_until
        WHERE kept.status IS NULL AND kept.body_sha256 = excluded.body_sha256
            AND (kept.locked_until < excluded.created_at OR kept.locked_until = excluded.locked_until)
        RETURNING kept.actor, kept.key
    )
    SELECT coalesce(jsonb_agg(asked.place), '[]') INTO v_places FROM asked JOIN claimed USING (actor, key);
    RETURN v_places;
END $$;

-- Keep the answers of claimed requests, and give the claims back whose status is null: those were refused.
-- [{actor, key, lease, status, answer (sealed, base64)}].
DROP FUNCTION IF EXISTS platform_idempotency_settle(text[], text[], timestamptz[], int[], bytea[]);
CREATE OR REPLACE FUNCTION platform_idempotency_settle(p_settled jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE platform_idempotency AS kept SET status = one.status, response = decode(one.answer, 'base64')
    FROM jsonb_to_recordset(p_settled) AS one (actor text, key text, lease timestamptz, status int, answer text)
    -- The lease in the condition: a worker that was given up for dead must not overwrite.
    WHERE one.status IS NOT NULL AND kept.actor = one.actor AND kept.key = one.key AND kept.locked_until = one.lease
        AND kept.status IS NULL;
    IF p_settled @? '$[*] ? (@.status == null)' THEN
        DELETE FROM platform_idempotency AS kept
        USING jsonb_to_recordset(p_settled) AS one (actor text, key text, lease timestamptz, status int)
        WHERE one.status IS NULL AND kept.actor = one.actor AND kept.key = one.key AND kept.locked_until = one.lease
            AND kept.status IS NULL;
    END IF;
END $$;
