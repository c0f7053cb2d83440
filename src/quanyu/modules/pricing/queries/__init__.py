"""Reads of pricing, shaped for lists."""
