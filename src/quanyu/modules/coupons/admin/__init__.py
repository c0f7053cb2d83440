"""Console screens of coupon offers, issued coupons and what came of them; Django finds them here."""

from quanyu.modules.coupons.admin import figures, issued, screens

__all__ = ["figures", "issued", "screens"]
