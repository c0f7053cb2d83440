"""Console screens of the catalogue and its imports; Django finds them here."""

from quanyu.modules.catalog.admin import content_page, guides_page, importing, overlay_page, screens

__all__ = ["content_page", "guides_page", "importing", "overlay_page", "screens"]
