"""Reads of promotions, shaped for lists."""
