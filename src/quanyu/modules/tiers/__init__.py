"""The tiers module: see README.md beside this file."""
