"""The mall's settings; the nearest value on the way from the brand down to the store wins."""

from __future__ import annotations

from typing import Any

from quanyu.kernel.problem import N_
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.mall.contracts import EntryReason
from quanyu.modules.orders.contracts import Delivery
from quanyu.modules.organization import api as organization
from quanyu.platform import features, settings_tree
from quanyu.platform.features import Feature
from quanyu.platform.settings_tree import Kind, Level, Setting

_BRAND = (Level.BRAND,)
_STORE = (Level.BRAND, Level.UNIT)
BRAND_PATH = ("brand",)
_CARRIED = (Delivery.EXPRESS, Delivery.INSTANT)

LIVE_STOCK = features.define(
    Feature("live_stock", N_("Live stock"), N_("Shoppers see the stock of the store change while they look."))
)
ENTRY_STEPS = settings_tree.define(
    Setting(
        "mall.entry_steps",
        Kind.TEXT_LIST,
        [EntryReason.NEAREST.value, EntryReason.LAST_VISITED.value, EntryReason.DEFAULT.value],
        _BRAND,
        N_("Order of the rules by which a shopper enters a store"),
    )
)
ENTRY_WITHIN_M = settings_tree.define(
    Setting(
        "mall.entry_within_m",
        Kind.INTEGER,
        20_000,
        _BRAND,
        N_("A store counts as near within (m)"),
        minimum=0,
        maximum=1_000_000,
    )
)
DEFAULT_STORE = settings_tree.define(
    Setting("mall.default_store_code", Kind.TEXT, "", _BRAND, N_("Store entered when no other rule fits (code)"))
)
HOT_WORDS = settings_tree.define(
    Setting("mall.hot_words", Kind.TEXT_LIST, [], _STORE, N_("Words offered before somebody searches"))
)
CART_LINES_MAX = settings_tree.define(
    Setting(
        "mall.cart_lines_max", Kind.INTEGER, 100, _BRAND, N_("Different products in a cart"), minimum=1, maximum=200
    )
)
CART_PIECES_MAX = settings_tree.define(
    Setting(
        "mall.cart_pieces_max",
        Kind.INTEGER,
        999,
        _STORE,
        N_("Pieces or kilograms of one product in a cart"),
        minimum=1,
        maximum=100_000,
    )
)
NEARBY_WITHIN_M = settings_tree.define(
    Setting(
        "mall.nearby_within_m",
        Kind.INTEGER,
        20_000,
        _STORE,
        N_("Stock of other stores is shown within (m)"),
        minimum=0,
        maximum=1_000_000,
    )
)


def of_brand(*keys: str) -> dict[str, Any]:
    """Return settings that hold for the whole mall, in one query."""
    return settings_tree.get_many(keys, BRAND_PATH)


def of_store(*keys: str, store_id: int) -> dict[str, Any]:
    """Return settings that hold at a store."""
    return settings_tree.get_many(keys, organization.settings_path(unit_id=store_id))


def of_product_page() -> dict[str, Any]:
    """Return the settings that a product's page reads, with their defaults: SQL finds what holds at the store."""
    own = (
        NEARBY_WITHIN_M.key,
        fulfilment.PICKUP_MINUTES.key,
        fulfilment.INSTANT_MINUTES.key,
        fulfilment.EXPRESS_HOURS.key,
    )
    freight = [f"checkout.{way.value}_{name}_fen" for way in _CARRIED for name in ("freight", "free_from")]
    return settings_tree.defaults([*own, *freight])
