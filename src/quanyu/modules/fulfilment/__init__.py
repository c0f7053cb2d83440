"""The fulfilment module: see README.md beside this file."""
