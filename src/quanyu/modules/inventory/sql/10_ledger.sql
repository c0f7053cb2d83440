-- Movements are written once (I1). A correction is a new movement.
CREATE OR REPLACE TRIGGER inventory_movement_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON inventory_movement
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- A UUIDv7 for rows that SQL makes: random bits of a v4, the first 48 replaced by the milliseconds.
CREATE OR REPLACE FUNCTION inventory_new_id(p_now timestamptz) RETURNS uuid
LANGUAGE sql VOLATILE AS $$
    SELECT encode(
        set_bit(set_bit(
            overlay(
                uuid_send(gen_random_uuid())
                PLACING substring(int8send(floor(extract(epoch FROM p_now) * 1000)::bigint) FROM 3)
                FROM 1 FOR 6
            ), 52, 1), 53, 1),
        'hex')::uuid
$$;

-- Lock every stock row of the given (location, SKU) pairs in the one order everybody uses. A batch
-- of orders calls this once before its reservations, so that two batches never wait for each other.
CREATE OR REPLACE FUNCTION inventory_lock(p_locations bigint[], p_skus bigint[]) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_locked int;
BEGIN
    PERFORM 1
    FROM inventory_stock AS stock
    JOIN (
        SELECT DISTINCT location_id, sku_id FROM unnest(p_locations, p_skus) AS pair (location_id, sku_id)
    ) AS wanted USING (location_id, sku_id)
    ORDER BY stock.location_id, stock.sku_id, stock.owner_id
    FOR NO KEY UPDATE OF stock;
    GET DIAGNOSTICS v_locked = ROW_COUNT;
    RETURN v_locked;
END $$;

-- How much of each (locked) stock row is promised to reservations that have lapsed. A reservation
-- that somebody pins at this moment is skipped: it is about to be no longer lapsed, and waiting for
-- it while holding the stock row could be a deadlock.
CREATE OR REPLACE FUNCTION inventory_lapsable(p_stock_ids bigint[], p_now timestamptz)
RETURNS TABLE (stock_id bigint, quantity bigint)
LANGUAGE sql VOLATILE AS $$
    SELECT lapsed.stock_id, sum(lapsed.quantity)::bigint
    FROM (
        SELECT stock.id AS stock_id, reservation.quantity
        FROM inventory_stock AS stock
        JOIN inventory_reservation AS reservation USING (location_id, sku_id, owner_id)
        WHERE stock.id = ANY (p_stock_ids)
          AND reservation.state = 'open'
          AND reservation.expires_at <= p_now
        FOR UPDATE OF reservation SKIP LOCKED
    ) AS lapsed
    GROUP BY lapsed.stock_id
$$;

-- Give the units of lapsed reservations of (locked) stock rows back.
CREATE OR REPLACE FUNCTION inventory_lapse(p_stock_ids bigint[], p_now timestamptz) RETURNS void
LANGUAGE sql VOLATILE AS $$
    WITH lapsable AS MATERIALIZED (
        SELECT stock.id AS stock_id, reservation.id AS reservation_id
        FROM inventory_stock AS stock
        JOIN inventory_reservation AS reservation USING (location_id, sku_id, owner_id)
        WHERE stock.id = ANY (p_stock_ids)
          AND reservation.state = 'open'
          AND reservation.expires_at <= p_now
        FOR UPDATE OF reservation SKIP LOCKED
    ),
    lapsed AS (
        UPDATE inventory_reservation AS reservation
        SET state = 'lapsed', closed_at = p_now
        FROM lapsable
        WHERE reservation.id = lapsable.reservation_id
        RETURNING lapsable.stock_id, reservation.quantity
    )
    UPDATE inventory_stock AS stock
    SET reserved = stock.reserved - freed.quantity, changed_at = p_now
    FROM (SELECT lapsed.stock_id, sum(lapsed.quantity) AS quantity FROM lapsed GROUP BY lapsed.stock_id) AS freed
    WHERE stock.id = freed.stock_id
$$;
