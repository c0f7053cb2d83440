"""Plumbing that knows Django and PostgreSQL but no business words."""
