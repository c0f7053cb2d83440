"""Console screens of the mall: the pages of stores."""

from quanyu.modules.mall.admin import pages

__all__ = ["pages"]
