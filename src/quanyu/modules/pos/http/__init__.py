"""The till's API: a device token says which till asks, a staff token who works at it."""

from __future__ import annotations

from quanyu.modules.pos.http import (
    advice,
    aisle,
    auth,
    catalogue,
    discounts,
    journal,
    kept,
    kept_members,
    live,
    members,
    orders,
    pickups,
    quotes,
    receipts,
    returns,
    rights,
    sales,
    services,
    set_aside,
    shifts,
    till,
)
from quanyu.platform import http

api = http.make_api(
    title="Quanyu till",
    namespace="pos",
    auth=auth.cashier_token,
    description=(
        "For tills. `Authorization: Bearer` carries the till's token, `X-Staff-Token` that of whoever is signed in "
        "at it (not needed for /till, /catalogue, /rules, signing in and the advice to keep). Amounts in fen, "
        "quantities in base units."
    ),
)
for _room in (
    till,
    shifts,
    catalogue,
    kept,
    kept_members,
    set_aside,
    advice,
    aisle,
    live,
    members,
    rights,
    quotes,
    discounts,
    sales,
    journal,
    orders,
    pickups,
    services,
    receipts,
    returns,
):
    api.add_router("", _room.router)

urls = api.urls
