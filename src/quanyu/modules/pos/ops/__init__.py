"""What a till does: one verb, one file."""
