-- Take what was ordered out of the carts of many members: only lines that still hold the ordered quantity. Does not wait
-- for the disk: after a crash a line may lie in the cart that was ordered, and nothing else.
CREATE OR REPLACE FUNCTION mall_remove_ordered(
    p_members uuid[], p_stores bigint[], p_skus bigint[], p_quantities bigint[]
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    DELETE FROM mall_cart_line AS line
    USING unnest(p_members, p_stores, p_skus, p_quantities) AS ordered (member_id, store_id, sku_id, quantity)
    WHERE line.member_id = ordered.member_id AND line.store_id = ordered.store_id AND line.sku_id = ordered.sku_id
        AND line.quantity = ordered.quantity;
END $$;
