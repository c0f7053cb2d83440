"""The aftersales module."""
