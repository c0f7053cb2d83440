-- What customers ask for after the sale. The allowed moves of a request are these rows; every event refers to one of
-- them (the foreign key aftersales_request_event_allowed_move, in the migration).
INSERT INTO aftersales_request_transition (kind, from_state, to_state)
SELECT kind.name, move.from_state, move.to_state
FROM unnest(ARRAY['return', 'refund_only', 'exchange']) AS kind (name)
CROSS JOIN (VALUES
    ('', 'asked'),
    ('asked', 'approved'),
    ('asked', 'refused'),
    ('asked', 'withdrawn'),
    ('approved', 'refused'),
    ('approved', 'withdrawn')
) AS move (from_state, to_state)
UNION ALL VALUES
    -- The goods are looked at first; the money follows, perhaps once a second person has agreed.
    ('return', 'approved', 'received'),
    ('return', 'received', 'done'),
    ('return', 'received', 'refused'),
    ('return', 'received', 'withdrawn'),
    -- Nothing comes back.
    ('refund_only', 'approved', 'done'),
    -- The same again, hand to hand; or the money back, and the till sells the other one.
    ('exchange', 'approved', 'done'),
    ('exchange', 'approved', 'received'),
    ('exchange', 'received', 'done'),
    ('exchange', 'received', 'refused'),
    ('exchange', 'received', 'withdrawn')
ON CONFLICT DO NOTHING;

CREATE OR REPLACE TRIGGER aftersales_request_event_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON aftersales_request_event
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- What was asked stands as it was written; its text is forgotten with its member.
CREATE OR REPLACE TRIGGER aftersales_request_written_once
    BEFORE DELETE OR TRUNCATE OR UPDATE OF id, number, order_id, kind, reason, code, return_id, command_sha256, created_at
    ON aftersales_request
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER aftersales_request_line_written_once
    BEFORE DELETE OR TRUNCATE OR UPDATE OF id, parent_id, order_line_id, quantity
    ON aftersales_request_line
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- How much of each line of an order can still be asked for: sold, not returned, and in no other open request.
CREATE OR REPLACE FUNCTION aftersales_lines_open(p_order uuid)
RETURNS TABLE (line_id uuid, line_number int, left_quantity bigint)
LANGUAGE plpgsql AS $$
BEGIN
    -- VOLATILE: under the caller's lock this must see what others have committed.
    RETURN QUERY
        SELECT line.line_id, line.line_number, line.left_quantity - coalesce((
            SELECT sum(asked.quantity) FROM aftersales_request_line AS asked
            JOIN aftersales_request AS request ON request.id = asked.parent_id
            WHERE asked.order_line_id = line.line_id AND request.state IN ('asked', 'approved', 'received')
        ), 0)::bigint
        FROM orders_lines_left(p_order) AS line;
END $$;

