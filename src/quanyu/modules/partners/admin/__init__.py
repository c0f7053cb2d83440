"""Console screens of partners; Django finds them here."""

from quanyu.modules.partners.admin import importing, screens

__all__ = ["importing", "screens"]
