-- The till journal of many sales at once (ops/journal.py says what an entry is). Neither function waits for the disk: the
-- order that is placed in between is flushed, and the log in its order with it; an entry whose end is lost in a crash is
-- ended when its shift is closed.

-- Note sales in the open shifts of their tills; returns those that were noted. Whatever is not plain (no open shift, a
-- repeat, a used number) is not noted: the one-by-one way says what is the matter with it.
-- p_sales: [{id, terminal_id, seq, staff_id, at}].
DROP FUNCTION IF EXISTS pos_begin_sales(uuid[], uuid[], bigint[], bigint[], timestamptz[]);
CREATE OR REPLACE FUNCTION pos_begin_sales(p_sales jsonb) RETURNS TABLE (id uuid, shift_id uuid)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    -- One order for all batches: shifts, then tills, then entries, each sorted.
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(p_sales) AS one (
            id uuid, terminal_id uuid, seq bigint, staff_id bigint, at timestamptz
        )
    ),
    shift AS MATERIALIZED (
        -- FOR SHARE: the closing of a shift waits for these notes, and then sees them.
        SELECT s.id AS shift_id, s.terminal_id FROM pos_shift AS s
        WHERE s.terminal_id = ANY (ARRAY(SELECT asked.terminal_id FROM asked)) AND s.closed_at IS NULL
        ORDER BY s.terminal_id FOR SHARE
    ),
    held AS MATERIALIZED (
        SELECT t.device_id, used.seq FROM pos_terminal AS t
        JOIN (
            SELECT asked.terminal_id, max(asked.seq) AS seq FROM asked JOIN shift USING (terminal_id) GROUP BY 1
        ) AS used ON used.terminal_id = t.device_id
        ORDER BY t.device_id FOR NO KEY UPDATE OF t
    ),
    till AS (
        UPDATE pos_terminal AS t SET last_seq = held.seq FROM held
        WHERE t.device_id = held.device_id AND t.last_seq < held.seq
    )
    INSERT INTO pos_journal_entry AS entry (id, kind, terminal_id, seq, shift_id, staff_id, begun_at, outcome)
    SELECT asked.id, 'sale', asked.terminal_id, asked.seq, shift.shift_id, asked.staff_id, asked.at, ''
    FROM asked JOIN shift USING (terminal_id) ORDER BY asked.id
    ON CONFLICT DO NOTHING
    RETURNING entry.id, entry.shift_id;
END $$;

-- Close entries whose outcome is known: [{id, outcome ('done', 'refused'), at}]. What has ended stays as it ended.
DROP FUNCTION IF EXISTS pos_end_entries(uuid[], text[], timestamptz[]);
CREATE OR REPLACE FUNCTION pos_end_entries(p_entries jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE pos_journal_entry AS entry SET ended_at = one.at, outcome = one.outcome
    FROM jsonb_to_recordset(p_entries) AS one (id uuid, outcome text, at timestamptz)
    WHERE entry.id = one.id AND entry.ended_at IS NULL;
END $$;

-- Who asks at tills: for each pair of token hashes (hexadecimal) the device, the person (texts of identity_actor), the till
-- and the path of its store, in one look. A till that never asked before, and tokens behind which nobody stands, are null.
DROP FUNCTION IF EXISTS pos_askers(bytea[], bytea[], timestamptz);
CREATE OR REPLACE FUNCTION pos_askers(p_devices text[], p_staff text[], p_now timestamptz)
RETURNS TABLE (n int, device text, staff text, till jsonb, path bigint[])
LANGUAGE sql STABLE AS $$
    SELECT asked.n::int, asked.device::text, asked.staff::text,
           CASE WHEN till.device_id IS NOT NULL THEN jsonb_build_object(
               'device_id', till.device_id, 'store_id', till.store_id, 'code', till.code, 'last_seq', till.last_seq
           ) END,
           organization_path(till.store_id)
    FROM (
        SELECT n, identity_actor(decode(d, 'hex'), p_now) AS device, identity_actor(decode(s, 'hex'), p_now) AS staff
        FROM unnest(p_devices, p_staff) WITH ORDINALITY AS pair (d, s, n)
    ) AS asked
    LEFT JOIN pos_terminal AS till ON till.device_id = (asked.staff->>'device_id')::uuid
$$;
