"""Tables, constraints and indexes of coupons. No behaviour."""
