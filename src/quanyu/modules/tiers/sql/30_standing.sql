-- Where a member stands, with what the decisions need: present growth of the window, level and tier of the file.
CREATE OR REPLACE FUNCTION tiers_standing_of(p_member uuid, p_window_days int, p_at timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'growth', standing.growth, 'growth_tier', standing.growth_tier_id, 'since', standing.since,
        'valid_until', standing.valid_until, 'paid_tier', standing.paid_tier_id, 'paid_until', standing.paid_until,
        'awaits_level', standing.awaits_level, 'level', rights.level, 'tier', rights.tier,
        'window_growth', tiers_growth_between(
            p_member, p_at - make_interval(days => p_window_days), 'infinity'::timestamptz))
      FROM tiers_standing AS standing, members_rights(ARRAY[p_member]) AS rights
     WHERE standing.member_id = p_member
$$;

-- The steps by growth that a member took, newest first, each with the growth it stands on as that is today.
CREATE OR REPLACE FUNCTION tiers_past_steps(p_member uuid, p_window_days int, p_limit int) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'from_tier', step.from_tier, 'from_until', step.from_until, 'to_tier', step.to_tier, 'reason', step.reason,
        'growth', tiers_growth_between(
            p_member,
            step.at - make_interval(days => CASE WHEN step.reason = 'kept' THEN tier.validity_days
                                                 ELSE p_window_days END),
            -- An upgrade is booked with the growth that paid for it, at the same moment.
            CASE WHEN step.reason = 'kept' THEN step.at ELSE step.at + interval '1 microsecond' END)
        ) ORDER BY step.id DESC), '[]')
      FROM (SELECT * FROM tiers_change WHERE member_id = p_member AND NOT is_paid ORDER BY id DESC LIMIT p_limit) AS step
      JOIN tiers_tier AS tier ON tier.code = step.to_tier
$$;

-- Write a step by growth: {member_id, tier, valid_until, reason, at, since}. The standing is held.
CREATE OR REPLACE FUNCTION tiers_step(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tiers_change (member_id, from_tier, from_until, to_tier, valid_until, is_paid, reason, at)
    SELECT standing.member_id, standing.growth_tier_id, standing.valid_until, p->>'tier',
           (p->>'valid_until')::timestamptz, false, p->>'reason', (p->>'at')::timestamptz
      FROM tiers_standing AS standing
     WHERE standing.member_id = (p->>'member_id')::uuid;
    UPDATE tiers_standing
       SET growth_tier_id = p->>'tier', valid_until = (p->>'valid_until')::timestamptz,
           since = (p->>'at')::timestamptz, changed_at = (p->>'at')::timestamptz
     WHERE member_id = (p->>'member_id')::uuid;
    RETURN 'true';
END $$;

-- Write the paid tier of a member: {member_id, tier or null, until or null, reason, at}. The standing is held.
CREATE OR REPLACE FUNCTION tiers_set_paid(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tiers_change (member_id, from_tier, from_until, to_tier, valid_until, is_paid, reason, at)
    SELECT standing.member_id, coalesce(standing.paid_tier_id, ''), standing.paid_until, coalesce(p->>'tier', ''),
           (p->>'until')::timestamptz, true, p->>'reason', (p->>'at')::timestamptz
      FROM tiers_standing AS standing
     WHERE standing.member_id = (p->>'member_id')::uuid;
    UPDATE tiers_standing
       SET paid_tier_id = p->>'tier', paid_until = (p->>'until')::timestamptz, changed_at = (p->>'at')::timestamptz
     WHERE member_id = (p->>'member_id')::uuid;
    RETURN 'true';
END $$;
