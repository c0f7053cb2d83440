-- The member that stands for an id: the one it was merged into, else itself; NULL when there is none.
CREATE OR REPLACE FUNCTION members_current(p_member uuid) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT coalesce(m.merged_into_id, m.id) FROM members_member m WHERE m.id = p_member
$$;

-- The members whose rows are one person's: the member itself and those that were merged into it. What is
-- append-only (consents, changes of the file) is not moved by a merge but read through this.
CREATE OR REPLACE FUNCTION members_family(p_member uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
    SELECT m.id FROM members_member m
     WHERE m.id = (SELECT members_current(p_member)) OR m.merged_into_id = (SELECT members_current(p_member))
$$;

-- For writers of rows that hang on members (an order being placed): holds the members against a merge until the
-- transaction ends and says who stands for each. Shared, so writers do not wait for each other. Called before
-- anything else is locked, as a merge locks its members first.
CREATE OR REPLACE FUNCTION members_hold(p_members uuid[]) RETURNS TABLE(asked uuid, member_id uuid)
LANGUAGE plpgsql AS $$
DECLARE
    v_now uuid[];
    v_held uuid[] := '{}';
BEGIN
    LOOP
        SELECT coalesce(array_agg(DISTINCT coalesce(m.merged_into_id, m.id)), '{}') INTO v_now
          FROM members_member m WHERE m.id = ANY(p_members);
        EXIT WHEN v_now <@ v_held;
        PERFORM FROM members_member m WHERE m.id = ANY(v_now) ORDER BY m.id FOR KEY SHARE;
        v_held := v_now;
    END LOOP;
    RETURN QUERY SELECT m.id, coalesce(m.merged_into_id, m.id) FROM members_member m WHERE m.id = ANY(p_members);
END $$;
