"""Shoppers and tills that keep buying in a running demo, over the same addresses as real ones."""
