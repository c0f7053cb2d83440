"""Tables, constraints and indexes of loyalty. No behaviour."""
