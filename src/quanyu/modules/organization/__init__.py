"""The organization module."""
