"""Writes of payments: one verb, one file."""
