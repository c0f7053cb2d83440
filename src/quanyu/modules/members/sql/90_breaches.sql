CREATE OR REPLACE VIEW members_breach_member_without_key AS
    SELECT m.id, m.number
      FROM members_member m
     WHERE m.merged_into_id IS NULL
       AND m.erased_at IS NULL
       AND NOT EXISTS (SELECT FROM members_identity i WHERE i.member_id = m.id)
       AND NOT EXISTS (SELECT FROM members_contact c WHERE c.member_id = m.id);
COMMENT ON VIEW members_breach_member_without_key IS
    'Every member can be found again: by a phone, an openid, a card or another key, or by a contact shared with others.';

CREATE OR REPLACE VIEW members_breach_level AS
    SELECT m.id, m.number, m.level
      FROM members_member m
     WHERE m.merged_into_id IS NULL
       AND m.erased_at IS NULL
       AND (m.level = 'verified')
        IS DISTINCT FROM EXISTS (SELECT FROM members_identity i WHERE i.member_id = m.id AND i.verified_at IS NOT NULL);
COMMENT ON VIEW members_breach_level IS
    'A member is verified exactly when one of its keys was proved.';

CREATE OR REPLACE VIEW members_breach_merge_chain AS
    SELECT m.id, m.number
      FROM members_member m
      JOIN members_member w ON w.id = m.merged_into_id
     WHERE w.merged_into_id IS NOT NULL;
COMMENT ON VIEW members_breach_merge_chain IS
    'A merged member points at the one that stands for it, never at another merged one.';

CREATE OR REPLACE VIEW members_breach_merge_record AS
    SELECT m.id, m.number
      FROM members_member m
     WHERE (m.merged_into_id IS NOT NULL)
        IS DISTINCT FROM EXISTS (SELECT FROM members_merge g WHERE g.loser_id = m.id AND g.undone_at IS NULL);
COMMENT ON VIEW members_breach_merge_record IS
    'A member is merged into another exactly when a merge says so that was not undone.';

CREATE OR REPLACE VIEW members_breach_merged_keys AS
    SELECT m.id, m.number
      FROM members_member m
     WHERE m.merged_into_id IS NOT NULL
       AND EXISTS (SELECT FROM members_identity i WHERE i.member_id = m.id);
COMMENT ON VIEW members_breach_merged_keys IS
    'Keys lead to the member that stands for a person: a merged member has none.';

CREATE OR REPLACE VIEW members_breach_merged_associate AS
    SELECT m.id, m.number
      FROM members_member m
     WHERE m.merged_into_id IS NOT NULL
       AND EXISTS (SELECT FROM members_associate a WHERE a.member_id = m.id AND a.until IS NULL);
COMMENT ON VIEW members_breach_merged_associate IS
    'Nobody looks after a merged member: the associate of the one that stands for it does.';
