-- What each (location, SKU) of a list of wants needs together, and which owners may serve it, in order.
-- Duplicate lines are one demand: two lines of two units need four. An owner serves a demand only
-- when every one of its lines allows that owner.
CREATE OR REPLACE FUNCTION inventory_candidates(p_lines jsonb)
RETURNS TABLE (
    location_id bigint, sku_id bigint, quantity bigint, keep_safety boolean, owner_id bigint, preference bigint
)
LANGUAGE sql STABLE AS $$
    WITH line AS (
        SELECT * FROM jsonb_to_recordset(p_lines) AS line (
            location_id bigint, sku_id bigint, owner_ids bigint[], quantity bigint, keep_safety boolean
        )
    ),
    demand AS (
        SELECT line.location_id, line.sku_id, count(*) AS lines, sum(line.quantity)::bigint AS quantity,
               bool_or(coalesce(line.keep_safety, false)) AS keep_safety
        FROM line
        GROUP BY line.location_id, line.sku_id
    ),
    served AS (
        SELECT line.location_id, line.sku_id, owner.id AS owner_id, count(*) AS lines,
               min(owner.position) AS preference
        FROM line CROSS JOIN LATERAL unnest(line.owner_ids) WITH ORDINALITY AS owner (id, position)
        GROUP BY line.location_id, line.sku_id, owner.id
    )
    SELECT demand.location_id, demand.sku_id, demand.quantity, demand.keep_safety,
           served.owner_id, served.preference
    FROM demand
    LEFT JOIN served
        ON served.location_id = demand.location_id AND served.sku_id = demand.sku_id
        AND served.lines = demand.lines
$$;

