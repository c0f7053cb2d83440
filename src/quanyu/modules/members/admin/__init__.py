"""Console screens of members; Django finds them here."""

from quanyu.modules.members.admin import associates, file_kind, files, imports, in_clear, merging

__all__ = ["associates", "file_kind", "files", "imports", "in_clear", "merging"]
