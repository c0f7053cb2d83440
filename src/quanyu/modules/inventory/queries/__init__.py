"""Reads of inventory, shaped for lists."""
