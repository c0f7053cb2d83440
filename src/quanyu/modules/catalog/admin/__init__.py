"""Console screens of the catalogue and its imports; Django finds them here."""

from quanyu.modules.catalog.admin import importing, overlay_page, screens

__all__ = ["importing", "overlay_page", "screens"]
