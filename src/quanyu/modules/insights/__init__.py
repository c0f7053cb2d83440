"""The insights module: see README.md beside this file."""
