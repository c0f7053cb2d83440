"""Console screens of inventory; Django finds them here."""

from quanyu.modules.inventory.admin import screens

__all__ = ["screens"]
