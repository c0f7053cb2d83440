-- Hold the standings of members until the transaction ends, in one order; who had none gets one in the lowest tier.
CREATE OR REPLACE FUNCTION tiers_lock(p_members uuid[], p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tiers_standing (member_id, growth, growth_tier_id, since, awaits_level, changed_at)
    SELECT member.id, 0, lowest.code, p_at, false, p_at
      FROM (SELECT DISTINCT unnest(p_members) AS id ORDER BY 1) AS member,
           (SELECT code FROM tiers_tier WHERE kind = 'growth' AND threshold = 0) AS lowest
        ON CONFLICT DO NOTHING;
    PERFORM FROM tiers_standing WHERE member_id = ANY (p_members) ORDER BY member_id FOR UPDATE;
END $$;

-- Give growth once per cause: {member_id, cause_kind, cause_id, amount, fen_per_growth, reason, actor, at}.
-- False: the cause has given it already, nothing changed.
CREATE OR REPLACE FUNCTION tiers_give(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_member uuid := p->>'member_id';
    v_amount bigint := p->>'amount';
    v_inserted int;
BEGIN
    PERFORM tiers_lock(ARRAY[v_member], (p->>'at')::timestamptz);
    INSERT INTO tiers_growth (member_id, cause_kind, cause_id, amount, balance, fen_per_growth, reason, actor,
                              counted_at, at)
    SELECT v_member, p->>'cause_kind', p->>'cause_id', v_amount, standing.growth + v_amount,
           (p->>'fen_per_growth')::int, p->>'reason', p->>'actor', (p->>'at')::timestamptz, (p->>'at')::timestamptz
      FROM tiers_standing AS standing
     WHERE standing.member_id = v_member
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_inserted = ROW_COUNT;
    UPDATE tiers_standing SET growth = growth + v_amount, changed_at = (p->>'at')::timestamptz
     WHERE member_id = v_member AND v_inserted = 1;
    RETURN to_jsonb(v_inserted = 1);
END $$;

-- Whose file the growth of a ledger row stands in now, and how much of it is left there; at most one has any.
CREATE OR REPLACE FUNCTION tiers_left(p_row bigint)
RETURNS TABLE (member_id uuid, amount bigint)
LANGUAGE sql STABLE AS $$
    SELECT entry.member_id, sum(entry.amount)::bigint
      FROM tiers_growth AS entry
     WHERE entry.id = p_row OR entry.of_id = p_row
     GROUP BY entry.member_id
    HAVING sum(entry.amount) <> 0
$$;

-- Take growth of a cause back until `remaining` is left of it, once per taking cause, from whoever has it now:
-- {of_kind, of_id, remaining, cause_kind, cause_id, reason, actor, at}. Gives {member_id, taken}; null: nothing to take.
CREATE OR REPLACE FUNCTION tiers_take(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_root tiers_growth;
    v_member uuid;
    v_locked uuid;
    v_left bigint;
    v_taken bigint;
    v_inserted int;
BEGIN
    SELECT * INTO v_root FROM tiers_growth
     WHERE cause_kind = p->>'of_kind' AND cause_id = p->>'of_id' AND of_id IS NULL;
    -- Between looking and locking a merge may have moved it: look again under the lock.
    LOOP
        SELECT found.member_id, found.amount INTO v_member, v_left FROM tiers_left(v_root.id) AS found;
        v_taken := v_left - (p->>'remaining')::bigint;
        IF v_taken IS NULL OR v_taken <= 0 THEN
            RETURN NULL;
        END IF;
        EXIT WHEN v_member = v_locked;
        PERFORM tiers_lock(ARRAY[v_member], (p->>'at')::timestamptz);
        v_locked := v_member;
    END LOOP;
    INSERT INTO tiers_growth (member_id, cause_kind, cause_id, of_id, amount, balance, reason, actor, counted_at, at)
    SELECT v_member, p->>'cause_kind', p->>'cause_id', v_root.id, -v_taken, standing.growth - v_taken, p->>'reason',
           p->>'actor', v_root.counted_at, (p->>'at')::timestamptz
      FROM tiers_standing AS standing
     WHERE standing.member_id = v_member
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_inserted = ROW_COUNT;
    IF v_inserted = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE tiers_standing SET growth = growth - v_taken, changed_at = (p->>'at')::timestamptz
     WHERE member_id = v_member;
    RETURN jsonb_build_object('member_id', v_member, 'taken', v_taken);
END $$;

-- Growth that a member has now and that was earned in [p_from, p_to).
CREATE OR REPLACE FUNCTION tiers_growth_between(p_member uuid, p_from timestamptz, p_to timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(amount), 0)::bigint FROM tiers_growth
     WHERE member_id = p_member AND counted_at >= p_from AND counted_at < p_to
$$;

-- Move all growth that one file has to another, entry by entry, so that each keeps the day it was earned on.
-- Both standings are held. With p_merge only what that merge had brought goes back: the exact undo.
CREATE OR REPLACE FUNCTION tiers_move(
    p_from uuid, p_to uuid, p_kind text, p_cause text, p_merge text, p_at timestamptz
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_moved bigint;
BEGIN
    WITH root AS (
        SELECT coalesce(entry.of_id, entry.id) AS id, sum(entry.amount)::bigint AS amount
          FROM tiers_growth AS entry
         WHERE entry.member_id = p_from
         GROUP BY 1
        HAVING sum(entry.amount) <> 0
    ), moving AS (
        SELECT root.id, root.amount, first.counted_at, sum(root.amount) OVER (ORDER BY root.id) AS so_far
          FROM root JOIN tiers_growth AS first ON first.id = root.id
         WHERE p_merge IS NULL OR EXISTS (
               SELECT FROM tiers_growth AS moved
                WHERE moved.of_id = root.id AND moved.member_id = p_from AND moved.cause_kind = 'merge'
                  AND moved.cause_id = p_merge)
    ), written AS (
        INSERT INTO tiers_growth (member_id, cause_kind, cause_id, of_id, amount, balance, reason, actor, counted_at, at)
        SELECT side.member_id, p_kind, p_cause, moving.id, side.sign * moving.amount,
               standing.growth + side.sign * moving.so_far, '', 'system:system', moving.counted_at, p_at
          FROM moving,
               (VALUES (p_from, -1), (p_to, 1)) AS side (member_id, sign)
               JOIN tiers_standing AS standing ON standing.member_id = side.member_id
         ORDER BY moving.id
        RETURNING member_id, amount
    )
    SELECT coalesce(sum(amount), 0)::bigint INTO v_moved FROM written WHERE member_id = p_to;
    UPDATE tiers_standing SET growth = growth - v_moved, changed_at = p_at WHERE member_id = p_from;
    UPDATE tiers_standing SET growth = growth + v_moved, changed_at = p_at WHERE member_id = p_to;
    RETURN v_moved;
END $$;
