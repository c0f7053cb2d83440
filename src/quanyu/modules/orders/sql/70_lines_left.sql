-- The lines of an order by number, and how much of each was sold and has not come back.
CREATE OR REPLACE FUNCTION orders_lines_left(p_order uuid)
RETURNS TABLE (line_id uuid, line_number int, left_quantity bigint)
LANGUAGE plpgsql AS $$
BEGIN
    -- VOLATILE: under the caller's lock this must see what others have committed.
    RETURN QUERY
        SELECT line.id, line.number::int, line.quantity - line.returned_quantity
        FROM orders_line AS line WHERE line.order_id = p_order;
END $$;
