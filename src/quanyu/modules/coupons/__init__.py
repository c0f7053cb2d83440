"""The coupons module: see README.md beside this file."""
