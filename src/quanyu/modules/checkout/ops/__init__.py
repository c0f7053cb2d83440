"""The order path: one verb, one file."""
