"""Console screens of pricing and its imports; Django finds them here."""

from quanyu.modules.pricing.admin import screens

__all__ = ["screens"]
