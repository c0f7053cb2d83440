"""Tables, constraints and indexes of points. No behaviour."""
