"""Writes of inventory: one verb, one file."""
