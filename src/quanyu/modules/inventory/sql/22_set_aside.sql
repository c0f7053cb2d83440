-- Goods set aside for tills: units that other channels cannot have, so that a till may sell them when it is cut off
-- (reliability: escrow). They are open reservations of the cause 'till' (every till of the place draws on them when its own
-- are used up: whoever has the goods in his hands need not be refused) or 'till_only' (only the till itself does); the number
-- of the cause is the till, its line the stock row. They lapse like others.

-- How many units of a stock row a till may have beyond what is free. Null: whoever asks has no goods in his hands.
CREATE OR REPLACE FUNCTION inventory_aside(p_location bigint, p_sku bigint, p_owner bigint, p_till text) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(aside.quantity), 0)::bigint
    FROM inventory_reservation AS aside
    WHERE aside.location_id = p_location AND aside.sku_id = p_sku AND aside.owner_id = p_owner AND aside.state = 'open'
        AND p_till IS NOT NULL
        AND (aside.cause_kind = 'till' OR (aside.cause_kind = 'till_only' AND aside.cause_id = p_till))
$$;

-- Give units that a till draws on back to their (locked) stock row: its own first. They must be there.
CREATE OR REPLACE FUNCTION inventory_draw_aside(p_stock bigint, p_units bigint, p_till text, p_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_drawn bigint;
BEGIN
    WITH aside AS (
        SELECT one.id, one.quantity,
               coalesce(sum(one.quantity) OVER (
                   ORDER BY (one.cause_id = p_till) DESC, one.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ), 0)::bigint AS before
        FROM inventory_stock AS stock
        JOIN inventory_reservation AS one USING (location_id, sku_id, owner_id)
        WHERE stock.id = p_stock AND one.state = 'open'
            AND (one.cause_kind = 'till' OR (one.cause_kind = 'till_only' AND one.cause_id = p_till))
    ),
    drawn AS (
        UPDATE inventory_reservation AS reservation
        SET quantity = CASE WHEN aside.before + aside.quantity <= p_units THEN aside.quantity
                            ELSE aside.before + aside.quantity - p_units END,
            state = CASE WHEN aside.before + aside.quantity <= p_units THEN 'released' ELSE 'open' END,
            closed_at = CASE WHEN aside.before + aside.quantity <= p_units THEN p_now END
        FROM aside
        WHERE reservation.id = aside.id AND aside.before < p_units
        RETURNING least(aside.quantity, p_units - aside.before) AS units
    )
    SELECT coalesce(sum(drawn.units), 0) INTO v_drawn FROM drawn;
    IF v_drawn <> p_units THEN
        RAISE EXCEPTION 'what is set aside changed while it was drawn on' USING ERRCODE = 'serialization_failure';
    END IF;
    UPDATE inventory_stock SET reserved = reserved - p_units, changed_at = p_now WHERE id = p_stock;
END $$;

-- What is set aside of (locked) stock rows and has not lapsed, and giving it back: for goods that leave the place or are
-- not there.
CREATE OR REPLACE FUNCTION inventory_aside_of(p_stock_ids bigint[], p_now timestamptz)
RETURNS TABLE (stock_id bigint, quantity bigint)
LANGUAGE sql STABLE AS $$
    SELECT stock.id, sum(aside.quantity)::bigint
    FROM inventory_stock AS stock
    JOIN inventory_reservation AS aside USING (location_id, sku_id, owner_id)
    WHERE stock.id = ANY (p_stock_ids) AND aside.state = 'open' AND aside.cause_kind IN ('till', 'till_only')
        AND aside.expires_at > p_now
    GROUP BY stock.id
$$;

CREATE OR REPLACE FUNCTION inventory_give_back_aside(p_stock_ids bigint[], p_now timestamptz) RETURNS void
LANGUAGE sql VOLATILE AS $$
    WITH given AS (
        UPDATE inventory_reservation AS aside
        SET state = 'released', closed_at = p_now
        FROM inventory_stock AS stock
        WHERE stock.id = ANY (p_stock_ids) AND aside.location_id = stock.location_id AND aside.sku_id = stock.sku_id
            AND aside.owner_id = stock.owner_id AND aside.state = 'open' AND aside.cause_kind IN ('till', 'till_only')
        RETURNING stock.id AS stock_id, aside.quantity
    )
    UPDATE inventory_stock AS stock
    SET reserved = stock.reserved - freed.quantity, changed_at = p_now
    FROM (SELECT given.stock_id, sum(given.quantity)::bigint AS quantity FROM given GROUP BY given.stock_id) AS freed
    WHERE stock.id = freed.stock_id
$$;

-- Set aside for a till, until a moment, what it asks for of one owner's goods at its place, as far as all tills together
-- keep no more than their share (basis points) of what is promised to nobody else; what it had of anything else is given
-- back. p_wants: [{sku_id, quantity}], base units. Asked again with the same it changes nothing, but for the moment when
-- half of the time is over. Returns [{sku_id, quantity, until}], what the till holds now.
CREATE OR REPLACE FUNCTION inventory_set_aside(
    p_till text, p_kind text, p_location bigint, p_owner bigint, p_wants jsonb, p_share_bp int, p_until timestamptz,
    p_now timestamptz
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_changes jsonb;
BEGIN
    -- What the till holds is read twice; two calls for it take turns. Space 14: platform.locks.Space.SET_ASIDE.
    PERFORM platform_lock(14, ARRAY[hashtext(p_till)]);
    PERFORM inventory_lock(array_agg(place.location_id), array_agg(place.sku_id))
    FROM (
        SELECT aside.location_id, aside.sku_id
        FROM inventory_reservation AS aside
        WHERE aside.cause_kind IN ('till', 'till_only') AND aside.cause_id = p_till AND aside.state = 'open'
        UNION
        SELECT p_location, want.sku_id FROM jsonb_to_recordset(p_wants) AS want (sku_id bigint)
    ) AS place;

    WITH mine AS MATERIALIZED (
        SELECT * FROM inventory_reservation AS aside
        WHERE aside.cause_kind IN ('till', 'till_only') AND aside.cause_id = p_till AND aside.state = 'open'
    ),
    target AS MATERIALIZED (
        SELECT room.sku_id, least(room.wanted, room.share - (room.aside - room.mine)) AS units
        FROM (
            SELECT want.sku_id, want.quantity AS wanted, held.mine, held.aside,
                   (stock.on_hand - stock.reserved + held.aside) * p_share_bp / 10000 AS share
            FROM (
                SELECT given.sku_id, max(given.quantity) AS quantity
                FROM jsonb_to_recordset(p_wants) AS given (sku_id bigint, quantity bigint)
                GROUP BY given.sku_id
            ) AS want
            JOIN inventory_stock AS stock
                ON stock.location_id = p_location AND stock.sku_id = want.sku_id AND stock.owner_id = p_owner
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(aside.quantity), 0)::bigint AS aside,
                       coalesce(sum(aside.quantity) FILTER (WHERE aside.cause_id = p_till), 0)::bigint AS mine
                FROM inventory_reservation AS aside
                WHERE aside.location_id = stock.location_id AND aside.sku_id = stock.sku_id
                    AND aside.owner_id = stock.owner_id AND aside.state = 'open'
                    AND aside.cause_kind IN ('till', 'till_only')
            ) AS held
        ) AS room
    ),
    kept AS (
        UPDATE inventory_reservation AS reservation
        SET quantity = target.units,
            expires_at = CASE WHEN reservation.expires_at < p_now + (p_until - p_now) / 2 THEN p_until
                              ELSE reservation.expires_at END
        FROM mine
        JOIN target USING (sku_id)
        WHERE reservation.id = mine.id AND mine.cause_kind = p_kind AND mine.location_id = p_location
            AND mine.owner_id = p_owner AND target.units > 0
            AND (mine.quantity <> target.units OR mine.expires_at < p_now + (p_until - p_now) / 2)
        RETURNING mine.location_id, mine.sku_id, mine.owner_id, target.units - mine.quantity AS delta
    ),
    gone AS (
        UPDATE inventory_reservation AS reservation
        SET state = 'released', closed_at = p_now
        FROM mine
        LEFT JOIN target USING (sku_id)
        WHERE reservation.id = mine.id
            AND (mine.cause_kind <> p_kind OR mine.location_id <> p_location OR mine.owner_id <> p_owner
                 OR coalesce(target.units, 0) <= 0)
        RETURNING mine.location_id, mine.sku_id, mine.owner_id, -mine.quantity AS delta
    ),
    added AS (
        INSERT INTO inventory_reservation (
            id, cause_kind, cause_id, cause_line, location_id, sku_id, owner_id, quantity, state, expires_at, created_at
        )
        SELECT inventory_new_id(p_now), p_kind, p_till, concat_ws('/', p_location, target.sku_id, p_owner), p_location, target.sku_id, p_owner,
               target.units, 'open', p_until, p_now
        FROM target
        WHERE target.units > 0 AND NOT EXISTS (
            SELECT FROM mine
            WHERE mine.sku_id = target.sku_id AND mine.cause_kind = p_kind AND mine.location_id = p_location
                AND mine.owner_id = p_owner
        )
        RETURNING location_id, sku_id, owner_id, quantity AS delta
    ),
    counted AS (
        UPDATE inventory_stock AS stock
        SET reserved = stock.reserved + change.delta, changed_at = p_now
        FROM (
            SELECT one.location_id, one.sku_id, one.owner_id, sum(one.delta)::bigint AS delta
            FROM (SELECT * FROM kept UNION ALL SELECT * FROM gone UNION ALL SELECT * FROM added) AS one
            GROUP BY one.location_id, one.sku_id, one.owner_id
            HAVING sum(one.delta) <> 0
        ) AS change
        WHERE stock.location_id = change.location_id AND stock.sku_id = change.sku_id
            AND stock.owner_id = change.owner_id
        RETURNING stock.location_id, stock.sku_id, stock.owner_id, stock.on_hand
    )
    SELECT jsonb_agg(jsonb_build_object(
        'location_id', counted.location_id, 'sku_id', counted.sku_id, 'owner_id', counted.owner_id,
        'on_hand_delta', 0, 'on_hand', counted.on_hand
    )) INTO v_changes FROM counted;

    IF v_changes IS NOT NULL THEN
        PERFORM inventory_announce('till', p_till, 'reserve', v_changes, p_now);
    END IF;
    RETURN inventory_aside_for(p_till, p_location, p_now);
END $$;

-- What is set aside for a till at a place and has not lapsed: [{sku_id, quantity, until}].
CREATE OR REPLACE FUNCTION inventory_aside_for(p_till text, p_location bigint, p_now timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'sku_id', aside.sku_id, 'quantity', aside.quantity, 'until', aside.expires_at
    ) ORDER BY aside.sku_id), '[]'::jsonb)
    FROM inventory_reservation AS aside
    WHERE aside.cause_kind IN ('till', 'till_only') AND aside.cause_id = p_till AND aside.state = 'open'
        AND aside.location_id = p_location AND aside.expires_at > p_now
$$;
