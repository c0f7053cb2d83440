"""Console screens of tills; Django finds them here."""

from quanyu.modules.pos.admin import till_sales, tills

__all__ = ["till_sales", "tills"]
