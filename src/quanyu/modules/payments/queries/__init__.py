"""Reads of payments and refunds: ids in, contracts out."""
