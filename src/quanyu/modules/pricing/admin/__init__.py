"""Console screens of pricing and its imports; Django finds them here."""

from quanyu.modules.pricing.admin import importing, label_page, screens

__all__ = ["importing", "label_page", "screens"]
