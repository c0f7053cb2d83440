-- Stock for a batch of orders: first who can have what (inventory_admit), then, when the caller knows which of them
-- stand, the bookings (inventory_book). Both after inventory_lock of all their rows.

-- Who of a batch can have all that he wants, in the order of their places.
--
-- p_lines: [{n, number, location_id, sku_id, owner_ids, quantity, keep_safety, till}], n the place of the order, till (or
-- nothing) the till at which the goods are in hands: it may have what is set aside there. All lines of one
-- order and SKU name the same owners; all of them are held by one, the first who has enough. An order of which
-- something is short takes nothing from those behind it.
-- Returns a row per order, location and SKU: the owner whose stock it is, or null and what is available.
CREATE OR REPLACE FUNCTION inventory_admit(p_lines jsonb, p_now timestamptz)
RETURNS TABLE (n int, location_id bigint, sku_id bigint, owner_id bigint, wanted bigint, available bigint)
LANGUAGE plpgsql AS $$
DECLARE
    v_tight jsonb;
BEGIN
    -- Where the first owner has enough for everybody nobody need be asked one by one.
    SELECT jsonb_agg(DISTINCT jsonb_build_object('location_id', total.location_id, 'sku_id', total.sku_id)) INTO v_tight
    FROM (
        SELECT line.location_id, line.sku_id, line.owner_ids[1] AS owner_id, sum(line.quantity) AS quantity,
               bool_or(line.keep_safety) AS keep_safety
        FROM inventory_wanted(p_lines) AS line
        GROUP BY line.location_id, line.sku_id, line.owner_ids[1]
    ) AS total
    LEFT JOIN inventory_stock AS stock USING (location_id, sku_id, owner_id)
    WHERE stock.id IS NULL
        OR stock.on_hand - stock.reserved - CASE WHEN total.keep_safety THEN stock.safety ELSE 0 END < total.quantity;

    IF v_tight IS NULL THEN
        RETURN QUERY
        SELECT line.n, line.location_id, line.sku_id, line.owner_ids[1], line.quantity, line.quantity
        FROM inventory_wanted(p_lines) AS line;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT line.n, line.location_id, line.sku_id, line.owner_ids[1], line.quantity, line.quantity
    FROM inventory_wanted(p_lines) AS line
    WHERE NOT EXISTS (
        SELECT FROM jsonb_to_recordset(v_tight) AS tight (location_id bigint, sku_id bigint)
        WHERE tight.location_id = line.location_id AND tight.sku_id = line.sku_id
    );
    RETURN QUERY SELECT * FROM inventory_admit_tight(p_lines, v_tight, p_now);
END $$;

-- What each order of a batch wants of each SKU at each location: duplicate lines are one demand.
CREATE OR REPLACE FUNCTION inventory_wanted(p_lines jsonb)
RETURNS TABLE (
    n int, location_id bigint, sku_id bigint, owner_ids bigint[], quantity bigint, keep_safety boolean, till text
)
LANGUAGE sql IMMUTABLE ROWS 100 AS $$
    SELECT line.n, line.location_id, line.sku_id, min(line.owner_ids), sum(line.quantity)::bigint,
           bool_or(line.keep_safety), min(line.till)
    FROM jsonb_to_recordset(p_lines) AS line (
        n int, location_id bigint, sku_id bigint, owner_ids bigint[], quantity bigint, keep_safety boolean, till text
    )
    GROUP BY line.n, line.location_id, line.sku_id
$$;

-- The rare half of inventory_admit: orders that want what is scarce, one after the other. Reservations that lapsed give
-- their units back first. v_free knows what each row still has, in base units, after those before; what a till needs
-- beyond it comes out of what is set aside for tills there.
CREATE OR REPLACE FUNCTION inventory_admit_tight(p_lines jsonb, p_tight jsonb, p_now timestamptz)
RETURNS TABLE (n int, location_id bigint, sku_id bigint, owner_id bigint, wanted bigint, available bigint)
LANGUAGE plpgsql AS $$
DECLARE
    v_stock_ids bigint[];
    v_free jsonb;
    v_order int;
    v_wants jsonb;
    v_taken jsonb;
