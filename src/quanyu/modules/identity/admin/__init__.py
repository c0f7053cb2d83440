"""Console screens of identity; Django finds them here."""

from quanyu.modules.identity.admin import approvals, screens

__all__ = ["approvals", "screens"]
