"""Console screens of the catalogue; Django finds them here."""

from quanyu.modules.catalog.admin import screens

__all__ = ["screens"]
