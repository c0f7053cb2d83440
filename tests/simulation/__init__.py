"""A seeded simulation of a shop: the same schedule over a model in memory and over the real database."""
