"""Console screens of pricing and its imports; Django finds them here."""

from quanyu.modules.pricing.admin import importing, label_page, price_grid, screens

__all__ = ["importing", "label_page", "price_grid", "screens"]
