"""Reads of organization: batch-shaped, one query each."""
