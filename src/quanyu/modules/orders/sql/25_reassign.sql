CREATE OR REPLACE TRIGGER orders_reassignment_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON orders_reassignment
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- Where a line is fulfilled from changes only with a row that says so, and to what that row says.
CREATE OR REPLACE FUNCTION orders_keep_place() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.location_id, NEW.owner_id) IS DISTINCT FROM (OLD.location_id, OLD.owner_id) AND NOT EXISTS (
        SELECT FROM (
            SELECT said.* FROM orders_reassignment AS said WHERE said.line_id = NEW.id ORDER BY said.id DESC LIMIT 1
        ) AS last
        WHERE (last.from_location_id, last.from_owner_id) = (OLD.location_id, OLD.owner_id)
            AND (last.to_location_id, last.to_owner_id) = (NEW.location_id, NEW.owner_id)
    ) THEN
        RAISE EXCEPTION 'a line is fulfilled from where it was sold, or where it was reassigned to'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER orders_line_keeps_its_place
    BEFORE UPDATE OF location_id, owner_id ON orders_line
    FOR EACH ROW EXECUTE FUNCTION orders_keep_place();

-- Tell whether a line of the order is fulfilled from the place.
CREATE OR REPLACE FUNCTION orders_is_fulfilled_from(p_order uuid, p_location bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM orders_line WHERE order_id = p_order AND location_id = p_location)
$$;

-- Note that another place fulfils the lines of an order, with whose stock: [{"line", "owner_id"}]. The caller holds the
-- order and has moved what it holds. Returns the number of lines.
CREATE OR REPLACE FUNCTION orders_reassign(
    p_order uuid, p_location bigint, p_held jsonb, p_actor text, p_reason text, p_at timestamptz
) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_changed int;
BEGIN
    INSERT INTO orders_reassignment (
        line_id, from_location_id, from_owner_id, to_location_id, to_owner_id, actor, reason, at
    )
    SELECT line.id, line.location_id, line.owner_id, p_location, held.owner_id, p_actor, p_reason, p_at
    FROM orders_line AS line
    JOIN jsonb_to_recordset(p_held) AS held (line text, owner_id bigint) ON held.line = line.number::text
    WHERE line.order_id = p_order;
    UPDATE orders_line AS line SET location_id = p_location, owner_id = held.owner_id
    FROM jsonb_to_recordset(p_held) AS held (line text, owner_id bigint)
    WHERE line.order_id = p_order AND held.line = line.number::text;
    GET DIAGNOSTICS v_changed = ROW_COUNT;
    RETURN v_changed;
END $$;

CREATE OR REPLACE VIEW orders_breach_i6_line_is_where_it_was_sent AS
SELECT line.id, line.order_id, line.location_id, line.owner_id, last.to_location_id, last.to_owner_id
FROM orders_line AS line
JOIN (
    SELECT DISTINCT ON (said.line_id) said.line_id, said.to_location_id, said.to_owner_id
    FROM orders_reassignment AS said
    ORDER BY said.line_id, said.id DESC
) AS last ON last.line_id = line.id
WHERE (line.location_id, line.owner_id) IS DISTINCT FROM (last.to_location_id, last.to_owner_id);
COMMENT ON VIEW orders_breach_i6_line_is_where_it_was_sent IS
    'I6: a line that was given to another store is fulfilled from there';
