"""Reads: ids in, values by id out, always for many at once."""
