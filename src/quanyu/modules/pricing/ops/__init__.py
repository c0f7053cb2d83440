"""Writes of pricing: one verb, one file."""
