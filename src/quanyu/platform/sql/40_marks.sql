-- Change marks: which transactions changed what others keep in memory. See platform/marks.py.
--
-- A mark is one row per topic and transaction, so it becomes visible with the change that it tells of, in the same
-- instant, however late its transaction commits, and a savepoint or transaction that is rolled back leaves none. Two
-- writers never touch the same row: marks make nobody wait.
CREATE OR REPLACE FUNCTION platform_mark_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO platform_change_mark (topic, transaction_id)
    VALUES (TG_ARGV[0], pg_current_xact_id()::text::bigint)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

-- Let every statement that changes the table leave a mark for the topic. Modules call this in their own SQL rooms.
CREATE OR REPLACE FUNCTION platform_watch(p_topic text, p_table text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION platform_mark_change(%L)',
        p_table || '_marked', p_table, p_topic);
END $$;

-- The present marks: {topic: "<changes>.<last>"}. <changes> counts the transactions that are visible: of two snapshots
-- one sees all that the other sees, so equal counts are the same changes. <last>, the youngest transaction, tells them
-- apart when tables were emptied and the count began again. A topic that this very transaction has changed has no
-- mark (null): nobody else may ever see what it sees. "": the server and database that the marks are of.
CREATE OR REPLACE FUNCTION platform_marks() RETURNS json
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_own bigint := pg_current_xact_id_if_assigned()::text::bigint;
BEGIN
    RETURN (
        SELECT json_object_agg(mark.topic, mark.present)
        FROM (
            SELECT known.topic,
                   CASE WHEN bool_or(known.last = v_own) IS NOT TRUE
                        THEN sum(known.changes) || '.' || max(known.last) END AS present
            FROM (
                SELECT folded.topic, folded.changes, folded.last FROM platform_change_total AS folded
                UNION ALL
                SELECT single.topic, 1, single.transaction_id FROM platform_change_mark AS single
            ) AS known
            GROUP BY known.topic
            UNION ALL
            SELECT '', extract(epoch FROM pg_postmaster_start_time()) || '.' || database.oid
            FROM pg_database AS database
            WHERE database.datname = current_database()
        ) AS mark);
END $$;

-- Count marks into one row per topic; returns how many. What readers see stays the same, before and after.
CREATE OR REPLACE FUNCTION platform_fold_marks() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_folded bigint;
BEGIN
    WITH gone AS (
        DELETE FROM platform_change_mark AS mark
        USING (
            SELECT waiting.topic, waiting.transaction_id
            FROM platform_change_mark AS waiting
            -- A transaction's own marks say that it must keep nothing: they stay until it has ended.
            WHERE waiting.transaction_id IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint
            FOR UPDATE SKIP LOCKED
        ) AS chosen
        WHERE mark.topic = chosen.topic AND mark.transaction_id = chosen.transaction_id
        RETURNING mark.topic, mark.transaction_id
    ), kept AS (
        INSERT INTO platform_change_total AS total (topic, changes, last)
        SELECT gone.topic, count(*), max(gone.transaction_id) FROM gone GROUP BY gone.topic ORDER BY gone.topic
        ON CONFLICT (topic) DO UPDATE
        SET changes = total.changes + excluded.changes, last = greatest(total.last, excluded.last)
    )
    SELECT count(*) INTO v_folded FROM gone;
    RETURN v_folded;
END $$;

SELECT platform_watch('platform.setting', 'platform_setting');
