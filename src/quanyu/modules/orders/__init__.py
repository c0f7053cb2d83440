"""The orders module."""
