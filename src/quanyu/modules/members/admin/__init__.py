"""Console screens of members; Django finds them here."""

from quanyu.modules.members.admin import files, imports, merging

__all__ = ["files", "imports", "merging"]
