"""Console screens of inventory; Django finds them here."""

from quanyu.modules.inventory.admin import (
    alarms,
    importing,
    live_page,
    location_page,
    map_page,
    screens,
    sku_page,
    transfers_page,
    why_page,
)

__all__ = [
    "alarms",
    "importing",
    "live_page",
    "location_page",
    "map_page",
    "screens",
    "sku_page",
    "transfers_page",
    "why_page",
]