-- Write a request down: 'asked', 'known' (it stands already), 'closed' (the order is not completed), or
-- {"number", "left"} of the first line of which not that much is left. Requests of one order come one after the other.
CREATE OR REPLACE FUNCTION aftersales_ask(p_request jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := (p_request->>'id')::uuid;
    v_order uuid := (p_request->>'order_id')::uuid;
    v_at timestamptz := (p_request->>'at')::timestamptz;
    v_code text;
    v_short jsonb;
BEGIN
    IF orders_lock(v_order, ARRAY['completed']) IS NULL THEN
        RETURN '"closed"';
    END IF;
    IF EXISTS (SELECT FROM aftersales_request WHERE id = v_id) THEN
        RETURN '"known"';
    END IF;
    SELECT jsonb_build_object('number', wanted.number, 'left', greatest(coalesce(line.left_quantity, 0), 0)) INTO v_short
    FROM jsonb_to_recordset(p_request->'lines') AS wanted (number int, quantity bigint)
    LEFT JOIN aftersales_lines_open(v_order) AS line ON line.line_number = wanted.number
    WHERE wanted.quantity > coalesce(line.left_quantity, 0)
    ORDER BY wanted.number LIMIT 1;
    IF v_short IS NOT NULL THEN
        RETURN v_short;
    END IF;
    LOOP
        v_code := lpad((('x' || translate(substr(gen_random_uuid()::text, 1, 8), '-', ''))::bit(32)::bigint
            % 100000000)::text, 8, '0');
        EXIT WHEN NOT EXISTS (SELECT FROM aftersales_request WHERE code = v_code);
    END LOOP;
    INSERT INTO aftersales_request (
        id, number, order_id, kind, state, reason, text, answer, store_id, code, amount_fen, return_id, command_sha256,
        created_at, moved_at
    )
    SELECT r.id, orders_number('SH', r.store_id, r.at), r.order_id, r.kind, 'asked', r.reason, r.text, '', r.store_id,
        v_code, r.amount_fen, r.return_id, decode(r.command_sha256, 'hex'), r.at, r.at
    FROM jsonb_to_record(p_request) AS r (
        id uuid, order_id uuid, kind text, reason text, text text, store_id bigint, amount_fen bigint, return_id uuid,
        command_sha256 text, at timestamptz
    );
    INSERT INTO aftersales_request_line (parent_id, order_line_id, quantity)
    SELECT v_id, line.line_id, wanted.quantity
    FROM jsonb_to_recordset(p_request->'lines') AS wanted (number int, quantity bigint)
    JOIN orders_lines_left(v_order) AS line ON line.line_number = wanted.number;
    INSERT INTO aftersales_request_event (request_id, kind, from_state, to_state, actor, text, at)
    VALUES (v_id, p_request->>'kind', '', 'asked', p_request->>'actor', '', v_at);
    RETURN '"asked"';
END $$;

-- Move a request from one of the given states to another and write the event; false when it is in none of them.
CREATE OR REPLACE FUNCTION aftersales_move_request(
    p_request uuid, p_from text[], p_to text, p_actor text, p_text text, p_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_from text;
    v_kind text;
BEGIN
    SELECT state, kind INTO v_from, v_kind FROM aftersales_request
    WHERE id = p_request AND state = ANY (p_from) FOR NO KEY UPDATE;
    IF v_from IS NULL THEN
        RETURN false;
    END IF;
    UPDATE aftersales_request SET
        state = p_to,
        answer = CASE WHEN p_to IN ('approved', 'refused') THEN p_text ELSE answer END,
        moved_at = p_at
    WHERE id = p_request;
    INSERT INTO aftersales_request_event (request_id, kind, from_state, to_state, actor, text, at)
    VALUES (p_request, v_kind, v_from, p_to, p_actor, p_text, p_at);
    RETURN true;
END $$;

-- A return was booked (in this transaction, under the order's lock). The request it came from is done; open requests for
-- more than is left now, because the goods came back at another door, lapse, the youngest first. Returns those that moved.
CREATE OR REPLACE FUNCTION aftersales_follow_return(
    p_order uuid, p_return uuid, p_amount bigint, p_actor text, p_at timestamptz
) RETURNS SETOF uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_own uuid;
    v_other uuid;
BEGIN
    SELECT id INTO v_own FROM aftersales_request WHERE return_id = p_return AND state IN ('approved', 'received');
    IF v_own IS NOT NULL THEN
        PERFORM aftersales_move_request(v_own, ARRAY['approved', 'received'], 'done', p_actor, '', p_at);
        UPDATE aftersales_request SET amount_fen = p_amount WHERE id = v_own;
        RETURN NEXT v_own;
    END IF;
    LOOP
        SELECT request.id INTO v_other
        FROM aftersales_lines_open(p_order) AS line
        JOIN aftersales_request_line AS asked ON asked.order_line_id = line.line_id
        JOIN aftersales_request AS request ON request.id = asked.parent_id
        WHERE line.left_quantity < 0 AND request.state IN ('asked', 'approved', 'received')
        ORDER BY request.created_at DESC, request.id DESC LIMIT 1;
        EXIT WHEN v_other IS NULL;
        PERFORM aftersales_move_request(
            v_other, ARRAY['asked', 'approved', 'received'], 'withdrawn', p_actor, 'returned_elsewhere', p_at
        );
        RETURN NEXT v_other;
    END LOOP;
END $$;

-- The requests of members' orders that are still open.
CREATE OR REPLACE FUNCTION aftersales_open_of_orders(p_orders uuid[]) RETURNS int
LANGUAGE sql STABLE AS $$
    SELECT count(*)::int FROM aftersales_request
    WHERE order_id = ANY (p_orders) AND state IN ('asked', 'approved', 'received')
$$;

-- Forget what customers wrote; what was asked for and became of it stands.
CREATE OR REPLACE FUNCTION aftersales_forget_orders(p_orders uuid[]) RETURNS void
LANGUAGE sql AS $$
    UPDATE aftersales_request SET text = '' WHERE order_id = ANY (p_orders) AND text <> ''
$$;

CREATE OR REPLACE VIEW aftersales_breach_requests_within_sold AS
SELECT line.id, line.quantity, line.returned_quantity, sum(asked.quantity) AS asked_quantity
FROM aftersales_request_line asked
JOIN aftersales_request request ON request.id = asked.parent_id AND request.state IN ('asked', 'approved', 'received')
JOIN orders_line line ON line.id = asked.order_line_id
GROUP BY line.id
HAVING sum(asked.quantity) > line.quantity - line.returned_quantity;
COMMENT ON VIEW aftersales_breach_requests_within_sold IS
    'Open requests ask for no more of a line than was sold and has not come back';

CREATE OR REPLACE VIEW aftersales_breach_requests_have_history AS
SELECT request.id, request.number, request.state, last.to_state
FROM aftersales_request request
LEFT JOIN LATERAL (
    SELECT event.to_state FROM aftersales_request_event event
    WHERE event.request_id = request.id ORDER BY event.id DESC LIMIT 1
) AS last ON true
WHERE last.to_state IS DISTINCT FROM request.state;
COMMENT ON VIEW aftersales_breach_requests_have_history IS
    'The state of a request is the last step of its history';

CREATE OR REPLACE VIEW aftersales_breach_requests_are_refunded AS
SELECT request.id, request.number, request.kind, request.amount_fen, booked.amount_fen AS returned_fen
FROM aftersales_request request
LEFT JOIN aftersales_return booked ON booked.id = request.return_id
WHERE (request.state = 'done' AND (
        (request.kind <> 'exchange' AND booked.id IS NULL)
        OR (booked.id IS NOT NULL AND (booked.amount_fen <> request.amount_fen OR booked.order_id <> request.order_id))
    ))
    OR (request.state <> 'done' AND booked.id IS NOT NULL);
COMMENT ON VIEW aftersales_breach_requests_are_refunded IS
    'A request that is done paid exactly once what its return says; any other paid nothing';

-- The lines of a request by the numbers of the order's lines.
CREATE OR REPLACE FUNCTION aftersales_request_numbers(p_request uuid) RETURNS TABLE (line_id uuid, number int)
LANGUAGE sql STABLE AS $$
    SELECT line.line_id, line.line_number FROM aftersales_request AS request
    CROSS JOIN LATERAL orders_lines_left(request.order_id) AS line
    WHERE request.id = p_request
$$;
