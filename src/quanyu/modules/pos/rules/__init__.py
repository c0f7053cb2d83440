"""Decisions at a till, as arithmetic."""
