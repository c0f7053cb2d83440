"""Console screens of points; Django finds them here."""

from quanyu.modules.points.admin import adjustments, ledger, liability, offers, rules

__all__ = ["adjustments", "ledger", "liability", "offers", "rules"]
