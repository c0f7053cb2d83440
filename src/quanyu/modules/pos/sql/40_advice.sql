-- What was advised is counted once and stays as it was counted.
CREATE OR REPLACE TRIGGER pos_advised_sale_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON pos_advised_sale
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER pos_advice_given_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON pos_advice_given
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- Note what was advised during sales, once for each; returns how many are new.
-- p_sales: [{order_id, terminal_id, store_id, staff_id, day, is_control, lines, payable_fen,
--            given: [{sku_id, because_sku_id, was_added, was_bought}]}].
CREATE OR REPLACE FUNCTION pos_note_advice(p_sales jsonb, p_at timestamptz) RETURNS int
LANGUAGE sql AS $$
    WITH told AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(p_sales) AS one (
            order_id uuid, terminal_id uuid, store_id bigint, staff_id bigint, day date, is_control boolean,
            lines int, payable_fen bigint, given jsonb
        )
    ),
    piece AS MATERIALIZED (
        SELECT told.order_id, one.*
        FROM told CROSS JOIN LATERAL jsonb_to_recordset(told.given) AS one (
            sku_id bigint, because_sku_id bigint, was_added boolean, was_bought boolean
        )
    ),
    noted AS (
        INSERT INTO pos_advised_sale (
            order_id, terminal_id, store_id, staff_id, day, is_control, has_added, has_bought, lines, payable_fen,
            received_at
        )
        SELECT told.order_id, told.terminal_id, told.store_id, told.staff_id, told.day, told.is_control,
            bool_or(piece.was_added AND piece.was_bought), bool_or(piece.was_bought), told.lines, told.payable_fen, p_at
        FROM told JOIN piece ON piece.order_id = told.order_id
        GROUP BY told.order_id, told.terminal_id, told.store_id, told.staff_id, told.day, told.is_control, told.lines,
            told.payable_fen
        ORDER BY told.order_id
        ON CONFLICT (order_id) DO NOTHING
        RETURNING order_id
    ),
    kept AS (
        INSERT INTO pos_advice_given (sale_id, sku_id, because_sku_id, was_added, was_bought)
        SELECT piece.order_id, piece.sku_id, piece.because_sku_id, piece.was_added, piece.was_bought
        FROM piece JOIN noted ON noted.order_id = piece.order_id
    )
    SELECT count(*)::int FROM noted
$$;
