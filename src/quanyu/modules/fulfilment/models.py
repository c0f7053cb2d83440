"""Tables, constraints and indexes of fulfilment. No behaviour."""