BEGIN
    SELECT array_agg(stock.id) INTO v_stock_ids
    FROM jsonb_to_recordset(p_tight) AS tight (location_id bigint, sku_id bigint)
    JOIN inventory_stock AS stock USING (location_id, sku_id);
    PERFORM inventory_lapse(v_stock_ids, p_now);
    SELECT coalesce(jsonb_object_agg(stock.id, stock.on_hand - stock.reserved), '{}') INTO v_free
    FROM inventory_stock AS stock WHERE stock.id = ANY (v_stock_ids);

    FOR v_order, v_wants IN
        SELECT line.n, jsonb_agg(to_jsonb(line))
        FROM inventory_wanted(p_lines) AS line
        JOIN jsonb_to_recordset(p_tight) AS tight (location_id bigint, sku_id bigint) USING (location_id, sku_id)
        GROUP BY line.n
        ORDER BY line.n
    LOOP
        SELECT jsonb_agg(to_jsonb(choice)) INTO v_taken FROM inventory_choose(v_wants, v_free) AS choice;
        RETURN QUERY
        SELECT v_order, taken.location_id, taken.sku_id, taken.owner_id, taken.wanted, taken.available
        FROM jsonb_to_recordset(v_taken) AS taken (
            location_id bigint, sku_id bigint, owner_id bigint, wanted bigint, available bigint
        );
        IF NOT v_taken @? '$[*] ? (@.owner_id == null)' THEN
            SELECT v_free || jsonb_object_agg(taken.stock_id, (v_free->>taken.stock_id::text)::bigint - taken.wanted)
            INTO v_free
            FROM jsonb_to_recordset(v_taken) AS taken (stock_id bigint, wanted bigint);
            PERFORM inventory_draw_aside(drawn.id, drawn.units, v_wants->0->>'till', p_now)
            FROM (
                SELECT left_of.key::bigint AS id, -left_of.value::bigint AS units
                FROM jsonb_each_text(v_free) AS left_of
                WHERE left_of.value::bigint < 0
                ORDER BY left_of.key::bigint
            ) AS drawn;
            SELECT jsonb_object_agg(left_of.key, greatest(left_of.value::bigint, 0)) INTO v_free
            FROM jsonb_each_text(v_free) AS left_of;
        END IF;
    END LOOP;
END $$;

-- For each want of one order the first owner who has enough left, and else the most that any of them has.
-- p_free: {stock row: base units that are left}; the safety stock is taken off where the order must leave it.
CREATE OR REPLACE FUNCTION inventory_choose(p_wants jsonb, p_free jsonb)
RETURNS TABLE (
    location_id bigint, sku_id bigint, owner_id bigint, stock_id bigint, wanted bigint, available bigint
)
LANGUAGE sql STABLE AS $$
    WITH candidate AS (
        SELECT want.location_id, want.sku_id, want.quantity, stock.id, stock.owner_id, owner.position,
               (p_free->>stock.id::text)::bigint - CASE WHEN want.keep_safety THEN stock.safety ELSE 0 END
               + inventory_aside(stock.location_id, stock.sku_id, stock.owner_id, want.till) AS free
        FROM jsonb_to_recordset(p_wants) AS want (
            location_id bigint, sku_id bigint, owner_ids bigint[], quantity bigint, keep_safety boolean, till text
        )
        LEFT JOIN LATERAL unnest(want.owner_ids) WITH ORDINALITY AS owner (id, position) ON true
        LEFT JOIN inventory_stock AS stock
            ON stock.location_id = want.location_id AND stock.sku_id = want.sku_id AND stock.owner_id = owner.id
    )
    SELECT DISTINCT ON (candidate.location_id, candidate.sku_id)
           candidate.location_id, candidate.sku_id,
           CASE WHEN candidate.free >= candidate.quantity THEN candidate.owner_id END,
           CASE WHEN candidate.free >= candidate.quantity THEN candidate.id END,
           candidate.quantity, greatest(coalesce(candidate.free, 0), 0)
    FROM candidate
    ORDER BY candidate.location_id, candidate.sku_id, coalesce(candidate.free >= candidate.quantity, false) DESC,
             CASE WHEN candidate.free >= candidate.quantity THEN candidate.position END, candidate.free DESC NULLS LAST
$$;

-- Book what admitted orders take: open reservations, or for orders that leave at once issued ones with their
-- movements; one update per stock row.
--
-- p_lines as for inventory_admit; p_causes: [{n, id, actor, placed_at, reserve_until, state}] of the orders that stand
-- (state 'completed': the goods leave with the customer); the other arrays: the owner of each admitted (n, location,
-- SKU). Returns the number of lines booked, which the caller compares with what he wanted.
CREATE OR REPLACE FUNCTION inventory_book(
    p_lines jsonb, p_causes jsonb, p_n int[], p_location_ids bigint[], p_sku_ids bigint[], p_owner_ids bigint[]
) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_booked int;
    v_wanted int;
    v_counted int;
    v_changes jsonb;
    v_latest timestamptz;
