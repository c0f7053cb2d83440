"""Quanyu: one member, one stock, one order book, for every channel of a store chain."""
