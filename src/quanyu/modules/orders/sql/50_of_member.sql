-- Whose order it is; NULL for nobody's.
CREATE OR REPLACE FUNCTION orders_member_of(p_order uuid) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT member_id FROM orders_order WHERE id = p_order
$$;

-- The orders of a member, for tables above that belong to an order (what came back of it, who was served ...).
CREATE OR REPLACE FUNCTION orders_of_member(p_member uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
    SELECT id FROM orders_order WHERE member_id = p_member
$$;

-- What a member bought since a moment, by channel, store and month of Shanghai: paid orders, the money that was not
-- given back, and when the last one was paid.
CREATE OR REPLACE FUNCTION orders_spend_of_member(p_member uuid, p_since timestamptz)
RETURNS TABLE (channel varchar, store_id bigint, month date, orders int, spend_fen bigint, last_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT o.channel, o.selling_store_id, date_trunc('month', o.paid_at AT TIME ZONE 'Asia/Shanghai')::date,
           count(*)::int, sum(o.paid_fen - o.refunded_fen)::bigint, max(o.paid_at)
      FROM orders_order AS o
     WHERE o.member_id = p_member AND o.state IN ('paid', 'completed') AND o.paid_at >= p_since
     GROUP BY 1, 2, 3
$$;

-- How many orders of members wait for their payment or for being handed over.
CREATE OR REPLACE FUNCTION orders_open_of_members(p_members uuid[]) RETURNS int
LANGUAGE sql STABLE AS $$
    SELECT count(*)::int FROM orders_order WHERE member_id = ANY (p_members) AND state IN ('placed', 'paid')
$$;

-- The encrypted delivery addresses of a member's orders, for the member's own copy.
CREATE OR REPLACE FUNCTION orders_addresses_of_member(p_member uuid) RETURNS TABLE (id uuid, address bytea)
LANGUAGE sql STABLE AS $$
    SELECT o.id, o.address_encrypted FROM orders_order AS o
     WHERE o.member_id = p_member AND o.address_encrypted IS NOT NULL
$$;

-- Forget where the orders of members went and what was noted on them; what was sold and paid stands.
CREATE OR REPLACE FUNCTION orders_forget_members(p_members uuid[]) RETURNS void
LANGUAGE sql AS $$
    UPDATE orders_wish SET card_encrypted = NULL
     WHERE card_encrypted IS NOT NULL
       AND order_id IN (SELECT id FROM orders_order WHERE member_id = ANY (p_members));
    UPDATE orders_order SET address_encrypted = NULL, address_masked = '', note = ''
     WHERE member_id = ANY (p_members)
       AND (address_encrypted IS NOT NULL OR address_masked <> '' OR note <> '')
$$;

-- Whether a member has another order that was not cancelled; orders.members_with_orders asks the same of many.
CREATE OR REPLACE FUNCTION orders_has_other(p_member uuid, p_order uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    -- VOLATILE: under the caller's lock this must see what others have committed.
    RETURN EXISTS (
        SELECT FROM orders_order AS o WHERE o.member_id = p_member AND o.id <> p_order AND o.state <> 'cancelled'
    );
END $$;
