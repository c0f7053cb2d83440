"""Console screens of pricing and its imports; Django finds them here."""

from quanyu.modules.pricing.admin import importing, screens

__all__ = ["importing", "screens"]
