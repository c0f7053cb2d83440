"""Console screens of identity; Django finds them here."""

from quanyu.modules.identity.admin import screens

__all__ = ["screens"]
