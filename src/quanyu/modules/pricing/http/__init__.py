"""Pricing's public page: what a printed code leads to."""

from quanyu.modules.pricing.http.scanned import scanned

__all__ = ["scanned"]
