"""Reads of members: ids in, dict out."""
