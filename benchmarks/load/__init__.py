"""Buyers over HTTP: till and mall, from the basket to the paid order. `python -m benchmarks.load --help`."""
