"""Console screens of organization and its imports; Django finds them here."""

from quanyu.modules.organization.admin import importing, screens

__all__ = ["importing", "screens"]
