-- Places in pickup slots. A slot is a row with a counter guarded by a CHECK; it is made by the first order that wants it.

-- Lock the slots that orders of a batch want ({"slot": {starts_at, ends_at, capacity}}, store_id), each made first where
-- it is none yet, in one order for all batches.
CREATE OR REPLACE FUNCTION fulfilment_lock_slots(p_orders jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO fulfilment_pickup_slot (store_id, starts_at, ends_at, capacity)
    SELECT DISTINCT ON (o.store_id, s.starts_at, s.ends_at) o.store_id, s.starts_at, s.ends_at, s.capacity
    FROM jsonb_to_recordset(p_orders) AS o (store_id bigint, slot jsonb),
        jsonb_to_record(o.slot) AS s (starts_at timestamptz, ends_at timestamptz, capacity int)
    WHERE o.slot IS NOT NULL
    ORDER BY o.store_id, s.starts_at, s.ends_at
    ON CONFLICT DO NOTHING;
    PERFORM FROM fulfilment_pickup_slot AS slot
    WHERE (slot.store_id, slot.starts_at, slot.ends_at) IN (
        SELECT o.store_id, s.starts_at, s.ends_at
        FROM jsonb_to_recordset(p_orders) AS o (store_id bigint, slot jsonb),
            jsonb_to_record(o.slot) AS s (starts_at timestamptz, ends_at timestamptz)
        WHERE o.slot IS NOT NULL
    )
    ORDER BY slot.store_id, slot.starts_at, slot.ends_at
    FOR NO KEY UPDATE;
END $$;

-- Take a place in a slot for an order that is being placed; false: it is full. The capacity is the setting of now: one
-- that was lowered below what is taken lets nobody in.
CREATE OR REPLACE FUNCTION fulfilment_take_slot(p_order uuid, p_store bigint, p_slot jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_slot bigint;
BEGIN
    UPDATE fulfilment_pickup_slot SET taken = taken + 1, capacity = (p_slot->>'capacity')::int
    WHERE store_id = p_store AND starts_at = (p_slot->>'starts_at')::timestamptz
        AND ends_at = (p_slot->>'ends_at')::timestamptz AND taken < (p_slot->>'capacity')::int
    RETURNING id INTO v_slot;
    IF v_slot IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO fulfilment_slot_booking (order_id, slot_id) VALUES (p_order, v_slot);
    RETURN true;
END $$;

-- An order ended before it was fetched: its place is free again.
CREATE OR REPLACE FUNCTION fulfilment_leave_slot(p_order uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_slot bigint;
BEGIN
    UPDATE fulfilment_slot_booking SET left_at = p_at WHERE order_id = p_order AND left_at IS NULL
    RETURNING slot_id INTO v_slot;
    IF v_slot IS NOT NULL THEN
        UPDATE fulfilment_pickup_slot SET taken = taken - 1 WHERE id = v_slot;
    END IF;
END $$;

-- A late payment revives an order: it takes its place again. False: it had one, and the slot is full or over.
CREATE OR REPLACE FUNCTION fulfilment_take_slot_again(p_order uuid, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_slot bigint;
BEGIN
    SELECT slot_id INTO v_slot FROM fulfilment_slot_booking WHERE order_id = p_order AND left_at IS NOT NULL;
    IF v_slot IS NULL THEN
        RETURN true;
    END IF;
    UPDATE fulfilment_pickup_slot SET taken = taken + 1
    WHERE id = v_slot AND taken < capacity AND ends_at > p_at;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE fulfilment_slot_booking SET left_at = NULL WHERE order_id = p_order;
    RETURN true;
END $$;
