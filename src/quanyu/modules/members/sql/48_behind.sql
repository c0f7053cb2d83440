-- The members behind sessions, by the hashes of their tokens; for a merged one the member that stands for it. Sessions that
-- ended and members that left are left out.
CREATE OR REPLACE FUNCTION members_behind(p_hashes bytea[], p_now timestamptz)
RETURNS TABLE (token_hash bytea, id uuid, number text)
LANGUAGE sql STABLE AS $$
    SELECT session.token_hash, member.id, member.number
    FROM members_session AS session
    JOIN members_member AS asked ON asked.id = session.member_id
    JOIN members_member AS member ON member.id = coalesce(asked.merged_into_id, asked.id)
    WHERE session.token_hash = ANY (p_hashes) AND session.revoked_at IS NULL AND session.expires_at > p_now
        AND member.is_active
$$;
