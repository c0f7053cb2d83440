-- Movements, the points of lines and the versions of rules are written once; a correction is a new row.
CREATE OR REPLACE TRIGGER points_movement_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON points_movement
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER points_earning_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON points_earning
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER points_rule_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON points_rule
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- The account row is the queue for everything that happens to a member's lots. A batch of orders locks all of its
-- members here once, in the one order everybody uses, after its coupons and before its stock.
CREATE OR REPLACE FUNCTION points_lock(p_members uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1
    FROM points_account AS account
    WHERE account.member_id = ANY (p_members)
    ORDER BY account.member_id
    FOR NO KEY UPDATE OF account;
END $$;

-- As points_lock, for members who may have had no points yet.
CREATE OR REPLACE FUNCTION points_open(p_members uuid[], p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO points_account (member_id, changed_at)
    SELECT DISTINCT wanted.member_id, p_at
    FROM unnest(p_members) AS wanted (member_id)
    WHERE NOT EXISTS (SELECT FROM points_account AS account WHERE account.member_id = wanted.member_id)
    ORDER BY wanted.member_id
    ON CONFLICT DO NOTHING;
    PERFORM points_lock(p_members);
END $$;

-- What a member can use at a moment. Lots that have ended count no more, whether they were swept or not.
CREATE OR REPLACE FUNCTION points_usable(p_member uuid, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT coalesce(sum(lot.remaining), 0)
        FROM points_lot AS lot
        WHERE lot.member_id = p_member AND lot.state = 'live' AND lot.expires_at > p_at
    );
END $$;

-- Draw up to so many points from the member's usable lots, the first to end first, one movement per lot, and count
-- them. Returns how many were drawn. The caller holds the account row. Kind repay also pays what is owed.
CREATE OR REPLACE FUNCTION points_draw(
    p_member uuid, p_points bigint, p_kind text, p_cause_kind text, p_cause_id text, p_deed text,
    p_actor text, p_reason text, p_at timestamptz
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_drawn bigint;
BEGIN
    WITH usable AS (
        SELECT lot.id, lot.remaining, sum(lot.remaining) OVER (ORDER BY lot.expires_at, lot.id) AS upto
        FROM points_lot AS lot
        WHERE lot.member_id = p_member AND lot.state = 'live' AND lot.expires_at > p_at
    ),
    drawn AS MATERIALIZED (
        SELECT usable.id, usable.upto,
               least(usable.remaining, p_points - (usable.upto - usable.remaining))::bigint AS points
        FROM usable
        WHERE usable.upto - usable.remaining < p_points
    ),
    lowered AS (
        UPDATE points_lot AS lot
        SET remaining = lot.remaining - drawn.points,
            state = CASE WHEN lot.remaining = drawn.points THEN 'empty' ELSE lot.state END
        FROM drawn
        WHERE lot.id = drawn.id
    ),
    written AS (
        INSERT INTO points_movement (
            member_id, lot_id, kind, available_delta, debt_delta, cause_kind, cause_id, deed, actor, reason, at
        )
        SELECT p_member, drawn.id, p_kind, -drawn.points, CASE WHEN p_kind = 'repay' THEN -drawn.points ELSE 0 END,
               p_cause_kind, p_cause_id, p_deed, p_actor, p_reason, p_at
        FROM drawn
        ORDER BY drawn.upto
    ),
    counted AS (
        UPDATE points_account AS account
        SET available = account.available - total.points,
            debt = account.debt - CASE WHEN p_kind = 'repay' THEN total.points ELSE 0 END,
            changed_at = p_at
        FROM (SELECT sum(drawn.points)::bigint AS points FROM drawn) AS total
        WHERE account.member_id = p_member AND total.points > 0
    )
    SELECT coalesce(sum(drawn.points), 0) INTO v_drawn FROM drawn;
    RETURN v_drawn;
END $$;

-- Points have become usable: what the member owes is paid from them first. The caller holds the account row.
CREATE OR REPLACE FUNCTION points_settle(p_member uuid, p_cause_kind text, p_cause_id text, p_at timestamptz)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_debt bigint;
BEGIN
    SELECT account.debt INTO v_debt FROM points_account AS account WHERE account.member_id = p_member;
    IF v_debt > 0 THEN
        PERFORM points_draw(p_member, v_debt, 'repay', p_cause_kind, p_cause_id, '', '', '', p_at);
    END IF;
END $$;

-- End the lots of these members whose time is over; say so once per member. The caller holds the account rows.
-- Returns the number of lots that ended.
CREATE OR REPLACE FUNCTION points_lapse(p_members uuid[], p_at timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_lots int;
BEGIN
    WITH due AS MATERIALIZED (
        SELECT lot.id, lot.member_id, lot.remaining, lot.state = 'pending' AS is_pending
        FROM points_lot AS lot
        WHERE lot.member_id = ANY (p_members) AND lot.state IN ('pending', 'live') AND lot.expires_at <= p_at
    ),
    ended AS (
        UPDATE points_lot AS lot SET remaining = 0, state = 'expired' FROM due WHERE lot.id = due.id
    ),
    written AS (
        INSERT INTO points_movement (
            member_id, lot_id, kind, pending_delta, available_delta, cause_kind, cause_id, at
        )
        SELECT due.member_id, due.id, 'expire', CASE WHEN due.is_pending THEN -due.remaining ELSE 0 END,
               CASE WHEN due.is_pending THEN 0 ELSE -due.remaining END, 'lot', due.id::text, p_at
        FROM due
        ORDER BY due.member_id, due.id
    ),
    total AS MATERIALIZED (
        SELECT due.member_id, coalesce(sum(due.remaining) FILTER (WHERE due.is_pending), 0)::bigint AS pending,
               coalesce(sum(due.remaining) FILTER (WHERE NOT due.is_pending), 0)::bigint AS available
        FROM due
        GROUP BY due.member_id
    ),
    counted AS (
        UPDATE points_account AS account
        SET pending = account.pending - total.pending, available = account.available - total.available,
            changed_at = p_at
        FROM total
        WHERE account.member_id = total.member_id
    ),
    told AS MATERIALIZED (
        SELECT platform_outbox_append(
            'points.expired.1', total.member_id::text,
            jsonb_build_object('member_id', total.member_id, 'points', total.pending + total.available), p_at
        )
        FROM total
    )
    SELECT count(*) + 0 * (SELECT count(*) FROM told) INTO v_lots FROM due;
    RETURN v_lots;
END $$;
