"""Tables of coupons, in files by what they are about."""

from quanyu.modules.coupons.models.coupons import (
    Counter,
    Coupon,
    Event,
    Gift,
    HandedOut,
    Moved,
    Person,
    Template,
    UnlockCode,
)

__all__ = ["Counter", "Coupon", "Event", "Gift", "HandedOut", "Moved", "Person", "Template", "UnlockCode"]
