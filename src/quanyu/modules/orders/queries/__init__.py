"""Reads of the order book: ids in, contracts out, a fixed number of statements per batch."""
