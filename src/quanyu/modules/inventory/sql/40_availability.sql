-- Who may be sold for: the seller's own stock first (position 0), then every owner whose most specific
-- sharing rule shares the SKU with this seller on this channel. Most specific: a rule that names the
-- seller, then the deeper category, then a rule that names the channel (rules.py says the same).
-- ROWS says "a page": with the default of 1000 the planner would read the stock of whole stores.
CREATE OR REPLACE FUNCTION inventory_allowed_owners(p_skus bigint[], p_seller bigint, p_channel text)
RETURNS TABLE (sku_id bigint, owner_id bigint, preference bigint)
LANGUAGE plpgsql STABLE ROWS 30 AS $$
BEGIN
    RETURN QUERY SELECT DISTINCT wanted.id, p_seller, 0::bigint FROM unnest(p_skus) AS wanted (id);
    -- Most chains share nothing, and most that do share everything: do not ask for categories then.
    IF NOT EXISTS (SELECT FROM inventory_sharing_policy) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT deciding.sku_id, deciding.owner_id,
           row_number() OVER (PARTITION BY deciding.sku_id ORDER BY deciding.owner_id)
    FROM (
        SELECT DISTINCT ON (path.sku_id, policy.owner_id) path.sku_id, policy.owner_id, policy.is_shared
        FROM catalog_category_paths(p_skus) AS path
        JOIN inventory_sharing_policy AS policy
            ON policy.owner_id <> p_seller
            AND (policy.seller_owner_id IS NULL OR policy.seller_owner_id = p_seller)
            AND (policy.channel IN ('', p_channel))
            AND (policy.category_id IS NULL OR policy.category_id = ANY (path.category_path))
        ORDER BY path.sku_id, policy.owner_id, policy.seller_owner_id IS NOT NULL DESC,
                 coalesce(array_position(path.category_path, policy.category_id), 0) DESC,
                 policy.channel <> '' DESC
    ) AS deciding
    WHERE deciding.is_shared;
END $$;

-- What can be sold of each SKU at each location, in base units, in one query for a whole page. A line
-- is held by one owner, so it is the most that one allowed owner has: what is shown can be reserved.
-- Lapsed reservations count as available, and at a counter (which need not leave the safety stock) what is set aside for
-- the tills there. Pairs with nothing are left out.
CREATE OR REPLACE FUNCTION inventory_availability(
    p_locations bigint[], p_skus bigint[], p_seller bigint, p_channel text, p_keep_safety boolean, p_now timestamptz
) RETURNS TABLE (location_id bigint, sku_id bigint, available bigint)
LANGUAGE sql STABLE AS $$
    SELECT stock.location_id, stock.sku_id,
           max(stock.on_hand - stock.reserved + lapsed.quantity
               - CASE WHEN p_keep_safety THEN stock.safety ELSE 0 END)
    FROM inventory_allowed_owners(p_skus, p_seller, p_channel) AS allowed
    -- Each place by itself: so the planner finds a row by its whole key, and not all rows of a SKU in the chain.
    CROSS JOIN unnest(p_locations) AS place (id)
    JOIN inventory_stock AS stock
        ON stock.location_id = place.id AND stock.sku_id = allowed.sku_id AND stock.owner_id = allowed.owner_id
    CROSS JOIN LATERAL (
        -- Nothing reserved, nothing lapsed: most rows need no second look.
        SELECT CASE WHEN stock.reserved = 0 THEN 0 ELSE (
            SELECT coalesce(sum(reservation.quantity), 0)::bigint
            FROM inventory_reservation AS reservation
            WHERE reservation.location_id = stock.location_id AND reservation.sku_id = stock.sku_id
              AND reservation.owner_id = stock.owner_id AND reservation.state = 'open'
              AND (reservation.expires_at <= p_now OR (NOT p_keep_safety AND reservation.cause_kind = 'till'))
        ) END AS quantity
    ) AS lapsed
    GROUP BY stock.location_id, stock.sku_id
    HAVING max(stock.on_hand - stock.reserved + lapsed.quantity
               - CASE WHEN p_keep_safety THEN stock.safety ELSE 0 END) > 0
$$;
