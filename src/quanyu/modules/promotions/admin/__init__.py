"""Console screens of campaigns and the price simulation; Django finds them here."""

from quanyu.modules.promotions.admin import goods_search, price_trial, screens

__all__ = ["goods_search", "price_trial", "screens"]
