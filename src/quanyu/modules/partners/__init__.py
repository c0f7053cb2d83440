"""The partners module: see README.md beside this file."""
