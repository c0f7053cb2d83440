"""Reads of identity: batch-shaped, one query each."""
