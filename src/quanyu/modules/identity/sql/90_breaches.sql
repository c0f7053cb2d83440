-- A token works only as long as what it hangs on: no live session of somebody who left.
CREATE OR REPLACE VIEW identity_breach_live_session AS
SELECT token.id AS token_id, token.staff_id
FROM identity_access_token AS token
JOIN identity_staff AS staff ON staff.id = token.staff_id
WHERE token.revoked_at IS NULL AND NOT staff.is_active;
COMMENT ON VIEW identity_breach_live_session IS 'Nobody who left has a live session.';

CREATE OR REPLACE VIEW identity_breach_revoked_device AS
SELECT token.id AS token_id, token.device_id
FROM identity_access_token AS token
JOIN identity_device AS device ON device.id = token.device_id
WHERE token.revoked_at IS NULL AND device.revoked_at IS NOT NULL;
COMMENT ON VIEW identity_breach_revoked_device IS 'No live session runs on a revoked device.';
