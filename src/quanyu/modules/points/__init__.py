"""The points module: see README.md beside this file."""
