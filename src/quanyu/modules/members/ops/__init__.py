"""Writes of members: one verb, one file."""
