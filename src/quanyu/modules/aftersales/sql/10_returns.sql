-- A return is written once; what it refunded and took back is corrected by nothing but another document.
CREATE OR REPLACE TRIGGER aftersales_return_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON aftersales_return
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER aftersales_return_line_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON aftersales_return_line
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER aftersales_return_withheld_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON aftersales_return_withheld
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- Insert a return with its lines and what it withheld. False: a return with this id stands already.
CREATE OR REPLACE FUNCTION aftersales_insert_return(p_return jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_inserted int;
BEGIN
    INSERT INTO aftersales_return (
        id, number, order_id, location_id, reason, note, amount_fen, freight_fen, withheld_fen, points_restored,
        points_taken_back, coupons_returned, actor, command_sha256, shift_id, created_at
    )
    SELECT r.id, orders_number('TH', r.location_id, r.at), r.order_id, r.location_id, r.reason, r.note, r.amount_fen,
        r.freight_fen, r.withheld_fen, r.points_restored, r.points_taken_back, r.coupons_returned, r.actor,
        decode(r.command_sha256, 'hex'), r.shift_id, r.at
    FROM jsonb_to_record(p_return) AS r (
        id uuid, order_id uuid, location_id bigint, reason text, note text, amount_fen bigint, freight_fen bigint,
        withheld_fen bigint, points_restored bigint, points_taken_back bigint, coupons_returned int, actor text,
        command_sha256 text, shift_id uuid, at timestamptz
    )
    ON CONFLICT (id) DO NOTHING;
    GET DIAGNOSTICS v_inserted = ROW_COUNT;
    IF v_inserted = 1 THEN
        INSERT INTO aftersales_return_line (parent_id, order_line_id, quantity, amount_fen, points_restored, restock)
        SELECT (p_return->>'id')::uuid, l.order_line_id, l.quantity, l.amount_fen, l.points, l.restock
        FROM jsonb_to_recordset(p_return->'lines') AS l (
            order_line_id uuid, quantity bigint, amount_fen bigint, points bigint, restock text
        );
        INSERT INTO aftersales_return_withheld (
            parent_id, kind, source, label, threshold_fen, kept_fen, amount_fen
        )
        SELECT (p_return->>'id')::uuid, w.kind, w.source, w.label, w.threshold_fen, w.kept_fen, w.amount_fen
        FROM jsonb_to_recordset(p_return->'withheld') AS w (
            kind text, source text, label text, threshold_fen bigint, kept_fen bigint, amount_fen bigint
        );
    END IF;
    RETURN v_inserted = 1;
END $$;

CREATE OR REPLACE VIEW aftersales_breach_i3_return_adds_up AS
SELECT r.id, r.number, r.amount_fen, sum(l.amount_fen) AS lines_fen, r.freight_fen, r.withheld_fen,
    r.points_restored, sum(l.points_restored) AS lines_points
FROM aftersales_return r JOIN aftersales_return_line l ON l.parent_id = r.id
GROUP BY r.id
HAVING r.amount_fen <> sum(l.amount_fen) + r.freight_fen - r.withheld_fen
    OR r.points_restored <> sum(l.points_restored);
COMMENT ON VIEW aftersales_breach_i3_return_adds_up IS
    'I3: a return refunds the sum of its lines and freight less what it withheld, and restores the points of its lines';

CREATE OR REPLACE VIEW aftersales_breach_i3_withheld_adds_up AS
SELECT r.id, r.number, r.withheld_fen, coalesce(sum(w.amount_fen), 0) AS offers_fen
FROM aftersales_return r LEFT JOIN aftersales_return_withheld w ON w.parent_id = r.id
GROUP BY r.id HAVING r.withheld_fen <> coalesce(sum(w.amount_fen), 0);
COMMENT ON VIEW aftersales_breach_i3_withheld_adds_up IS 'I3: what a return withheld is explained offer by offer';

CREATE OR REPLACE VIEW aftersales_breach_i8_orders_are_returned AS
SELECT o.id, o.number, o.withheld_fen, o.freight_refunded_fen, coalesce(sum(r.withheld_fen), 0) AS returns_withheld_fen,
    coalesce(sum(r.freight_fen), 0) AS returns_freight_fen
FROM orders_order o LEFT JOIN aftersales_return r ON r.order_id = o.id
GROUP BY o.id
HAVING o.withheld_fen <> coalesce(sum(r.withheld_fen), 0) OR o.freight_refunded_fen <> coalesce(sum(r.freight_fen), 0);
COMMENT ON VIEW aftersales_breach_i8_orders_are_returned IS
    'I8: what an order withheld and the freight it gave back are explained return by return';

CREATE OR REPLACE VIEW aftersales_breach_i8_lines_are_returned AS
SELECT line.id, line.returned_quantity, line.refunded_fen, coalesce(sum(back.quantity), 0) AS returns_quantity,
    coalesce(sum(back.amount_fen), 0) AS returns_fen, line.points_restored,
    coalesce(sum(back.points_restored), 0) AS returns_points
FROM orders_line line LEFT JOIN aftersales_return_line back ON back.order_line_id = line.id
GROUP BY line.id
HAVING line.returned_quantity <> coalesce(sum(back.quantity), 0)
    OR line.refunded_fen <> coalesce(sum(back.amount_fen), 0)
    OR line.points_restored <> coalesce(sum(back.points_restored), 0);
COMMENT ON VIEW aftersales_breach_i8_lines_are_returned IS
    'I8: what a line gave back is explained return by return';
