-- What a file's rights hang on: tier and level of identification. Inlined into the queries of upper modules.
CREATE OR REPLACE FUNCTION members_rights(p_members uuid[])
RETURNS TABLE (member_id uuid, tier varchar, level varchar)
LANGUAGE sql STABLE AS $$
    SELECT m.id, m.tier, m.level FROM members_member m WHERE m.id = ANY (p_members)
$$;

-- The same for whoever stands for these members today: of a merged file the one it was merged into.
CREATE OR REPLACE FUNCTION members_current_rights(p_members uuid[])
RETURNS TABLE (member_id uuid, tier varchar, level varchar)
LANGUAGE sql STABLE AS $$
    SELECT asked.id, m.tier, m.level
      FROM members_member asked
      JOIN members_member m ON m.id = coalesce(asked.merged_into_id, asked.id)
     WHERE asked.id = ANY (p_members)
$$;

-- Write the present tier of a member; false when it stands there already.
CREATE OR REPLACE FUNCTION members_set_tier(p_member uuid, p_tier text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE members_member SET tier = p_tier WHERE id = p_member AND tier <> p_tier;
    RETURN FOUND;
END $$;

-- How many members stand in each tier, of all stores (NULL) or those who joined at some; erased and merged files
-- are nobody.
CREATE OR REPLACE FUNCTION members_by_tier(p_stores bigint[]) RETURNS TABLE (tier varchar, members bigint)
LANGUAGE sql STABLE AS $$
    SELECT m.tier, count(*)
      FROM members_member m
     WHERE m.merged_into_id IS NULL AND m.erased_at IS NULL AND (p_stores IS NULL OR m.store_id = ANY (p_stores))
     GROUP BY m.tier
$$;
