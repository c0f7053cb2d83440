-- One member's points follow the file into another one (members.contracts.MergeFollower). Every row that changes hands
-- is written down, so that points_unfollow gives back exactly those. May be called again for the same merge.
CREATE OR REPLACE FUNCTION points_follow(p_merge uuid, p_loser uuid, p_winner uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM points_open(ARRAY[p_loser, p_winner], p_at);
    PERFORM points_lapse(ARRAY[p_loser, p_winner], p_at);
    INSERT INTO points_merge_move (merge_id, kind, row_id, points, movement_id, at)
    SELECT p_merge, 'lot', lot.id::text, lot.remaining,
           coalesce((SELECT max(movement.id) FROM points_movement AS movement WHERE movement.lot_id = lot.id), 0), p_at
    FROM points_lot AS lot
    WHERE lot.member_id = p_loser;
    INSERT INTO points_merge_move (merge_id, kind, row_id, at)
    SELECT p_merge, 'spending', spending.id::text, p_at FROM points_spending AS spending
    WHERE spending.member_id = p_loser
    UNION ALL
    SELECT p_merge, 'use', taken.id::text, p_at FROM points_offer_use AS taken WHERE taken.member_id = p_loser
    UNION ALL
    SELECT p_merge, 'adjustment', asked.id::text, p_at FROM points_adjustment AS asked
    WHERE asked.member_id = p_loser AND asked.state = 'requested';
    INSERT INTO points_merge_move (merge_id, kind, points, at)
    SELECT p_merge, 'debt', account.debt, p_at
    FROM points_account AS account
    WHERE account.member_id = p_loser AND account.debt > 0;

    PERFORM points_hand_over(
        ARRAY(SELECT lot.id FROM points_lot AS lot WHERE lot.member_id = p_loser), p_loser, p_winner, p_merge, p_at
    );
    PERFORM points_hand_over_debt(account.debt, p_loser, p_winner, p_merge, p_at)
    FROM points_account AS account
    WHERE account.member_id = p_loser;
    UPDATE points_spending AS spending SET member_id = p_winner WHERE spending.member_id = p_loser;
    UPDATE points_offer_use AS taken SET member_id = p_winner WHERE taken.member_id = p_loser;
    UPDATE points_adjustment AS asked
    SET member_id = p_winner
    WHERE asked.member_id = p_loser AND asked.state = 'requested';
    PERFORM points_settle(p_winner, 'merge', p_merge::text, p_at);
END $$;

-- Undo it. What the kept member took out of the moved lots since then (spent, owed, adjusted) is put back and drawn
-- from its own lots instead; what these do not have is advanced to it and owed. What the merged member owed goes
-- back too, and what was paid of it is refunded.
CREATE OR REPLACE FUNCTION points_unfollow(p_merge uuid, p_loser uuid, p_winner uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_lots bigint[];
    v_taken jsonb;
    v_lent jsonb;
    v_debt bigint;
BEGIN
    PERFORM points_open(ARRAY[p_loser, p_winner], p_at);
    PERFORM points_lapse(ARRAY[p_loser, p_winner], p_at);
    SELECT coalesce(array_agg(move.row_id::bigint) FILTER (WHERE move.kind = 'lot'), '{}'),
           coalesce(sum(move.points) FILTER (WHERE move.kind = 'debt'), 0)
    INTO v_lots, v_debt
    FROM points_merge_move AS move
    WHERE move.merge_id = p_merge AND move.undone_at IS NULL;
    SELECT coalesce(jsonb_agg(to_jsonb(taken)), '[]') INTO v_taken FROM points_taken_since(p_merge, p_winner) AS taken;
    SELECT coalesce(jsonb_agg(to_jsonb(lent)), '[]') INTO v_lent FROM points_lent_since(p_merge, p_winner) AS lent;

    PERFORM points_put_back(v_taken, p_merge, p_winner, p_at);
    PERFORM points_put_back(v_lent, p_merge, p_winner, p_at);
    PERFORM points_hand_over(v_lots, p_winner, p_loser, p_merge, p_at);
    UPDATE points_spending AS spending SET member_id = p_loser
    FROM points_merge_move AS move
    WHERE move.merge_id = p_merge AND move.undone_at IS NULL AND move.kind = 'spending'
      AND spending.id = move.row_id::bigint;
    UPDATE points_offer_use AS taken SET member_id = p_loser
    FROM points_merge_move AS move
    WHERE move.merge_id = p_merge AND move.undone_at IS NULL AND move.kind = 'use' AND taken.id = move.row_id::bigint;
    UPDATE points_adjustment AS asked SET member_id = p_loser
    FROM points_merge_move AS move
    WHERE move.merge_id = p_merge AND move.undone_at IS NULL AND move.kind = 'adjustment'
      AND asked.id = move.row_id::uuid;

    PERFORM points_return_debt(v_debt, p_merge, p_loser, p_winner, p_at);
    PERFORM points_draw_instead(v_taken, p_merge, p_winner, 'advance ', p_at);
    PERFORM points_draw_instead(v_lent, p_merge, p_loser, 'lent ', p_at);
    UPDATE points_merge_move AS move SET undone_at = p_at WHERE move.merge_id = p_merge AND move.undone_at IS NULL;
    PERFORM points_lapse(ARRAY[p_loser, p_winner], p_at);
    PERFORM points_settle(p_loser, 'merge', p_merge::text, p_at);
    PERFORM points_settle(p_winner, 'merge', p_merge::text, p_at);
END $$;

-- Give lots, and what is left in them, to another member. Both account rows are locked.
CREATE OR REPLACE FUNCTION points_hand_over(
    p_lots bigint[], p_from uuid, p_to uuid, p_merge uuid, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS MATERIALIZED (
        SELECT lot.id, CASE WHEN lot.state = 'pending' THEN lot.remaining ELSE 0 END AS pending,
               CASE WHEN lot.state = 'live' THEN lot.remaining ELSE 0 END AS available
        FROM points_lot AS lot
        WHERE lot.id = ANY (p_lots) AND lot.member_id = p_from
    ),
    written AS (
        INSERT INTO points_movement (
            member_id, lot_id, kind, pending_delta, available_delta, cause_kind, cause_id, at
        )
        SELECT side.member_id, moved.id, 'move', side.sign * moved.pending, side.sign * moved.available,
               'merge', p_merge::text, p_at
        FROM moved CROSS JOIN (VALUES (p_from, -1), (p_to, 1)) AS side (member_id, sign)
        WHERE moved.pending + moved.available > 0
        ORDER BY moved.id, side.sign
    ),
    counted AS (
        UPDATE points_account AS account
        SET pending = account.pending + side.sign * total.pending,
            available = account.available + side.sign * total.available, changed_at = p_at
        FROM (
            SELECT coalesce(sum(moved.pending), 0)::bigint AS pending,
                   coalesce(sum(moved.available), 0)::bigint AS available
            FROM moved
        ) AS total
        CROSS JOIN (VALUES (p_from, -1), (p_to, 1)) AS side (member_id, sign)
        WHERE account.member_id = side.member_id
    )
    UPDATE points_lot AS lot SET member_id = p_to FROM moved WHERE lot.id = moved.id;
END $$;

-- Let another member owe points instead.
CREATE OR REPLACE FUNCTION points_hand_over_debt(
    p_points bigint, p_from uuid, p_to uuid, p_merge uuid, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_points > 0 THEN
        INSERT INTO points_movement (member_id, kind, debt_delta, cause_kind, cause_id, at)
        VALUES (p_from, 'move', -p_points, 'merge', p_merge::text, p_at),
               (p_to, 'move', p_points, 'merge', p_merge::text, p_at);
        UPDATE points_account AS account
        SET debt = account.debt + CASE WHEN account.member_id = p_to THEN p_points ELSE -p_points END,
            changed_at = p_at
        WHERE account.member_id IN (p_from, p_to);
    END IF;
END $$;

-- What the kept member took out of the moved lots since the merge, for deeds of its own. Spendings that came with
-- the lots, and returns of orders whose points came with them, are the merged member's.
CREATE OR REPLACE FUNCTION points_taken_since(p_merge uuid, p_winner uuid)
RETURNS TABLE (lot_id bigint, is_spending boolean, cause_kind varchar, cause_id varchar, points bigint)
LANGUAGE sql STABLE AS $$
    SELECT movement.lot_id, movement.kind IN ('spend', 'restore'), movement.cause_kind, movement.cause_id,
           -sum(movement.pending_delta + movement.available_delta)
    FROM points_merge_move AS move
    JOIN points_lot AS lot ON lot.id = move.row_id::bigint AND lot.member_id = p_winner
    JOIN points_movement AS movement ON movement.lot_id = lot.id AND movement.id > move.movement_id
    WHERE move.merge_id = p_merge AND move.kind = 'lot' AND move.undone_at IS NULL
      AND movement.member_id = p_winner
      AND movement.kind IN ('spend', 'restore', 'claw_back', 'adjust', 'repay')
      AND NOT EXISTS (
          SELECT FROM points_merge_move AS with_it
          WHERE with_it.merge_id = p_merge AND with_it.undone_at IS NULL AND (
              (with_it.kind = 'lot' AND movement.kind = 'claw_back' AND EXISTS (
                  SELECT FROM points_lot AS other
                  WHERE other.id = with_it.row_id::bigint
                    AND other.cause_kind = movement.cause_kind AND other.cause_id = movement.cause_id
              ))
              OR (with_it.kind = 'spending' AND movement.kind IN ('spend', 'restore') AND EXISTS (
                  SELECT FROM points_spending AS other
                  WHERE other.id = with_it.row_id::bigint
                    AND other.cause_kind = movement.cause_kind AND other.cause_id = movement.cause_id
              ))
              OR (with_it.kind = 'adjustment' AND movement.kind = 'adjust' AND movement.cause_id = with_it.row_id)
          )
      )
    GROUP BY movement.lot_id, movement.kind IN ('spend', 'restore'), movement.cause_kind, movement.cause_id
    HAVING sum(movement.pending_delta + movement.available_delta) < 0
$$;

-- What spendings that came with the lots have drawn from the kept member's own lots since: an order of the merged
-- member that lapsed and was paid late spends anew, whichever points end first.
CREATE OR REPLACE FUNCTION points_lent_since(p_merge uuid, p_winner uuid)
RETURNS TABLE (lot_id bigint, is_spending boolean, cause_kind varchar, cause_id varchar, points bigint)
LANGUAGE sql STABLE AS $$
    SELECT movement.lot_id, true, movement.cause_kind, movement.cause_id, -sum(movement.available_delta)
    FROM points_merge_move AS move
    JOIN points_spending AS spending ON spending.id = move.row_id::bigint
    JOIN points_movement AS movement
        ON movement.cause_kind = spending.cause_kind AND movement.cause_id = spending.cause_id
        AND movement.kind IN ('spend', 'restore')
    JOIN points_lot AS lot ON lot.id = movement.lot_id AND lot.member_id = p_winner
    WHERE move.merge_id = p_merge AND move.kind = 'spending' AND move.undone_at IS NULL
      AND NOT EXISTS (
          SELECT FROM points_merge_move AS with_it
          WHERE with_it.merge_id = p_merge AND with_it.undone_at IS NULL AND with_it.kind = 'lot'
            AND with_it.row_id = lot.id::text
      )
    GROUP BY movement.lot_id, movement.cause_kind, movement.cause_id
    HAVING sum(movement.available_delta) < 0
$$;

-- Put points_taken_since back into the lots, as if it came back: a lapsed lot gets the days of grace.
CREATE OR REPLACE FUNCTION points_put_back(p_taken jsonb, p_merge uuid, p_winner uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_grace_days int := points_grace_days();
BEGIN
    WITH taken AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(p_taken) AS taken (
            lot_id bigint, is_spending boolean, cause_kind text, cause_id text, points bigint
        )
    ),
    filled AS (
        UPDATE points_lot AS lot
        SET remaining = lot.remaining + back.points,
            state = CASE WHEN lot.state = 'pending' THEN 'pending' ELSE 'live' END,
            extended_from = CASE WHEN lot.expires_at <= p_at AND v_grace_days > 0
                                 THEN coalesce(lot.extended_from, lot.expires_at) ELSE lot.extended_from END,
            expires_at = CASE WHEN lot.expires_at <= p_at AND v_grace_days > 0
                              THEN points_end_of_day(p_at, v_grace_days) ELSE lot.expires_at END
        FROM (SELECT taken.lot_id, sum(taken.points)::bigint AS points FROM taken GROUP BY taken.lot_id) AS back
        WHERE lot.id = back.lot_id
        RETURNING lot.id, lot.state, back.points
    ),
    written AS (
        INSERT INTO points_movement (
            member_id, lot_id, kind, pending_delta, available_delta, cause_kind, cause_id, deed, at
        )
        SELECT p_winner, taken.lot_id, CASE WHEN taken.is_spending THEN 'restore' ELSE 'move' END,
               CASE WHEN filled.state = 'pending' THEN taken.points ELSE 0 END,
               CASE WHEN filled.state = 'pending' THEN 0 ELSE taken.points END,
               taken.cause_kind, taken.cause_id, 'unmerge ' || p_merge, p_at
        FROM taken
        JOIN filled ON filled.id = taken.lot_id
    )
    UPDATE points_account AS account
    SET pending = account.pending + total.pending, available = account.available + total.available, changed_at = p_at
    FROM (
        SELECT coalesce(sum(filled.points) FILTER (WHERE filled.state = 'pending'), 0)::bigint AS pending,
               coalesce(sum(filled.points) FILTER (WHERE filled.state <> 'pending'), 0)::bigint AS available
        FROM filled
    ) AS total
    WHERE account.member_id = p_winner;
END $$;

-- What came with the merge as debt goes back; what the kept member paid of it meanwhile comes back to it.
CREATE OR REPLACE FUNCTION points_return_debt(
    p_debt bigint, p_merge uuid, p_loser uuid, p_winner uuid, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_unpaid bigint;
BEGIN
    SELECT least(account.debt, p_debt) INTO v_unpaid FROM points_account AS account WHERE account.member_id = p_winner;
    PERFORM points_hand_over_debt(v_unpaid, p_winner, p_loser, p_merge, p_at);
    IF p_debt > v_unpaid THEN
        PERFORM points_owe(p_loser, p_debt - v_unpaid, 'unmerge', p_merge::text, 'debt', p_at);
        PERFORM points_advance(p_winner, p_debt - v_unpaid, 'paid ' || p_merge, p_at);
    END IF;
END $$;

DROP FUNCTION IF EXISTS points_draw_instead(jsonb, uuid, uuid, timestamptz);

-- Draw from a member's own lots what it had taken out of the other's. What is missing is advanced (a lot of that name)
-- and owed.
CREATE OR REPLACE FUNCTION points_draw_instead(
    p_taken jsonb, p_merge uuid, p_member uuid, p_name text, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_missing bigint;
    v_row record;
BEGIN
    SELECT coalesce(sum(taken.points), 0) - points_usable(p_member, p_at) INTO v_missing
    FROM jsonb_to_recordset(p_taken) AS taken (points bigint);
    IF v_missing > 0 THEN
        PERFORM points_advance(p_member, v_missing, p_name || p_merge, p_at);
        PERFORM points_owe(p_member, v_missing, 'unmerge', p_merge::text, btrim(p_name), p_at);
    END IF;
    FOR v_row IN
        SELECT taken.is_spending, taken.cause_kind, taken.cause_id, sum(taken.points)::bigint AS points
        FROM jsonb_to_recordset(p_taken) AS taken (
            is_spending boolean, cause_kind text, cause_id text, points bigint
        )
        GROUP BY taken.is_spending, taken.cause_kind, taken.cause_id
        ORDER BY taken.is_spending DESC, taken.cause_kind, taken.cause_id
    LOOP
        PERFORM points_draw(
            p_member, v_row.points, CASE WHEN v_row.is_spending THEN 'spend' ELSE 'move' END,
            v_row.cause_kind, v_row.cause_id, 'unmerge ' || p_merge, '', '', p_at
        );
    END LOOP;
END $$;

-- A lot that an undone merge needs to come out even; it lives as long as points earned now.
CREATE OR REPLACE FUNCTION points_advance(p_member uuid, p_points bigint, p_cause_id text, p_at timestamptz)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_lot bigint;
BEGIN
    INSERT INTO points_lot (member_id, cause_kind, cause_id, state, points, remaining, earned_at, expires_at)
    VALUES (
        p_member, 'unmerge', p_cause_id, 'live', p_points, p_points, p_at,
        points_end_of_day(((p_at AT TIME ZONE 'Asia/Shanghai') + interval '2 years') AT TIME ZONE 'Asia/Shanghai', 0)
    )
    RETURNING id INTO v_lot;
    INSERT INTO points_movement (member_id, lot_id, kind, available_delta, cause_kind, cause_id, at)
    VALUES (p_member, v_lot, 'give', p_points, 'unmerge', p_cause_id, p_at);
    UPDATE points_account AS account
    SET available = account.available + p_points, changed_at = p_at
    WHERE account.member_id = p_member;
END $$;
