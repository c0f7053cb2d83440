"""Console screens of the order book; Django finds them here."""

from quanyu.modules.orders.admin import invoices, screens
from quanyu.modules.orders.admin.screens import STATE_TONES

__all__ = ["STATE_TONES", "invoices", "screens"]
