"""The promotions module."""
