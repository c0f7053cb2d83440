"""The mall module."""
