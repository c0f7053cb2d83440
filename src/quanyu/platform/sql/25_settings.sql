-- The values of settings that hold at the end of a path of nodes (root first), for reads that are one statement:
-- p_defaults is {key: default} of the settings wanted (Python knows them), the answer {key: value}. The nearest wins.
CREATE OR REPLACE FUNCTION platform_settings_at(p_defaults jsonb, p_nodes text[]) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT p_defaults || coalesce(jsonb_object_agg(nearest.key, nearest.value), '{}')
    FROM (
        SELECT DISTINCT ON (setting.key) setting.key, setting.value
        FROM platform_setting AS setting
        WHERE setting.node = ANY (p_nodes) AND p_defaults ? setting.key
        ORDER BY setting.key, array_position(p_nodes, setting.node::text) DESC
    ) AS nearest
$$;
