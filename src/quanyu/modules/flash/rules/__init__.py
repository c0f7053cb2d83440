"""Pure decisions of flash sales: time, ids and limits come as arguments."""
