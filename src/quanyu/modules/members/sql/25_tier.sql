-- The tier whose prices the bearer of a session's token sees; NULL without a session that is in force.
CREATE OR REPLACE FUNCTION members_tier_of_token(p_token_hash bytea, p_now timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT member.tier
    FROM members_session AS session
    JOIN members_member AS asked ON asked.id = session.member_id
    JOIN members_member AS member ON member.id = coalesce(asked.merged_into_id, asked.id)
    WHERE session.token_hash = p_token_hash AND session.revoked_at IS NULL AND session.expires_at > p_now
      AND member.is_active
$$;
