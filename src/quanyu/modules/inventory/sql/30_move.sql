-- Let reserved units leave the building: the movement, both counters and the reservation in one
-- step. p_lines limits it to some lines. Returns the number of lines issued; again: 0.
CREATE OR REPLACE FUNCTION inventory_issue(
    p_cause_kind text, p_cause_id text, p_kind text, p_actor text, p_now timestamptz, p_lines text[] DEFAULT NULL
) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_issued int;
    v_changes jsonb;
BEGIN
    PERFORM inventory_lock_cause(p_cause_kind, p_cause_id);
    WITH issued AS (
        UPDATE inventory_reservation AS reservation
        SET state = 'issued', closed_at = p_now
        WHERE reservation.cause_kind = p_cause_kind AND reservation.cause_id = p_cause_id
          AND reservation.state = 'open'
          AND (p_lines IS NULL OR reservation.cause_line = ANY (p_lines))
        RETURNING reservation.cause_line, reservation.location_id, reservation.sku_id, reservation.owner_id,
                  reservation.quantity
    ),
    leaving AS (
        SELECT issued.location_id, issued.sku_id, issued.owner_id, sum(issued.quantity)::bigint AS quantity
        FROM issued
        GROUP BY issued.location_id, issued.sku_id, issued.owner_id
    ),
    counted AS (
        UPDATE inventory_stock AS stock
        SET on_hand = stock.on_hand - leaving.quantity, reserved = stock.reserved - leaving.quantity,
            changed_at = p_now
        FROM leaving
        WHERE stock.location_id = leaving.location_id AND stock.sku_id = leaving.sku_id
          AND stock.owner_id = leaving.owner_id
        RETURNING stock.location_id, stock.sku_id, stock.owner_id, stock.on_hand, leaving.quantity
    ),
    moved AS (
        INSERT INTO inventory_movement (
            location_id, sku_id, owner_id, kind, on_hand_delta, on_hand_after,
            cause_kind, cause_id, cause_line, actor, at
        )
        SELECT issued.location_id, issued.sku_id, issued.owner_id, p_kind, -issued.quantity,
               counted.on_hand + counted.quantity - sum(issued.quantity) OVER (
                   PARTITION BY issued.location_id, issued.sku_id, issued.owner_id ORDER BY issued.cause_line
               ),
               p_cause_kind, p_cause_id, issued.cause_line, p_actor, p_now
        FROM issued
        JOIN counted USING (location_id, sku_id, owner_id)
        ORDER BY issued.location_id, issued.sku_id, issued.owner_id, issued.cause_line
    )
    SELECT (SELECT count(*) FROM issued),
           (SELECT jsonb_agg(jsonb_build_object(
                'location_id', counted.location_id, 'sku_id', counted.sku_id, 'owner_id', counted.owner_id,
                'on_hand_delta', -counted.quantity, 'on_hand', counted.on_hand
            )) FROM counted)
    INTO v_issued, v_changes;

    IF v_issued > 0 THEN
        PERFORM inventory_announce(p_cause_kind, p_cause_id, p_kind, v_changes, p_now);
    END IF;
    RETURN v_issued;
END $$;

-- What a list of movements does to each stock row, without the lines that have been moved already.
CREATE OR REPLACE FUNCTION inventory_pending(p_kind text, p_cause_kind text, p_cause_id text, p_lines jsonb)
RETURNS TABLE (
    line text, location_id bigint, sku_id bigint, owner_id bigint, on_hand bigint, damaged bigint, in_transit bigint
)
LANGUAGE sql STABLE AS $$
    SELECT line.line, line.location_id, line.sku_id, line.owner_id,
           coalesce(line.on_hand, 0), coalesce(line.damaged, 0), coalesce(line.in_transit, 0)
    FROM jsonb_to_recordset(p_lines) AS line (
        line text, location_id bigint, sku_id bigint, owner_id bigint, on_hand bigint, damaged bigint, in_transit bigint
    )
    WHERE NOT EXISTS (
        SELECT FROM inventory_movement AS movement
        WHERE movement.cause_kind = p_cause_kind AND movement.cause_id = p_cause_id
          AND movement.cause_line = line.line AND movement.kind = p_kind
          AND movement.location_id = line.location_id AND movement.sku_id = line.sku_id
          AND movement.owner_id = line.owner_id
    )
$$;

