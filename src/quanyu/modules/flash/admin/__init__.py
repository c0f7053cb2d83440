"""Console screens of flash sales; Django finds them here."""

from quanyu.modules.flash.admin import sales

__all__ = ["sales"]
