-- Each row of these views is a broken promise; reconciliation expects none.
CREATE OR REPLACE VIEW inventory_breach_i1_on_hand AS
SELECT location_id, sku_id, owner_id, coalesce(stock.on_hand, 0) AS on_hand, coalesce(ledger.total, 0) AS moved
FROM inventory_stock AS stock
FULL JOIN (
    SELECT location_id, sku_id, owner_id, sum(on_hand_delta) AS total
    FROM inventory_movement
    GROUP BY location_id, sku_id, owner_id
) AS ledger USING (location_id, sku_id, owner_id)
WHERE coalesce(stock.on_hand, 0) <> coalesce(ledger.total, 0);
COMMENT ON VIEW inventory_breach_i1_on_hand IS 'Stock on hand is the sum of its movements';

CREATE OR REPLACE VIEW inventory_breach_i1_damaged AS
SELECT location_id, sku_id, owner_id, coalesce(stock.damaged, 0) AS damaged, coalesce(ledger.total, 0) AS moved
FROM inventory_stock AS stock
FULL JOIN (
    SELECT location_id, sku_id, owner_id, sum(damaged_delta) AS total
    FROM inventory_movement
    GROUP BY location_id, sku_id, owner_id
) AS ledger USING (location_id, sku_id, owner_id)
WHERE coalesce(stock.damaged, 0) <> coalesce(ledger.total, 0);
COMMENT ON VIEW inventory_breach_i1_damaged IS 'Damaged stock is the sum of its movements';

CREATE OR REPLACE VIEW inventory_breach_i1_in_transit AS
SELECT location_id, sku_id, owner_id, coalesce(stock.in_transit, 0) AS in_transit, coalesce(ledger.total, 0) AS moved
FROM inventory_stock AS stock
FULL JOIN (
    SELECT location_id, sku_id, owner_id, sum(in_transit_delta) AS total
    FROM inventory_movement
    GROUP BY location_id, sku_id, owner_id
) AS ledger USING (location_id, sku_id, owner_id)
WHERE coalesce(stock.in_transit, 0) <> coalesce(ledger.total, 0);
COMMENT ON VIEW inventory_breach_i1_in_transit IS 'Stock in transit is the sum of its movements';

CREATE OR REPLACE VIEW inventory_breach_i1_reserved AS
SELECT location_id, sku_id, owner_id, coalesce(stock.reserved, 0) AS reserved, coalesce(held.total, 0) AS held
FROM inventory_stock AS stock
FULL JOIN (
    SELECT location_id, sku_id, owner_id, sum(quantity) AS total
    FROM inventory_reservation
    WHERE state = 'open'
    GROUP BY location_id, sku_id, owner_id
) AS held USING (location_id, sku_id, owner_id)
WHERE coalesce(stock.reserved, 0) <> coalesce(held.total, 0);
COMMENT ON VIEW inventory_breach_i1_reserved IS 'Reserved stock is the sum of the open reservations';

CREATE OR REPLACE VIEW inventory_breach_i1_history AS
SELECT id, location_id, sku_id, owner_id, on_hand_after, expected
FROM (
    SELECT movement.*, sum(on_hand_delta) OVER (
        PARTITION BY location_id, sku_id, owner_id ORDER BY id
    ) AS expected
    FROM inventory_movement AS movement
) AS explained
WHERE on_hand_after <> expected;
COMMENT ON VIEW inventory_breach_i1_history IS 'Every movement names the stock on hand that its predecessors explain';

CREATE OR REPLACE VIEW inventory_breach_i2_available AS
SELECT location_id, sku_id, owner_id, on_hand, reserved
FROM inventory_stock
WHERE reserved < 0 OR on_hand < reserved;
COMMENT ON VIEW inventory_breach_i2_available IS 'No unit is promised twice: on hand is never less than reserved';

CREATE OR REPLACE VIEW inventory_breach_i2_issued AS
SELECT reservation.id, reservation.cause_kind, reservation.cause_id, reservation.cause_line
FROM inventory_reservation AS reservation
WHERE reservation.state = 'issued' AND NOT EXISTS (
    SELECT FROM inventory_movement AS movement
    WHERE movement.cause_kind = reservation.cause_kind AND movement.cause_id = reservation.cause_id
      AND movement.cause_line = reservation.cause_line AND movement.location_id = reservation.location_id
      AND movement.sku_id = reservation.sku_id AND movement.owner_id = reservation.owner_id
      AND movement.on_hand_delta = -reservation.quantity
);
COMMENT ON VIEW inventory_breach_i2_issued IS 'What a reservation issued has left by a movement of the same quantity';

CREATE OR REPLACE VIEW inventory_breach_i1_transfer AS
SELECT cause_id, cause_line, location_id, sku_id, owner_id, sum(in_transit_delta) AS in_transit
FROM inventory_movement
WHERE cause_kind = 'transfer' AND in_transit_delta <> 0
GROUP BY cause_id, cause_line, location_id, sku_id, owner_id
HAVING sum(in_transit_delta) < 0;
COMMENT ON VIEW inventory_breach_i1_transfer IS 'No more arrives of a transfer than was sent';