-- Move stock that no reservation holds: receipts, adjustments, damage, transfers. Lines: [{line,
-- location_id, sku_id, owner_id, on_hand, damaged, in_transit}] with signed changes. Answers {"ok":
-- true, "moved": lines}, or {"ok": false, "short": [{line, sku_id, wanted, available}]} and no figure
-- changed. A line that was moved already is not moved again, so a repeated command is harmless.
CREATE OR REPLACE FUNCTION inventory_move(
    p_kind text, p_cause_kind text, p_cause_id text, p_lines jsonb, p_actor text, p_reason text, p_now timestamptz
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_short jsonb;
    v_stock_ids bigint[];
    v_moved int;
    v_changes jsonb;
BEGIN
    INSERT INTO inventory_stock (location_id, sku_id, owner_id, changed_at)
    SELECT DISTINCT line.location_id, line.sku_id, line.owner_id, p_now
    FROM jsonb_to_recordset(p_lines) AS line (
        location_id bigint, sku_id bigint, owner_id bigint, on_hand bigint, damaged bigint, in_transit bigint
    )
    WHERE greatest(line.on_hand, line.damaged, line.in_transit) > 0
    ORDER BY line.location_id, line.sku_id, line.owner_id
    ON CONFLICT DO NOTHING;

    PERFORM 1
    FROM inventory_stock AS stock
    WHERE (stock.location_id, stock.sku_id, stock.owner_id) IN (
        SELECT line.location_id, line.sku_id, line.owner_id
        FROM jsonb_to_recordset(p_lines) AS line (location_id bigint, sku_id bigint, owner_id bigint)
    )
    ORDER BY stock.location_id, stock.sku_id, stock.owner_id
    FOR NO KEY UPDATE OF stock;

    SELECT short.lines, short.stock_ids INTO v_short, v_stock_ids
    FROM inventory_shortfall(p_kind, p_cause_kind, p_cause_id, p_lines, p_now) AS short;
    IF v_short IS NOT NULL THEN
        RETURN jsonb_build_object('ok', false, 'short', v_short);
    END IF;
    IF v_stock_ids IS NOT NULL THEN
        PERFORM inventory_lapse(v_stock_ids, p_now);
        -- Goods that go elsewhere or are not there cannot be kept for a till: it asks again.
        PERFORM inventory_give_back_aside(v_stock_ids, p_now);
    END IF;

    WITH line AS MATERIALIZED (
        SELECT * FROM inventory_pending(p_kind, p_cause_kind, p_cause_id, p_lines)
    ),
    change AS (
        SELECT line.location_id, line.sku_id, line.owner_id, sum(line.on_hand)::bigint AS on_hand,
               sum(line.damaged)::bigint AS damaged, sum(line.in_transit)::bigint AS in_transit
        FROM line
        GROUP BY line.location_id, line.sku_id, line.owner_id
    ),
    counted AS (
        UPDATE inventory_stock AS stock
        SET on_hand = stock.on_hand + change.on_hand, damaged = stock.damaged + change.damaged,
            in_transit = stock.in_transit + change.in_transit, changed_at = p_now
        FROM change
        WHERE stock.location_id = change.location_id AND stock.sku_id = change.sku_id
          AND stock.owner_id = change.owner_id
        RETURNING stock.location_id, stock.sku_id, stock.owner_id, stock.on_hand, change.on_hand AS delta
    ),
    moved AS (
        INSERT INTO inventory_movement (
            location_id, sku_id, owner_id, kind, on_hand_delta, damaged_delta, in_transit_delta, on_hand_after,
            cause_kind, cause_id, cause_line, actor, reason, at
        )
        SELECT line.location_id, line.sku_id, line.owner_id, p_kind, line.on_hand, line.damaged, line.in_transit,
               counted.on_hand - counted.delta + sum(line.on_hand) OVER (
                   PARTITION BY line.location_id, line.sku_id, line.owner_id ORDER BY line.line
               ),
               p_cause_kind, p_cause_id, line.line, p_actor, p_reason, p_now
        FROM line
        JOIN counted USING (location_id, sku_id, owner_id)
        ORDER BY line.location_id, line.sku_id, line.owner_id, line.line
    )
    SELECT (SELECT count(*) FROM line),
           (SELECT jsonb_agg(jsonb_build_object(
                'location_id', counted.location_id, 'sku_id', counted.sku_id, 'owner_id', counted.owner_id,
                'on_hand_delta', counted.delta, 'on_hand', counted.on_hand
            )) FROM counted)
    INTO v_moved, v_changes;

    IF v_moved > 0 THEN
        PERFORM inventory_announce(p_cause_kind, p_cause_id, p_kind, v_changes, p_now);
    END IF;
    RETURN jsonb_build_object('ok', true, 'moved', v_moved);
END $$;

-- Which lines of a list of movements the (locked) stock cannot bear, and, when all can, the rows
-- whose lapsed reservations, and what is set aside of them for tills, must be given back first.
CREATE OR REPLACE FUNCTION inventory_shortfall(
    p_kind text, p_cause_kind text, p_cause_id text, p_lines jsonb, p_now timestamptz
) RETURNS TABLE (lines jsonb, stock_ids bigint[])
LANGUAGE sql VOLATILE AS $$
    WITH line AS MATERIALIZED (
        SELECT * FROM inventory_pending(p_kind, p_cause_kind, p_cause_id, p_lines)
    ),
    change AS (
        SELECT line.location_id, line.sku_id, line.owner_id, sum(line.on_hand) AS on_hand,
               sum(line.damaged) AS damaged, sum(line.in_transit) AS in_transit
        FROM line
        GROUP BY line.location_id, line.sku_id, line.owner_id
    ),
    judged AS MATERIALIZED (
        SELECT change.location_id, change.sku_id, change.owner_id, stock.id,
               change.on_hand, change.damaged, change.in_transit,
               coalesce(stock.on_hand - stock.reserved, 0) AS free,
               coalesce(stock.damaged, 0) AS damaged_now, coalesce(stock.in_transit, 0) AS in_transit_now
        FROM change
        LEFT JOIN inventory_stock AS stock USING (location_id, sku_id, owner_id)
    ),
    tight AS (
        SELECT judged.id FROM judged WHERE judged.on_hand < 0 AND judged.free + judged.on_hand < 0
    ),
    lapsable AS MATERIALIZED (
        SELECT freed.stock_id, sum(freed.quantity)::bigint AS quantity
        FROM (
            SELECT * FROM inventory_lapsable((SELECT array_agg(tight.id) FROM tight), p_now)
            UNION ALL
            SELECT * FROM inventory_aside_of((SELECT array_agg(tight.id) FROM tight), p_now)
        ) AS freed
        GROUP BY freed.stock_id
    ),
    short AS (
        SELECT judged.*,
               CASE WHEN judged.on_hand < 0 AND judged.free + coalesce(lapsable.quantity, 0) + judged.on_hand < 0
                    THEN -judged.on_hand
                    WHEN judged.damaged_now + judged.damaged < 0 THEN -judged.damaged
                    WHEN judged.in_transit_now + judged.in_transit < 0 THEN -judged.in_transit END AS wanted,
               CASE WHEN judged.on_hand < 0 AND judged.free + coalesce(lapsable.quantity, 0) + judged.on_hand < 0
                    THEN judged.free + coalesce(lapsable.quantity, 0)
                    WHEN judged.damaged_now + judged.damaged < 0 THEN judged.damaged_now
                    ELSE judged.in_transit_now END AS available
        FROM judged
        LEFT JOIN lapsable ON lapsable.stock_id = judged.id
    )
    SELECT (
        SELECT jsonb_agg(jsonb_build_object(
            'line', line.line, 'sku_id', line.sku_id, 'wanted', short.wanted, 'available', short.available
        ) ORDER BY line.line)
        FROM short
        JOIN line USING (location_id, sku_id, owner_id)
        WHERE short.wanted IS NOT NULL
    ), (
        SELECT array_agg(tight.id) FROM tight
    )
$$;

-- Put goods into stock: [{line, sku_id, quantity}] for one owner at one location.
CREATE OR REPLACE FUNCTION inventory_receive(
    p_kind text, p_cause_kind text, p_cause_id text, p_location bigint, p_owner bigint, p_lines jsonb,
    p_actor text, p_now timestamptz
) RETURNS jsonb
LANGUAGE sql VOLATILE AS $$
    SELECT inventory_move(p_kind, p_cause_kind, p_cause_id, (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'line', line.line, 'location_id', p_location, 'sku_id', line.sku_id, 'owner_id', p_owner,
            'on_hand', line.quantity
        )), '[]'::jsonb)
        FROM jsonb_to_recordset(p_lines) AS line (line text, sku_id bigint, quantity bigint)
    ), p_actor, '', p_now)
$$;

-- Set what online channels must leave of a row; the row is made when there is none yet.
CREATE OR REPLACE FUNCTION inventory_set_safety(
    p_location bigint, p_sku bigint, p_owner bigint, p_quantity bigint, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_changes jsonb;
BEGIN
    WITH kept AS (
        INSERT INTO inventory_stock AS stock (location_id, sku_id, owner_id, safety, changed_at)
        VALUES (p_location, p_sku, p_owner, p_quantity, p_now)
        ON CONFLICT (location_id, sku_id, owner_id)
        DO UPDATE SET safety = excluded.safety, changed_at = excluded.changed_at
        RETURNING stock.location_id, stock.sku_id, stock.owner_id, stock.on_hand
    )
    SELECT jsonb_agg(jsonb_build_object(
        'location_id', kept.location_id, 'sku_id', kept.sku_id, 'owner_id', kept.owner_id,
        'on_hand_delta', 0, 'on_hand', kept.on_hand
    ))
    INTO v_changes
    FROM kept;
    PERFORM inventory_announce('stock', concat_ws('/', p_location, p_sku, p_owner), 'safety', v_changes, p_now);
END $$;
