"""Tables, constraints and indexes of tiers. No behaviour."""
