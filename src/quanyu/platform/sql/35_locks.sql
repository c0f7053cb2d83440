-- Wait for the advisory locks (space, key) and hold them until the transaction ends; the spaces are those of
-- platform.locks.Space. In the order of the keys, so that two who want several never wait for each other.
CREATE OR REPLACE FUNCTION platform_lock(p_space int, p_keys int[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_key int;
BEGIN
    FOR v_key IN SELECT DISTINCT key FROM unnest(p_keys) AS key ORDER BY key LOOP
        PERFORM pg_advisory_xact_lock(p_space, v_key);
    END LOOP;
END $$;
