-- The path of a unit, root first, the unit itself last.
CREATE OR REPLACE FUNCTION organization_path(p_unit bigint) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT path FROM organization_unit WHERE id = p_unit
$$;
