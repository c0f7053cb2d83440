-- Each row of these views is a broken promise; reconciliation expects none.
CREATE OR REPLACE VIEW fulfilment_breach_slot_counts AS
SELECT slot.id, slot.store_id, slot.starts_at, slot.taken, count(booking.order_id) AS booked
FROM fulfilment_pickup_slot AS slot
LEFT JOIN fulfilment_slot_booking AS booking ON booking.slot_id = slot.id AND booking.left_at IS NULL
GROUP BY slot.id
HAVING slot.taken <> count(booking.order_id);
COMMENT ON VIEW fulfilment_breach_slot_counts IS 'A pickup time counts exactly the orders that are fetched in it';
