CREATE OR REPLACE VIEW members_breach_member_without_key AS
    SELECT m.id, m.number
      FROM members_member m
     WHERE NOT EXISTS (SELECT FROM members_identity i WHERE i.member_id = m.id);
COMMENT ON VIEW members_breach_member_without_key IS
    'Every member can be found again: by a phone, an openid, a card or another key.';

CREATE OR REPLACE VIEW members_breach_level AS
    SELECT m.id, m.number, m.level
      FROM members_member m
     WHERE (m.level = 'verified')
        IS DISTINCT FROM EXISTS (SELECT FROM members_identity i WHERE i.member_id = m.id AND i.verified_at IS NOT NULL);
COMMENT ON VIEW members_breach_level IS
    'A member is verified exactly when one of its keys was proved.';
