-- The jobs of the clock take a bounded batch per call and skip members somebody else is busy with: the next call gets
-- those. Each returns how many lots it handled.

-- Make usable what has been pending long enough; debts are paid from it first.
CREATE OR REPLACE FUNCTION points_mature_due(p_at timestamptz, p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_members uuid[];
    v_lots int;
BEGIN
    SELECT array_agg(busy.member_id) INTO v_members
    FROM (
        SELECT account.member_id
        FROM points_account AS account
        WHERE account.member_id IN (
            SELECT lot.member_id
            FROM points_lot AS lot
            WHERE lot.state = 'pending' AND lot.matures_at <= p_at AND lot.expires_at > p_at
            ORDER BY lot.matures_at
            LIMIT p_limit
        )
        ORDER BY account.member_id
        FOR NO KEY UPDATE OF account SKIP LOCKED
    ) AS busy;
    IF v_members IS NULL THEN
        RETURN 0;
    END IF;

    WITH due AS MATERIALIZED (
        SELECT lot.id, lot.member_id, lot.remaining, lot.cause_kind, lot.cause_id
        FROM points_lot AS lot
        WHERE lot.member_id = ANY (v_members)
          AND lot.state = 'pending' AND lot.matures_at <= p_at AND lot.expires_at > p_at
    ),
    ripe AS (
        UPDATE points_lot AS lot SET state = 'live' FROM due WHERE lot.id = due.id
    ),
    written AS (
        INSERT INTO points_movement (
            member_id, lot_id, kind, pending_delta, available_delta, cause_kind, cause_id, at
        )
        SELECT due.member_id, due.id, 'mature', -due.remaining, due.remaining, due.cause_kind, due.cause_id, p_at
        FROM due
        ORDER BY due.member_id, due.id
    ),
    counted AS (
        UPDATE points_account AS account
        SET pending = account.pending - total.points, available = account.available + total.points, changed_at = p_at
        FROM (SELECT due.member_id, sum(due.remaining)::bigint AS points FROM due GROUP BY due.member_id) AS total
        WHERE account.member_id = total.member_id
    )
    SELECT count(*) INTO v_lots FROM due;

    PERFORM points_settle(account.member_id, 'clock', 'mature', p_at)
    FROM points_account AS account
    WHERE account.member_id = ANY (v_members) AND account.debt > 0;
    RETURN v_lots;
END $$;

-- End what has had its time.
CREATE OR REPLACE FUNCTION points_expire_due(p_at timestamptz, p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_members uuid[];
BEGIN
    SELECT array_agg(busy.member_id) INTO v_members
    FROM (
        SELECT account.member_id
        FROM points_account AS account
        WHERE account.member_id IN (
            SELECT lot.member_id
            FROM points_lot AS lot
            WHERE lot.state IN ('pending', 'live') AND lot.expires_at <= p_at
            ORDER BY lot.expires_at
            LIMIT p_limit
        )
        ORDER BY account.member_id
        FOR NO KEY UPDATE OF account SKIP LOCKED
    ) AS busy;
    RETURN CASE WHEN v_members IS NULL THEN 0 ELSE points_lapse(v_members, p_at) END;
END $$;

-- Tell members of usable points that end by p_until: once per lot, one event per member and last day.
CREATE OR REPLACE FUNCTION points_remind_due(p_at timestamptz, p_until timestamptz, p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_lots int;
BEGIN
    WITH due AS MATERIALIZED (
        SELECT lot.id, lot.member_id, lot.remaining, lot.expires_at
        FROM points_lot AS lot
        WHERE lot.state = 'live' AND lot.reminded_at IS NULL AND lot.expires_at > p_at AND lot.expires_at <= p_until
        ORDER BY lot.expires_at, lot.id
        LIMIT p_limit
        FOR NO KEY UPDATE OF lot SKIP LOCKED
    ),
    marked AS (
        UPDATE points_lot AS lot SET reminded_at = p_at FROM due WHERE lot.id = due.id
    ),
    told AS MATERIALIZED (
        SELECT platform_outbox_append(
            'points.expiring.1', ending.member_id::text,
            jsonb_build_object(
                'member_id', ending.member_id, 'points', ending.points, 'last_day', points_last_day(ending.expires_at)
            ), p_at
        )
        FROM (
            SELECT due.member_id, due.expires_at, sum(due.remaining)::bigint AS points
            FROM due
            GROUP BY due.member_id, due.expires_at
            ORDER BY due.expires_at, due.member_id
        ) AS ending
    )
    SELECT count(*) + 0 * (SELECT count(*) FROM told) INTO v_lots FROM due;
    RETURN v_lots;
END $$;

-- The last day, in the stores' time zone, of points that end at a moment.
CREATE OR REPLACE FUNCTION points_last_day(p_expires_at timestamptz) RETURNS date
LANGUAGE sql STABLE AS $$
    SELECT ((p_expires_at AT TIME ZONE 'Asia/Shanghai') - interval '1 microsecond')::date
$$;
