"""The flash module: see README.md beside this file."""
