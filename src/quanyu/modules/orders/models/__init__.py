"""Tables of the order book, in three rooms: what was sold, who served for it, the invoices that customers ask for."""

from quanyu.modules.orders.models.book import (
    CHANNEL_LABELS,
    DELIVERY_LABELS,
    STATE_LABELS,
    FollowedOrder,
    Line,
    LineDiscount,
    Order,
    OrderEvent,
    Reassignment,
    Transition,
    Wish,
)
from quanyu.modules.orders.models.invoices import INVOICE_KIND_LABELS, INVOICE_STATE_LABELS, InvoiceRequest
from quanyu.modules.orders.models.shares import LineShare

__all__ = [
    "CHANNEL_LABELS",
    "DELIVERY_LABELS",
    "INVOICE_KIND_LABELS",
    "INVOICE_STATE_LABELS",
    "STATE_LABELS",
    "FollowedOrder",
    "InvoiceRequest",
    "Line",
    "LineDiscount",
    "LineShare",
    "Order",
    "OrderEvent",
    "Reassignment",
    "Transition",
    "Wish",
]
