"""The mall's API for shoppers: looking needs no sign-in, everything else a member's token."""

from __future__ import annotations

from quanyu.modules.mall.http import (
    addresses,
    associate,
    auth,
    cart,
    checkout,
    consents,
    content,
    coupons,
    flash_sales,
    guides,
    handovers,
    invoices,
    live,
    orders,
    pickup_slots,
    points,
    products,
    profile,
    quotes,
    requests,
    self_service,
    session,
    stores,
    window,
)
from quanyu.platform import http

api = http.make_api(
    title="Quanyu mall",
    namespace="mall",
    auth=auth.member_token,
    description="For mini-programs, H5 and apps of shoppers. Amounts in fen, quantities in base units.",
)
_ROOMS = (
    session,
    stores,
    pickup_slots,
    live,
    products,
    window,
    content,
    guides,
    handovers,
    cart,
    quotes,
    checkout,
    orders,
    requests,
    invoices,
    addresses,
    associate,
    profile,
    self_service,
    consents,
    points,
    coupons,
    flash_sales,
)
for _room in _ROOMS:
    api.add_router("", _room.router)

urls = api.urls