BEGIN
    WITH booking AS MATERIALIZED (
        SELECT line.n, line.number, line.location_id, line.sku_id, taken.owner_id, line.quantity, cause.id, cause.actor,
               cause.placed_at, cause.reserve_until, cause.state = 'completed' AS leaves
        FROM jsonb_to_recordset(p_lines) AS line (
            n int, number int, location_id bigint, sku_id bigint, quantity bigint
        )
        JOIN unnest(p_n, p_location_ids, p_sku_ids, p_owner_ids) AS taken (n, location_id, sku_id, owner_id)
            USING (n, location_id, sku_id)
        JOIN jsonb_to_recordset(p_causes) AS cause (
            n int, id uuid, actor text, placed_at timestamptz, reserve_until timestamptz, state text
        ) USING (n)
    ),
    held AS (
        INSERT INTO inventory_reservation (
            id, cause_kind, cause_id, cause_line, location_id, sku_id, owner_id, quantity, state, expires_at,
            created_at, closed_at
        )
        SELECT inventory_new_id(booking.placed_at), 'order', booking.id::text, booking.number::text, booking.location_id,
               booking.sku_id, booking.owner_id, booking.quantity, CASE WHEN booking.leaves THEN 'issued' ELSE 'open' END,
               booking.reserve_until, booking.placed_at, CASE WHEN booking.leaves THEN booking.placed_at END
        FROM booking
    ),
    change AS (
        SELECT booking.location_id, booking.sku_id, booking.owner_id,
               coalesce(sum(booking.quantity) FILTER (WHERE booking.leaves), 0)::bigint AS leaving,
               coalesce(sum(booking.quantity) FILTER (WHERE NOT booking.leaves), 0)::bigint AS staying,
               max(booking.placed_at) AS at
        FROM booking
        GROUP BY booking.location_id, booking.sku_id, booking.owner_id
    ),
    counted AS (
        UPDATE inventory_stock AS stock
        SET on_hand = stock.on_hand - change.leaving, reserved = stock.reserved + change.staying,
            changed_at = change.at
        FROM change
        WHERE stock.location_id = change.location_id AND stock.sku_id = change.sku_id
            AND stock.owner_id = change.owner_id
            AND stock.on_hand - stock.reserved >= change.leaving + change.staying
        RETURNING stock.location_id, stock.sku_id, stock.owner_id, stock.on_hand, change.leaving, change.at
    ),
    moved AS (
        INSERT INTO inventory_movement (
            location_id, sku_id, owner_id, kind, on_hand_delta, on_hand_after, cause_kind, cause_id, cause_line, actor, at
        )
        SELECT booking.location_id, booking.sku_id, booking.owner_id, 'sale', -booking.quantity,
               counted.on_hand + counted.leaving - sum(booking.quantity) OVER (
                   PARTITION BY booking.location_id, booking.sku_id, booking.owner_id ORDER BY booking.n, booking.number
               ),
               'order', booking.id::text, booking.number::text, booking.actor, booking.placed_at
        FROM booking
        JOIN counted USING (location_id, sku_id, owner_id)
        WHERE booking.leaves
        ORDER BY booking.location_id, booking.sku_id, booking.owner_id, booking.n, booking.number
    )
    SELECT (SELECT count(*) FROM booking), (SELECT count(*) FROM change), count(*), max(counted.at),
           jsonb_agg(jsonb_build_object(
               'location_id', counted.location_id, 'sku_id', counted.sku_id, 'owner_id', counted.owner_id,
               'on_hand_delta', -counted.leaving, 'on_hand', counted.on_hand
           ))
    INTO v_booked, v_wanted, v_counted, v_latest, v_changes
    FROM counted;

    IF v_counted <> v_wanted THEN
        -- Goods that came here for the first time after the rows were locked, and went again: nobody held that row.
        RAISE EXCEPTION 'stock changed after it was looked at' USING ERRCODE = 'serialization_failure';
    END IF;
    IF v_changes IS NOT NULL THEN
        PERFORM inventory_announce('batch', gen_random_uuid()::text, 'sale', v_changes, v_latest);
    END IF;
    RETURN v_booked;
END $$;

DROP FUNCTION IF EXISTS inventory_wants(jsonb);
