-- Idempotency keys of many requests at once (platform.idempotency), for routes that work in batches.
--
-- None of these waits for the disk: what makes the effect true is committed, and flushed, after the claim and before the
-- answer, and the log is flushed in its order. A crash in between leaves what a crash between effect and answer leaves:
-- the natural key of the thing made.

-- Claim keys; returns the places (from 1) of the claims made. A claim that this very request made before counts as made.
-- The key of another request, or one that was used, is not claimed: the one-by-one way says what is the matter with it.
-- A key may stand once in a batch.
CREATE OR REPLACE FUNCTION platform_idempotency_claim(
    p_actors text[], p_keys text[], p_routes text[], p_digests bytea[], p_leases timestamptz[], p_at timestamptz[]
) RETURNS int[]
LANGUAGE plpgsql AS $$
DECLARE
    v_places int[];
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    WITH asked AS (
        SELECT one.*, ordinality::int AS place
        FROM unnest(p_actors, p_keys, p_routes, p_digests, p_leases, p_at)
            WITH ORDINALITY AS one (actor, key, route, digest, lease, at, ordinality)
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
    SELECT coalesce(array_agg(asked.place), '{}') INTO v_places FROM asked JOIN claimed USING (actor, key);
    RETURN v_places;
END $$;

-- Keep the answers of claimed requests, and give the claims back whose status is null: those were refused.
CREATE OR REPLACE FUNCTION platform_idempotency_settle(
    p_actors text[], p_keys text[], p_leases timestamptz[], p_statuses int[], p_answers bytea[]
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE platform_idempotency AS kept SET status = one.status, response = one.answer
    FROM unnest(p_actors, p_keys, p_leases, p_statuses, p_answers) AS one (actor, key, lease, status, answer)
    -- The lease in the condition: a worker that was given up for dead must not overwrite.
    WHERE one.status IS NOT NULL AND kept.actor = one.actor AND kept.key = one.key AND kept.locked_until = one.lease
        AND kept.status IS NULL;
    IF array_position(p_statuses, NULL) IS NOT NULL THEN
        DELETE FROM platform_idempotency AS kept
        USING unnest(p_actors, p_keys, p_leases, p_statuses) AS one (actor, key, lease, status)
        WHERE one.status IS NULL AND kept.actor = one.actor AND kept.key = one.key AND kept.locked_until = one.lease
            AND kept.status IS NULL;
    END IF;
END $$;
