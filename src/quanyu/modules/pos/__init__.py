"""The pos module."""
