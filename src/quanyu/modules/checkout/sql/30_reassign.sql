-- Let another place fulfil a paid order that was not handed over: its goods are held there from now on, and no longer
-- where they were, or nothing has changed. p_lines as inventory_reserve takes them, all at p_location.
-- Answers {"ok": true}, {"ok": false, "state": null} when the order is not paid (any more), {"ok": false, "here": true}
-- when it is fulfilled from there already, or {"ok": false, "short": [...]} when the goods are not there.
-- Locks in the common order: the order, then the stock of both places.
CREATE OR REPLACE FUNCTION checkout_reassign(
    p_order uuid, p_location bigint, p_lines jsonb, p_actor text, p_reason text, p_at timestamptz
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_answer jsonb;
BEGIN
    IF orders_lock(p_order, ARRAY['paid']) IS NULL THEN
        RETURN '{"ok": false, "state": null}';
    END IF;
    IF orders_is_fulfilled_from(p_order, p_location) THEN
        RETURN '{"ok": false, "here": true}';
    END IF;
    v_answer := inventory_move_hold('order', p_order::text, p_lines, p_at);
    IF NOT (v_answer ->> 'ok')::boolean THEN
        RETURN v_answer;
    END IF;
    PERFORM orders_reassign(p_order, p_location, v_answer -> 'held', p_actor, p_reason, p_at);
    RETURN '{"ok": true}';
END $$;
