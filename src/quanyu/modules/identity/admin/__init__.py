"""Console screens of identity; Django finds them here."""

from quanyu.modules.identity.admin import approvals, importing, matrix, screens

__all__ = ["approvals", "importing", "matrix", "screens"]
