"""Reads of the catalog: ids in, dict out."""
