-- The grants of a staff member. Roles that need two-step sign-in count only for a verified session.
CREATE OR REPLACE FUNCTION identity_grants(p_staff_id bigint, p_verified boolean) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'permissions', role.permissions, 'scope', assignment.scope, 'unit_id', assignment.unit_id
    ) ORDER BY assignment.id), '[]'::jsonb)
    FROM identity_assignment AS assignment
    JOIN identity_role AS role ON role.id = assignment.role_id
    WHERE assignment.staff_id = p_staff_id AND (p_verified OR NOT role.needs_totp)
$$;

-- Who stands behind a token, by its SHA-256: a staff member's session, a device or an API client; NULL when nobody
-- does (any more). One round trip, for hot routes too.
CREATE OR REPLACE FUNCTION identity_actor(p_token_hash bytea, p_now timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'kind', 'staff', 'id', staff.id::text, 'name', staff.name,
        'unit_id', coalesce(token.unit_id, staff.unit_id), 'device_id', token.device_id,
        'grants', identity_grants(staff.id, token.verified_at IS NOT NULL AND staff.totp_confirmed_at IS NOT NULL)
    )
    FROM identity_access_token AS token
    JOIN identity_staff AS staff ON staff.id = token.staff_id
    LEFT JOIN identity_device AS device ON device.id = token.device_id
    WHERE token.token_hash = p_token_hash AND token.revoked_at IS NULL AND token.expires_at > p_now
        AND staff.is_active AND device.revoked_at IS NULL
    UNION ALL
    SELECT jsonb_build_object(
        'kind', 'device', 'id', device.id::text, 'name', device.name,
        'unit_id', device.unit_id, 'device_id', device.id, 'device_kind', device.kind
    )
    FROM identity_device AS device
    WHERE device.token_hash = p_token_hash AND device.revoked_at IS NULL
    UNION ALL
    SELECT jsonb_build_object(
        'kind', 'client', 'id', client.id::text, 'name', client.name, 'unit_id', client.unit_id, 'device_id', NULL,
        'grants', jsonb_build_array(jsonb_build_object(
            'permissions', client.permissions, 'scope', 'subtree', 'unit_id', client.unit_id
        ))
    )
    FROM identity_api_client AS client
    WHERE client.token_hash = p_token_hash AND client.revoked_at IS NULL
    LIMIT 1
$$;
