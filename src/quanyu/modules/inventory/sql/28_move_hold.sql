-- Move what a cause still holds to other stock: release it there and hold it, pinned, where p_lines say, or neither.
-- Lines as inventory_reserve takes them. Answers like it: {"ok": true, "held": [...]} or {"ok": false, "short": [...]}
-- with nothing changed. Locks the stock rows of both places, in the common order, before it touches anything: released
-- first and reserved then, each with its own locks, two orders that change places would wait for each other.
CREATE OR REPLACE FUNCTION inventory_move_hold(p_cause_kind text, p_cause_id text, p_lines jsonb, p_now timestamptz)
RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_answer jsonb;
BEGIN
    PERFORM inventory_lock(array_agg(place.location_id), array_agg(place.sku_id))
    FROM (
        SELECT reservation.location_id, reservation.sku_id
        FROM inventory_reservation AS reservation
        WHERE reservation.cause_kind = p_cause_kind AND reservation.cause_id = p_cause_id
          AND reservation.state = 'open'
        UNION
        SELECT line.location_id, line.sku_id
        FROM jsonb_to_recordset(p_lines) AS line (location_id bigint, sku_id bigint)
    ) AS place;
    -- A block with an exception clause is a savepoint: what was let go is held again when the other place has too little.
    BEGIN
        PERFORM inventory_release(p_cause_kind, p_cause_id, p_now);
        v_answer := inventory_reserve(p_cause_kind, p_cause_id, p_lines, NULL, p_now);
        IF NOT (v_answer ->> 'ok')::boolean THEN
            RAISE EXCEPTION 'short' USING ERRCODE = 'QY001';
        END IF;
    EXCEPTION
        WHEN SQLSTATE 'QY001' THEN
            RETURN v_answer;
    END;
    RETURN v_answer;
END $$;
