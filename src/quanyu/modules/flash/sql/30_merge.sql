-- One member's takings follow the file into another one (members.contracts.MergeFollower), each written down so that
-- flash_unfollow gives back exactly those. May be called again for the same merge.
CREATE OR REPLACE FUNCTION flash_follow(p_merge uuid, p_loser uuid, p_winner uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM flash_lock_members(ARRAY[p_loser, p_winner]);
    INSERT INTO flash_merge_move (merge_id, taking_id)
    SELECT p_merge, taking.id FROM flash_taking AS taking WHERE taking.member_id = p_loser
    ON CONFLICT (merge_id, taking_id) DO NOTHING;
    UPDATE flash_taking AS taking SET member_id = p_winner WHERE taking.member_id = p_loser;
    PERFORM flash_recount(ARRAY[p_loser, p_winner]);
END $$;

CREATE OR REPLACE FUNCTION flash_unfollow(p_merge uuid, p_loser uuid, p_winner uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM flash_lock_members(ARRAY[p_loser, p_winner]);
    UPDATE flash_taking AS taking
    SET member_id = p_loser
    FROM flash_merge_move AS move
    WHERE move.merge_id = p_merge AND move.undone_at IS NULL AND taking.id = move.taking_id
      AND taking.member_id = p_winner;
    UPDATE flash_merge_move AS move SET undone_at = p_at WHERE move.merge_id = p_merge AND move.undone_at IS NULL;
    PERFORM flash_recount(ARRAY[p_loser, p_winner]);
END $$;

-- Lock all purchases of these members in the common order. Sales are not locked: what a merge moves changes no sale's
-- counter.
CREATE OR REPLACE FUNCTION flash_lock_members(p_members uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM
    FROM flash_purchase AS purchase
    WHERE purchase.member_id = ANY (p_members)
    ORDER BY purchase.sale_id, purchase.member_id
    FOR NO KEY UPDATE;
END $$;

-- Make the purchases of these members the sums of their takings. Two files may have had more between them than one may
-- have: the kept one keeps that, and buys no more.
CREATE OR REPLACE FUNCTION flash_recount(p_members uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO flash_purchase AS purchase (sale_id, member_id, quantity, most)
    SELECT known.sale_id, known.member_id, known.quantity, greatest(sale.per_member_limit, known.quantity)
    FROM (
        SELECT taking.sale_id, taking.member_id,
               coalesce(sum(taking.quantity) FILTER (WHERE taking.state = 'taken'), 0)::int AS quantity
        FROM flash_taking AS taking
        WHERE taking.member_id = ANY (p_members)
        GROUP BY taking.sale_id, taking.member_id
    ) AS known
    JOIN flash_sale AS sale ON sale.id = known.sale_id
    ORDER BY known.sale_id, known.member_id
    ON CONFLICT (sale_id, member_id) DO UPDATE SET quantity = excluded.quantity, most = excluded.most;
    UPDATE flash_purchase AS purchase
    SET quantity = 0
    WHERE purchase.member_id = ANY (p_members) AND purchase.quantity > 0 AND NOT EXISTS (
        SELECT FROM flash_taking AS taking
        WHERE taking.sale_id = purchase.sale_id AND taking.member_id = purchase.member_id
    );
END $$;
