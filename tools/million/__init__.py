"""A year of trade of all channels over a chain that stands, made by SQL in minutes; see `python -m tools.million`."""
