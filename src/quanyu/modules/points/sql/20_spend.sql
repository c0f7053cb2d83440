-- How many days points have that come back to a lot after its time: the setting of the brand, else its default.
CREATE OR REPLACE FUNCTION points_grace_days() RETURNS int
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT (setting.value #>> '{}')::int
        FROM platform_setting AS setting
        WHERE setting.node = 'brand' AND setting.key = 'points.restore_grace_days'
    ), 30)
$$;

-- Spend points for a cause, the first to end first, one movement per lot. False: not enough, nothing changed. A cause
-- spends once: again, it is true when it was the same. After all of it came back (an unpaid order that lapsed and is
-- paid late after all) it may spend again.
CREATE OR REPLACE FUNCTION points_spend_for(
    p_member uuid, p_cause_kind text, p_cause_id text, p_points bigint, p_actor text, p_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_before points_spending;
BEGIN
    IF p_points <= 0 THEN
        RETURN p_points = 0;
    END IF;
    PERFORM points_lock(ARRAY[p_member]);

    SELECT * INTO v_before
    FROM points_spending AS spending
    WHERE spending.cause_kind = p_cause_kind AND spending.cause_id = p_cause_id;
    IF v_before.points > v_before.restored THEN
        RETURN v_before.member_id = p_member AND v_before.points - v_before.restored = p_points;
    END IF;
    IF points_usable(p_member, p_at) < p_points THEN
        RETURN false;
    END IF;

    INSERT INTO points_spending (cause_kind, cause_id, member_id, points, at)
    VALUES (p_cause_kind, p_cause_id, p_member, p_points, p_at)
    ON CONFLICT (cause_kind, cause_id) DO UPDATE
    SET points = points_spending.points + excluded.points, member_id = excluded.member_id;
    PERFORM points_draw(
        p_member, p_points, 'spend', p_cause_kind, p_cause_id, coalesce(v_before.restored::text, ''), p_actor, '', p_at
    );
    RETURN true;
END $$;

-- What checkout calls for an order, late in its transaction.
CREATE OR REPLACE FUNCTION points_spend(p_member uuid, p_order uuid, p_points bigint, p_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN points_spend_for(p_member, 'order', p_order::text, p_points, '', p_at);
END $$;

-- Give spent points back to the lots they came from, the last drawn first: so many, or (null) all that are still
-- spent. Returns how many came back; the same deed again changes nothing and returns the same. A lot whose time is
-- over lives on for the days of grace with what came back; without grace that ends at once.
CREATE OR REPLACE FUNCTION points_restore_for(
    p_cause_kind text, p_cause_id text, p_points bigint, p_deed text, p_actor text, p_at timestamptz
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_member uuid;
    v_spending points_spending;
    v_open bigint;
    v_done bigint;
    v_deed text := p_deed;
BEGIN
    SELECT spending.member_id INTO v_member
    FROM points_spending AS spending
    WHERE spending.cause_kind = p_cause_kind AND spending.cause_id = p_cause_id;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    PERFORM points_lock(ARRAY[v_member]);
    SELECT * INTO v_spending
    FROM points_spending AS spending
    WHERE spending.cause_kind = p_cause_kind AND spending.cause_id = p_cause_id;
    PERFORM points_demand_same(v_member, v_spending.member_id);

    v_open := v_spending.points - v_spending.restored;
    SELECT sum(movement.available_delta) INTO v_done
    FROM points_movement AS movement
    WHERE movement.cause_kind = p_cause_kind AND movement.cause_id = p_cause_id
      AND movement.kind = 'restore' AND movement.deed = p_deed;
    IF v_done IS NOT NULL THEN
        IF p_points IS NOT NULL OR v_open = 0 THEN
            RETURN v_done;
        END IF;
        -- The cause has spent again since this deed gave everything back: this is a new one.
        v_deed := p_deed || '+' || v_spending.restored;
    END IF;
    v_open := least(coalesce(p_points, v_open), v_open);
    IF v_open <= 0 THEN
        RETURN 0;
    END IF;

    -- What was left in a lapsed lot ends before something comes back to it: the grace is for that alone.
    PERFORM points_lapse(ARRAY[v_member], p_at);
    PERFORM points_return_to_lots(v_member, p_cause_kind, p_cause_id, v_open, v_deed, p_actor, p_at);
    UPDATE points_spending AS spending SET restored = spending.restored + v_open WHERE spending.id = v_spending.id;
    PERFORM points_lapse(ARRAY[v_member], p_at);
    PERFORM points_settle(v_member, p_cause_kind, p_cause_id, p_at);
    RETURN v_open;
END $$;

CREATE OR REPLACE FUNCTION points_restore(p_order uuid, p_points bigint, p_cause text, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    RETURN points_restore_for('order', p_order::text, p_points, p_cause, '', p_at);
END $$;

-- The member's file was merged, or a merge undone, between our look and our lock: the transaction is tried again.
CREATE OR REPLACE FUNCTION points_demand_same(p_seen uuid, p_locked uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_seen <> p_locked THEN
        RAISE EXCEPTION 'points of member % changed hands', p_seen USING ERRCODE = 'serialization_failure';
    END IF;
END $$;

-- The inner half of points_restore_for: the lots, the movements and the counter.
CREATE OR REPLACE FUNCTION points_return_to_lots(
    p_member uuid, p_cause_kind text, p_cause_id text, p_points bigint, p_deed text, p_actor text, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_grace_days int := points_grace_days();
BEGIN
    WITH spent AS (
        SELECT movement.lot_id, -sum(movement.available_delta) AS points,
               max(movement.id) FILTER (WHERE movement.kind = 'spend') AS drawn_last
        FROM points_movement AS movement
        WHERE movement.cause_kind = p_cause_kind AND movement.cause_id = p_cause_id
          AND movement.kind IN ('spend', 'restore')
        GROUP BY movement.lot_id
        HAVING sum(movement.available_delta) < 0
    ),
    ordered AS (
        SELECT spent.*, sum(spent.points) OVER (ORDER BY spent.drawn_last DESC) AS upto FROM spent
    ),
    back AS MATERIALIZED (
        SELECT ordered.lot_id, ordered.upto,
               least(ordered.points, p_points - (ordered.upto - ordered.points))::bigint AS points
        FROM ordered
        WHERE ordered.upto - ordered.points < p_points
    ),
    filled AS (
        UPDATE points_lot AS lot
        SET remaining = lot.remaining + back.points,
            state = 'live',
            extended_from = CASE WHEN lot.expires_at <= p_at AND v_grace_days > 0
                                 THEN coalesce(lot.extended_from, lot.expires_at) ELSE lot.extended_from END,
            reminded_at = CASE WHEN lot.expires_at > p_at THEN lot.reminded_at END,
            expires_at = CASE WHEN lot.expires_at <= p_at AND v_grace_days > 0
                              THEN points_end_of_day(p_at, v_grace_days) ELSE lot.expires_at END
        FROM back
        WHERE lot.id = back.lot_id
    ),
    written AS (
        INSERT INTO points_movement (
            member_id, lot_id, kind, available_delta, cause_kind, cause_id, deed, actor, at
        )
        SELECT p_member, back.lot_id, 'restore', back.points, p_cause_kind, p_cause_id, p_deed, p_actor, p_at
        FROM back
        ORDER BY back.upto
    )
    UPDATE points_account AS account
    SET available = account.available + p_points, changed_at = p_at
    WHERE account.member_id = p_member;
END $$;

-- The midnight that ends the day so many days from a moment, in the stores' time zone.
CREATE OR REPLACE FUNCTION points_end_of_day(p_at timestamptz, p_days int) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT (((p_at AT TIME ZONE 'Asia/Shanghai')::date + p_days + 1)::timestamp) AT TIME ZONE 'Asia/Shanghai'
$$;
