"""The loyalty module: see README.md beside this file."""
