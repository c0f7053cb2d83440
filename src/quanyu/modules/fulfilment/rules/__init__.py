"""Pure decisions of fulfilment: time, hours and settings come as arguments."""
