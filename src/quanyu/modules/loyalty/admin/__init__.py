"""Console screens of loyalty: a member at a glance, over all channels."""

from quanyu.modules.loyalty.admin import member_page

__all__ = ["member_page"]
