CREATE OR REPLACE TRIGGER orders_line_share_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON orders_line_share
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- The shares of a line are written together and are the whole of it, the first for whom the line is credited to.
CREATE OR REPLACE FUNCTION orders_keep_shares_whole() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM orders_line_share AS share JOIN orders_line AS line ON line.id = share.line_id
        WHERE share.line_id IN (SELECT added.line_id FROM added)
        GROUP BY share.line_id, line.credited_staff_id
        HAVING sum(share.share_bp) <> 10000
            OR line.credited_staff_id IS DISTINCT FROM min(share.staff_id) FILTER (WHERE share.place = 1)
    ) THEN
        RAISE EXCEPTION 'the shares of a line are 10000 basis points together, the first of whom it is credited to'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER orders_line_share_whole
    AFTER INSERT ON orders_line_share REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION orders_keep_shares_whole();

-- Write who served for the lines of a batch: {id, "shares": [{staff_id, share_bp}]}. Called only when a line was served for
-- by several.
CREATE OR REPLACE FUNCTION orders_insert_shares(p_lines jsonb) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO orders_line_share (line_id, place, staff_id, share_bp)
    SELECT line.id, share.place, (share.value->>'staff_id')::bigint, (share.value->>'share_bp')::int
    FROM jsonb_to_recordset(p_lines) AS line (id uuid, shares jsonb),
        jsonb_array_elements(line.shares) WITH ORDINALITY AS share (value, place)
$$;

CREATE OR REPLACE VIEW orders_breach_shares_are_the_whole AS
SELECT line.order_id, line.id AS line_id, sum(share.share_bp) AS share_bp, line.credited_staff_id
FROM orders_line_share AS share
JOIN orders_line AS line ON line.id = share.line_id
GROUP BY line.id
HAVING sum(share.share_bp) <> 10000
    OR line.credited_staff_id IS DISTINCT FROM min(share.staff_id) FILTER (WHERE share.place = 1);
COMMENT ON VIEW orders_breach_shares_are_the_whole IS
    'The shares of a line are the whole of it, the first of them of whom it is credited to';
