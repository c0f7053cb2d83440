-- Each row of these views is a broken promise; reconciliation expects none.
CREATE OR REPLACE VIEW points_breach_account_ledger AS
SELECT member_id, account.available, account.pending, account.debt, ledger.available AS available_moved,
       ledger.pending AS pending_moved, ledger.debt AS debt_moved
FROM points_account AS account
FULL JOIN (
    SELECT member_id, sum(available_delta) AS available, sum(pending_delta) AS pending, sum(debt_delta) AS debt
    FROM points_movement
    GROUP BY member_id
) AS ledger USING (member_id)
WHERE coalesce(account.available, 0) <> coalesce(ledger.available, 0)
   OR coalesce(account.pending, 0) <> coalesce(ledger.pending, 0)
   OR coalesce(account.debt, 0) <> coalesce(ledger.debt, 0);
COMMENT ON VIEW points_breach_account_ledger IS 'The points of a member are the sums of the movements';

CREATE OR REPLACE VIEW points_breach_account_lots AS
SELECT member_id, account.available, account.pending, lots.available AS available_left, lots.pending AS pending_left
FROM points_account AS account
FULL JOIN (
    SELECT member_id, sum(remaining) FILTER (WHERE state = 'live') AS available,
           sum(remaining) FILTER (WHERE state = 'pending') AS pending
    FROM points_lot
    GROUP BY member_id
) AS lots USING (member_id)
WHERE coalesce(account.available, 0) <> coalesce(lots.available, 0)
   OR coalesce(account.pending, 0) <> coalesce(lots.pending, 0);
COMMENT ON VIEW points_breach_account_lots IS 'The points of a member are what is left in the lots';

CREATE OR REPLACE VIEW points_breach_lot_ledger AS
SELECT lot.id, lot.member_id, lot.remaining, ledger.total AS moved
FROM points_lot AS lot
LEFT JOIN (
    SELECT lot_id, sum(pending_delta + available_delta) AS total FROM points_movement GROUP BY lot_id
) AS ledger ON ledger.lot_id = lot.id
WHERE lot.remaining <> coalesce(ledger.total, 0);
COMMENT ON VIEW points_breach_lot_ledger IS 'What is left in a lot is the sum of its movements';

CREATE OR REPLACE VIEW points_breach_spending AS
SELECT spending.id, spending.cause_kind, spending.cause_id, spending.points, spending.restored, ledger.spent
FROM points_spending AS spending
FULL JOIN (
    SELECT cause_kind, cause_id, -sum(available_delta) AS spent
    FROM points_movement
    WHERE kind IN ('spend', 'restore')
    GROUP BY cause_kind, cause_id
) AS ledger USING (cause_kind, cause_id)
WHERE coalesce(spending.points - spending.restored, 0) <> coalesce(ledger.spent, 0);
COMMENT ON VIEW points_breach_spending IS 'What a cause has spent is the sum of its movements, and came from lots';

CREATE OR REPLACE VIEW points_breach_owner AS
SELECT spending.cause_kind, spending.cause_id, spending.member_id, lot.id AS lot_id, lot.member_id AS lot_member_id
FROM points_spending AS spending
JOIN (
    SELECT cause_kind, cause_id, lot_id
    FROM points_movement
    WHERE kind IN ('spend', 'restore')
    GROUP BY cause_kind, cause_id, lot_id
    HAVING sum(available_delta) < 0
) AS drawn USING (cause_kind, cause_id)
JOIN points_lot AS lot ON lot.id = drawn.lot_id
WHERE lot.member_id <> spending.member_id;
COMMENT ON VIEW points_breach_owner IS 'Points come back to whoever spent them: spendings and their lots have one member';

CREATE OR REPLACE VIEW points_breach_earning AS
SELECT lot.id, lot.points, lines.points AS of_lines
FROM points_lot AS lot
JOIN (SELECT lot_id, sum(points) AS points FROM points_earning GROUP BY lot_id) AS lines ON lines.lot_id = lot.id
WHERE lot.points <> lines.points;
COMMENT ON VIEW points_breach_earning IS 'The parts of the lines add up to the points of the order';

CREATE OR REPLACE VIEW points_breach_debt AS
SELECT member_id, available, debt
FROM points_account
WHERE debt > 0 AND available > 0;
COMMENT ON VIEW points_breach_debt IS 'Nobody owes points while having usable ones';

CREATE OR REPLACE VIEW points_breach_adjustment AS
SELECT movement.id, movement.member_id, movement.cause_id, movement.available_delta
FROM points_movement AS movement
WHERE movement.kind = 'adjust' AND NOT EXISTS (
    SELECT FROM points_adjustment AS asked
    WHERE asked.id::text = movement.cause_id AND movement.cause_kind = 'adjustment' AND asked.state = 'approved'
      AND asked.points = (
          SELECT sum(every.available_delta)
          FROM points_movement AS every
          WHERE every.kind = 'adjust' AND every.cause_kind = 'adjustment' AND every.cause_id = movement.cause_id
      )
);
COMMENT ON VIEW points_breach_adjustment IS 'Points are adjusted only as a second person approved';

CREATE OR REPLACE VIEW points_breach_offer AS
SELECT offer.id, offer.taken, used.quantity
FROM points_offer AS offer
LEFT JOIN (
    SELECT offer_id, sum(quantity) AS quantity FROM points_offer_use WHERE returned_at IS NULL GROUP BY offer_id
) AS used ON used.offer_id = offer.id
WHERE offer.total_limit IS NOT NULL AND offer.taken <> coalesce(used.quantity, 0);
COMMENT ON VIEW points_breach_offer IS 'What is taken of a limited offer is what orders took';
