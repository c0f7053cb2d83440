"""Console screens of the catalogue and its imports; Django finds them here."""

from quanyu.modules.catalog.admin import importing, screens

__all__ = ["importing", "screens"]
