"""Writes of after-sales: one verb, one file."""
