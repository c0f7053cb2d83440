"""Writes of the catalog: one verb, one file."""
