-- What is on its way: a row per line of a transfer that was not wholly booked at its destination. p_sku, p_to and
-- p_from narrow it (NULL: all). It begins at stock rows with something in transit, so its cost is that of what is on
-- its way, not of all transfers there ever were. Locks nothing.
CREATE OR REPLACE FUNCTION inventory_underway(p_sku bigint, p_to bigint, p_from bigint)
RETURNS TABLE (
    transfer_id text, line text, from_id bigint, to_id bigint, sku_id bigint, owner_id bigint, quantity bigint
)
LANGUAGE sql STABLE ROWS 50 AS $$
    SELECT coming.cause_id, coming.cause_line, origin.location_id, coming.location_id, coming.sku_id, coming.owner_id,
           coming.quantity
    FROM (
        SELECT movement.cause_id::text, movement.cause_line::text, movement.location_id, movement.sku_id,
               movement.owner_id, sum(movement.in_transit_delta)::bigint AS quantity
        FROM inventory_stock AS stock
        JOIN inventory_movement AS movement USING (location_id, sku_id, owner_id)
        WHERE stock.in_transit > 0 AND movement.in_transit_delta <> 0
          AND (p_sku IS NULL OR stock.sku_id = p_sku) AND (p_to IS NULL OR stock.location_id = p_to)
        GROUP BY movement.cause_id, movement.cause_line, movement.location_id, movement.sku_id, movement.owner_id
        HAVING sum(movement.in_transit_delta) > 0
    ) AS coming
    LEFT JOIN inventory_movement AS origin
        ON origin.cause_kind = 'transfer' AND origin.cause_id = coming.cause_id
        AND origin.cause_line = coming.cause_line AND origin.kind = 'transfer_out'
        AND origin.sku_id = coming.sku_id AND origin.owner_id = coming.owner_id AND origin.on_hand_delta < 0
    WHERE p_from IS NULL OR origin.location_id = p_from
$$;
