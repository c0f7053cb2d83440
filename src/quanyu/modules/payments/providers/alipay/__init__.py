"""Alipay for a direct merchant, in public-key mode (RSA2)."""
