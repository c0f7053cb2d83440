"""Writes of promotions: one verb, one file."""
