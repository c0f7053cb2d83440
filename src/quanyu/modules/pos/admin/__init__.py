"""Console screens of tills; Django finds them here."""

from quanyu.modules.pos.admin import advice, till_sales, tills

__all__ = ["advice", "till_sales", "tills"]
