"""Writes of the order book that are not the order path's: one verb, one file."""
