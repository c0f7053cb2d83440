-- Open a lot: earned by an order, given, or added by an adjustment. {member_id, kind, cause_kind, cause_id, points,
-- store_id, rule_id, rule_version, multiplier_bp, matures_at (null: usable at once), expires_at, lines: [{line,
-- base_fen, points}], actor, reason, at}. A cause opens one lot: again, nothing changes. Answers {lot_id, points, new}.
CREATE OR REPLACE FUNCTION points_open_lot(p_lot jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_lot points_lot := jsonb_populate_record(NULL::points_lot, p_lot);
    v_at timestamptz := (p_lot ->> 'at')::timestamptz;
    v_pending bigint;
    v_available bigint;
BEGIN
    PERFORM points_open(ARRAY[v_lot.member_id], v_at);
    INSERT INTO points_lot (
        member_id, cause_kind, cause_id, state, points, remaining, store_id, rule_id, rule_version, multiplier_bp,
        earned_at, matures_at, expires_at
    )
    VALUES (
        v_lot.member_id, v_lot.cause_kind, v_lot.cause_id,
        CASE WHEN v_lot.points = 0 THEN 'empty' WHEN v_lot.matures_at IS NULL THEN 'live' ELSE 'pending' END,
        v_lot.points, v_lot.points, v_lot.store_id, v_lot.rule_id, v_lot.rule_version, v_lot.multiplier_bp,
        v_at, v_lot.matures_at, v_lot.expires_at
    )
    ON CONFLICT (cause_kind, cause_id) DO NOTHING
    RETURNING id INTO v_lot.id;
    IF v_lot.id IS NULL THEN
        RETURN (
            SELECT jsonb_build_object('lot_id', lot.id, 'points', lot.points, 'new', false)
            FROM points_lot AS lot
            WHERE lot.cause_kind = v_lot.cause_kind AND lot.cause_id = v_lot.cause_id
        );
    END IF;

    INSERT INTO points_earning (lot_id, line, base_fen, points)
    SELECT v_lot.id, line.line, line.base_fen, line.points
    FROM jsonb_to_recordset(p_lot -> 'lines') AS line (line int, base_fen bigint, points bigint);
    IF v_lot.points > 0 THEN
        v_pending := CASE WHEN v_lot.matures_at IS NULL THEN 0 ELSE v_lot.points END;
        v_available := v_lot.points - v_pending;
        INSERT INTO points_movement (
            member_id, lot_id, kind, pending_delta, available_delta, cause_kind, cause_id, actor, reason, at
        )
        VALUES (
            v_lot.member_id, v_lot.id, p_lot ->> 'kind', v_pending, v_available, v_lot.cause_kind, v_lot.cause_id,
            coalesce(p_lot ->> 'actor', ''), coalesce(p_lot ->> 'reason', ''), v_at
        );
        UPDATE points_account AS account
        SET pending = account.pending + v_pending, available = account.available + v_available, changed_at = v_at
        WHERE account.member_id = v_lot.member_id;
        PERFORM points_settle(v_lot.member_id, v_lot.cause_kind, v_lot.cause_id, v_at);
        PERFORM platform_outbox_append('points.earned.1', v_lot.member_id::text, jsonb_build_object(
            'member_id', v_lot.member_id, 'lot_id', v_lot.id, 'cause_kind', v_lot.cause_kind,
            'cause_id', v_lot.cause_id, 'points', v_lot.points, 'pending', v_pending > 0
        ), v_at);
    END IF;
    RETURN jsonb_build_object('lot_id', v_lot.id, 'points', v_lot.points, 'new', true);
END $$;

-- Take back what a cause earned beyond p_keep, which is what the rest of it would have earned: from its own lot first,
-- then from the first to end; what is not there any more is owed. Points of the lot that ended unused are gone
-- already. Returns how many were taken back, owed ones included; the same deed again changes nothing.
CREATE OR REPLACE FUNCTION points_take_back(
    p_cause_kind text, p_cause_id text, p_keep bigint, p_deed text, p_at timestamptz
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_member uuid;
    v_lot points_lot;
    v_wanted bigint;
    v_rest bigint;
BEGIN
    SELECT lot.member_id INTO v_member
    FROM points_lot AS lot
    WHERE lot.cause_kind = p_cause_kind AND lot.cause_id = p_cause_id;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    PERFORM points_lock(ARRAY[v_member]);
    SELECT sum(taken.points) INTO v_wanted
    FROM points_taken_back(p_cause_kind, p_cause_id) AS taken
    WHERE taken.deed = p_deed;
    IF v_wanted IS NOT NULL THEN
        RETURN v_wanted;
    END IF;

    PERFORM points_lapse(ARRAY[v_member], p_at);
    SELECT * INTO v_lot
    FROM points_lot AS lot
    WHERE lot.cause_kind = p_cause_kind AND lot.cause_id = p_cause_id;
    PERFORM points_demand_same(v_member, v_lot.member_id);
    v_wanted := points_to_take_back(p_cause_kind, p_cause_id, p_keep);
    IF v_wanted = 0 THEN
        RETURN 0;
    END IF;

    v_rest := v_wanted - points_claw(v_lot, least(v_wanted, v_lot.remaining), p_deed, p_at);
    IF v_rest > 0 THEN
        v_rest := v_rest - points_draw(
            v_member, v_rest, 'claw_back', p_cause_kind, p_cause_id, p_deed, '', '', p_at
        );
    END IF;
    IF v_rest > 0 THEN
        PERFORM points_owe(v_member, v_rest, p_cause_kind, p_cause_id, p_deed, p_at);
    END IF;
    PERFORM platform_outbox_append('points.taken_back.1', v_member::text, jsonb_build_object(
        'member_id', v_member, 'cause_kind', p_cause_kind, 'cause_id', p_cause_id, 'points', v_wanted, 'debt', v_rest
    ), p_at);
    RETURN v_wanted;
END $$;

-- What was taken back for a cause, row by row with its deed: points that were there, and points owed.
CREATE OR REPLACE FUNCTION points_taken_back(p_cause_kind text, p_cause_id text)
RETURNS TABLE (deed varchar, points bigint)
LANGUAGE sql STABLE AS $$
    SELECT movement.deed, movement.debt_delta - movement.pending_delta - movement.available_delta
    FROM points_movement AS movement
    WHERE movement.cause_kind = p_cause_kind AND movement.cause_id = p_cause_id
      AND movement.kind IN ('claw_back', 'debt')
$$;

-- How many points of a cause would be taken back now when it keeps p_keep; 0 for one that earned nothing.
CREATE OR REPLACE FUNCTION points_to_take_back(p_cause_kind text, p_cause_id text, p_keep bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT greatest(0, lot.points - p_keep
            - (SELECT coalesce(sum(taken.points), 0) FROM points_taken_back(p_cause_kind, p_cause_id) AS taken)
            + (
                SELECT coalesce(sum(movement.pending_delta + movement.available_delta), 0)
                FROM points_movement AS movement
                WHERE movement.lot_id = lot.id AND movement.kind = 'expire'
            )
        )::bigint
        FROM points_lot AS lot
        WHERE lot.cause_kind = p_cause_kind AND lot.cause_id = p_cause_id
    ), 0)
$$;

-- Take points out of one lot, usable or not yet; returns how many (p_points). The caller holds the account row.
CREATE OR REPLACE FUNCTION points_claw(p_lot points_lot, p_points bigint, p_deed text, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_pending bigint := CASE WHEN p_lot.state = 'pending' THEN p_points ELSE 0 END;
BEGIN
    IF p_points = 0 THEN
        RETURN 0;
    END IF;
    UPDATE points_lot AS lot
    SET remaining = lot.remaining - p_points,
        state = CASE WHEN lot.remaining = p_points THEN 'empty' ELSE lot.state END
    WHERE lot.id = p_lot.id;
    INSERT INTO points_movement (
        member_id, lot_id, kind, pending_delta, available_delta, cause_kind, cause_id, deed, at
    )
    VALUES (
        p_lot.member_id, p_lot.id, 'claw_back', -v_pending, v_pending - p_points, p_lot.cause_kind, p_lot.cause_id,
        p_deed, p_at
    );
    UPDATE points_account AS account
    SET pending = account.pending - v_pending, available = account.available - (p_points - v_pending),
        changed_at = p_at
    WHERE account.member_id = p_lot.member_id;
    RETURN p_points;
END $$;

-- Write down that a member owes points. The caller holds the account row.
CREATE OR REPLACE FUNCTION points_owe(
    p_member uuid, p_points bigint, p_cause_kind text, p_cause_id text, p_deed text, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO points_movement (member_id, kind, debt_delta, cause_kind, cause_id, deed, at)
    VALUES (p_member, 'debt', p_points, p_cause_kind, p_cause_id, p_deed, p_at);
    UPDATE points_account AS account
    SET debt = account.debt + p_points, changed_at = p_at
    WHERE account.member_id = p_member;
END $$;

-- Take points by an approved adjustment, the first to end first. False: there are fewer, nothing changed.
CREATE OR REPLACE FUNCTION points_deduct(
    p_member uuid, p_adjustment uuid, p_points bigint, p_actor text, p_reason text, p_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM points_lock(ARRAY[p_member]);
    IF points_usable(p_member, p_at) < p_points THEN
        RETURN false;
    END IF;
    PERFORM points_draw(
        p_member, p_points, 'adjust', 'adjustment', p_adjustment::text, '', p_actor, p_reason, p_at
    );
    RETURN true;
END $$;