-- Reserve all lines or none. Lines: [{line, location_id, sku_id, owner_ids, quantity, keep_safety}].
-- Answers {"ok": true, "held": [{line, owner_id}]}, or {"ok": false, "short": [{line, sku_id, wanted,
-- available}]} with nothing changed. All lines of one SKU at one location are held by one owner, the
-- first in owner_ids who has enough. Stock rows are locked in (location, SKU, owner) order until the
-- transaction ends: call it late. Budget: one statement when nothing is short.
CREATE OR REPLACE FUNCTION inventory_reserve(
    p_cause_kind text, p_cause_id text, p_lines jsonb, p_expires_at timestamptz, p_now timestamptz
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_held jsonb;
    v_changes jsonb;
BEGIN
    WITH candidate AS MATERIALIZED (
        SELECT * FROM inventory_candidates(p_lines)
    ),
    locked AS MATERIALIZED (
        SELECT stock.id, stock.location_id, stock.sku_id, stock.owner_id, stock.on_hand, stock.reserved, stock.safety
        FROM inventory_stock AS stock
        JOIN candidate USING (location_id, sku_id, owner_id)
        ORDER BY stock.location_id, stock.sku_id, stock.owner_id
        FOR NO KEY UPDATE OF stock
    ),
    chosen AS MATERIALIZED (
        SELECT DISTINCT ON (locked.location_id, locked.sku_id)
               locked.id, locked.location_id, locked.sku_id, locked.owner_id, candidate.quantity
        FROM locked
        JOIN candidate USING (location_id, sku_id, owner_id)
        WHERE locked.on_hand - locked.reserved
              - CASE WHEN candidate.keep_safety THEN locked.safety ELSE 0 END >= candidate.quantity
        ORDER BY locked.location_id, locked.sku_id, candidate.preference, locked.owner_id
    ),
    verdict AS (
        SELECT (SELECT count(*) FROM chosen)
               = (SELECT count(DISTINCT (candidate.location_id, candidate.sku_id)) FROM candidate) AS enough
    ),
    line AS (
        SELECT * FROM jsonb_to_recordset(p_lines) AS line (
            line jsonb, location_id bigint, sku_id bigint, quantity bigint
        )
    ),
    kept AS (
        INSERT INTO inventory_reservation (
            id, cause_kind, cause_id, cause_line, location_id, sku_id, owner_id, quantity, state, expires_at, created_at
        )
        SELECT inventory_new_id(p_now), p_cause_kind, p_cause_id, line.line #>> '{}',
               line.location_id, line.sku_id, chosen.owner_id, line.quantity, 'open', p_expires_at, p_now
        FROM line
        JOIN chosen USING (location_id, sku_id)
        CROSS JOIN verdict
        WHERE verdict.enough
    ),
    counted AS (
        UPDATE inventory_stock AS stock
        SET reserved = stock.reserved + chosen.quantity, changed_at = p_now
        FROM chosen, verdict
        WHERE stock.id = chosen.id AND verdict.enough
        RETURNING stock.location_id, stock.sku_id, stock.owner_id, stock.on_hand
    )
    SELECT jsonb_agg(jsonb_build_object('line', line.line, 'owner_id', chosen.owner_id)),
           (SELECT jsonb_agg(jsonb_build_object(
                'location_id', counted.location_id, 'sku_id', counted.sku_id, 'owner_id', counted.owner_id,
                'on_hand_delta', 0, 'on_hand', counted.on_hand
            )) FROM counted)
    INTO v_held, v_changes
    FROM line
    JOIN chosen USING (location_id, sku_id)
    CROSS JOIN verdict
    WHERE verdict.enough;

    IF v_changes IS NOT NULL THEN
        PERFORM inventory_announce(p_cause_kind, p_cause_id, 'reserve', v_changes, p_now);
    END IF;
    IF v_held IS NOT NULL OR p_lines = '[]'::jsonb THEN
        RETURN jsonb_build_object('ok', true, 'held', coalesce(v_held, '[]'::jsonb));
    END IF;
    RETURN inventory_reserve_after_lapse(p_cause_kind, p_cause_id, p_lines, p_expires_at, p_now);
END $$;

-- The rare half of inventory_reserve: something is short. Where lapsed reservations would make it
-- enough they are given back and the reservation is tried again; else the answer says what is short.
CREATE OR REPLACE FUNCTION inventory_reserve_after_lapse(
    p_cause_kind text, p_cause_id text, p_lines jsonb, p_expires_at timestamptz, p_now timestamptz
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_short jsonb;
    v_needed bigint[];
BEGIN
    -- The stock rows are locked already: what is read here stays true until the transaction ends.
    WITH candidate AS MATERIALIZED (
        SELECT candidate.*, stock.id AS stock_id,
               stock.on_hand - stock.reserved
               - CASE WHEN candidate.keep_safety THEN stock.safety ELSE 0 END AS free
        FROM inventory_candidates(p_lines) AS candidate
        LEFT JOIN inventory_stock AS stock USING (location_id, sku_id, owner_id)
    ),
    lapsable AS MATERIALIZED (
        SELECT * FROM inventory_lapsable((SELECT array_agg(candidate.stock_id) FROM candidate), p_now)
    ),
    best AS (
        SELECT DISTINCT ON (candidate.location_id, candidate.sku_id)
               candidate.location_id, candidate.sku_id, candidate.quantity, candidate.stock_id,
               greatest(coalesce(candidate.free + coalesce(lapsable.quantity, 0), 0), 0) AS available,
               coalesce(candidate.free >= candidate.quantity, false) AS enough_at_once
        FROM candidate
        LEFT JOIN lapsable USING (stock_id)
        ORDER BY candidate.location_id, candidate.sku_id,
                 coalesce(candidate.free >= candidate.quantity, false) DESC,
                 coalesce(candidate.free + coalesce(lapsable.quantity, 0) >= candidate.quantity, false) DESC,
                 CASE WHEN candidate.free + coalesce(lapsable.quantity, 0) >= candidate.quantity
                      THEN candidate.preference END,
                 candidate.free + coalesce(lapsable.quantity, 0) DESC NULLS LAST
    )
    SELECT jsonb_agg(
               jsonb_build_object(
                   'line', line.line, 'sku_id', line.sku_id, 'wanted', best.quantity, 'available', best.available
               ) ORDER BY line.position
           ) FILTER (WHERE best.available < best.quantity),
           array_agg(DISTINCT best.stock_id) FILTER (WHERE NOT best.enough_at_once)
    INTO v_short, v_needed
    FROM best
    JOIN (
        SELECT element -> 'line' AS line, (element ->> 'location_id')::bigint AS location_id,
               (element ->> 'sku_id')::bigint AS sku_id, position
        FROM jsonb_array_elements(p_lines) WITH ORDINALITY AS item (element, position)
    ) AS line USING (location_id, sku_id);

    IF v_short IS NOT NULL THEN
        RETURN jsonb_build_object('ok', false, 'short', v_short);
    END IF;
    PERFORM inventory_lapse(v_needed, p_now);
    RETURN inventory_reserve(p_cause_kind, p_cause_id, p_lines, p_expires_at, p_now);
END $$;

-- The reservation that counts for each line of a cause: the open one, else the issued, else the last.
CREATE OR REPLACE FUNCTION inventory_latest(p_cause_kind text, p_cause_id text)
RETURNS SETOF inventory_reservation
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (reservation.cause_line) reservation.*
    FROM inventory_reservation AS reservation
    WHERE reservation.cause_kind = p_cause_kind AND reservation.cause_id = p_cause_id
    ORDER BY reservation.cause_line, reservation.state = 'open' DESC, reservation.state = 'issued' DESC,
             reservation.created_at DESC, reservation.id DESC
$$;

-- Pin all lines of a cause: their units stay held until they are issued or released. A line whose
-- reservation lapsed or was released is reserved again where it was (its safety stock included: the
-- customer has paid or is paying). False: not all of it can be held, or there is nothing to hold;
-- then nothing changed. Stock rows are locked only when something has to be reserved again.
CREATE OR REPLACE FUNCTION inventory_pin(p_cause_kind text, p_cause_id text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_lines int;
    v_issued int;
    v_lost jsonb;
    v_pinned int;
    v_revived jsonb;
BEGIN
    IF EXISTS (SELECT FROM inventory_latest(p_cause_kind, p_cause_id) AS latest WHERE latest.closed_at IS NOT NULL) THEN
        -- Two late payments at once must not both reserve: the stock rows are their queue.
        PERFORM inventory_lock(array_agg(latest.location_id), array_agg(latest.sku_id))
        FROM inventory_latest(p_cause_kind, p_cause_id) AS latest;
    END IF;
    SELECT count(*), count(*) FILTER (WHERE latest.state = 'issued'),
           jsonb_agg(jsonb_build_object(
               'line', latest.cause_line, 'location_id', latest.location_id, 'sku_id', latest.sku_id,
               'owner_ids', jsonb_build_array(latest.owner_id), 'quantity', latest.quantity
           )) FILTER (WHERE latest.state IN ('lapsed', 'released'))
    INTO v_lines, v_issued, v_lost
    FROM inventory_latest(p_cause_kind, p_cause_id) AS latest;

    IF v_lost IS NOT NULL
       AND NOT (inventory_reserve(p_cause_kind, p_cause_id, v_lost, NULL, p_now) ->> 'ok')::boolean THEN
        RETURN false;
    END IF;

    -- What had lapsed counted as available until now, though nobody had taken it.
    SELECT jsonb_agg(jsonb_build_object(
        'location_id', stock.location_id, 'sku_id', stock.sku_id, 'owner_id', stock.owner_id,
        'on_hand_delta', 0, 'on_hand', stock.on_hand
    ))
    INTO v_revived
    FROM inventory_reservation AS reservation
    JOIN inventory_stock AS stock USING (location_id, sku_id, owner_id)
    WHERE reservation.cause_kind = p_cause_kind AND reservation.cause_id = p_cause_id
      AND reservation.state = 'open' AND reservation.expires_at <= p_now;

    UPDATE inventory_reservation AS reservation
    SET expires_at = NULL
    WHERE reservation.cause_kind = p_cause_kind AND reservation.cause_id = p_cause_id
      AND reservation.state = 'open';
    GET DIAGNOSTICS v_pinned = ROW_COUNT;
    IF v_pinned <> v_lines - v_issued THEN
        -- Somebody took a lapsed line between our look and our update: the caller's transaction is
        -- tried again and then finds it lapsed.
        RAISE EXCEPTION 'a reservation of % % changed while it was pinned', p_cause_kind, p_cause_id
            USING ERRCODE = 'serialization_failure';
    END IF;
    IF v_revived IS NOT NULL THEN
        PERFORM inventory_announce(p_cause_kind, p_cause_id, 'reserve', v_revived, p_now);
    END IF;
    RETURN v_lines > 0;
END $$;

-- Give back what a cause still holds. Returns the number of lines released; again: 0.
CREATE OR REPLACE FUNCTION inventory_release(p_cause_kind text, p_cause_id text, p_now timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_released int;
    v_changes jsonb;
BEGIN
    PERFORM inventory_lock_cause(p_cause_kind, p_cause_id);
    WITH released AS (
        UPDATE inventory_reservation AS reservation
        SET state = 'released', closed_at = p_now
        WHERE reservation.cause_kind = p_cause_kind AND reservation.cause_id = p_cause_id
          AND reservation.state = 'open'
        RETURNING reservation.location_id, reservation.sku_id, reservation.owner_id, reservation.quantity
    ),
    counted AS (
        UPDATE inventory_stock AS stock
        SET reserved = stock.reserved - freed.quantity, changed_at = p_now
        FROM (
            SELECT released.location_id, released.sku_id, released.owner_id, sum(released.quantity) AS quantity
            FROM released
            GROUP BY released.location_id, released.sku_id, released.owner_id
        ) AS freed
        WHERE stock.location_id = freed.location_id AND stock.sku_id = freed.sku_id
          AND stock.owner_id = freed.owner_id
        RETURNING stock.location_id, stock.sku_id, stock.owner_id, stock.on_hand
    )
    SELECT (SELECT count(*) FROM released),
           (SELECT jsonb_agg(jsonb_build_object(
                'location_id', counted.location_id, 'sku_id', counted.sku_id, 'owner_id', counted.owner_id,
                'on_hand_delta', 0, 'on_hand', counted.on_hand
            )) FROM counted)
    INTO v_released, v_changes;

    IF v_changes IS NOT NULL THEN
        PERFORM inventory_announce(p_cause_kind, p_cause_id, 'release', v_changes, p_now);
    END IF;
    RETURN v_released;
END $$;

-- Lock the stock rows behind a cause's open reservations, in the common order, before the
-- reservations themselves: whoever needs both takes them in this order.
CREATE OR REPLACE FUNCTION inventory_lock_cause(p_cause_kind text, p_cause_id text) RETURNS void
LANGUAGE sql VOLATILE AS $$
    SELECT inventory_lock(array_agg(reservation.location_id), array_agg(reservation.sku_id))
    FROM inventory_reservation AS reservation
    WHERE reservation.cause_kind = p_cause_kind AND reservation.cause_id = p_cause_id
      AND reservation.state = 'open'
$$;
