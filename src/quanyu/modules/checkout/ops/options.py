"""The settings of checkout, by brand, region and store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from quanyu.kernel.problem import N_
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.fulfilment.contracts import WayOptions
from quanyu.modules.orders.contracts import Delivery
from quanyu.modules.points import api as points
from quanyu.platform import settings_tree
from quanyu.platform.marks import Reading
from quanyu.platform.settings_tree import Kind, Level, Setting

_SHOP_LEVELS = (Level.BRAND, Level.UNIT)

PAY_WITHIN = settings_tree.define(
    Setting(
        key="checkout.pay_within_minutes",
        kind=Kind.INTEGER,
        default=15,
        minimum=1,
        maximum=1440,
        levels=_SHOP_LEVELS,
        title=N_("Unpaid orders lapse after (minutes)"),
    )
)
EXPRESS_FREIGHT = settings_tree.define(
    Setting(
        key="checkout.express_freight_fen",
        kind=Kind.FEN,
        default=800,
        minimum=0,
        levels=_SHOP_LEVELS,
        title=N_("Freight of an express parcel (fen)"),
    )
)
EXPRESS_FREE_FROM = settings_tree.define(
    Setting(
        key="checkout.express_free_from_fen",
        kind=Kind.FEN,
        default=9900,
        minimum=0,
        levels=_SHOP_LEVELS,
        title=N_("Express is free from (fen)"),
    )
)
INSTANT_FREIGHT = settings_tree.define(
    Setting(
        key="checkout.instant_freight_fen",
        kind=Kind.FEN,
        default=500,
        minimum=0,
        levels=_SHOP_LEVELS,
        title=N_("Fee of an instant delivery (fen)"),
    )
)
INSTANT_FREE_FROM = settings_tree.define(
    Setting(
        key="checkout.instant_free_from_fen",
        kind=Kind.FEN,
        default=5900,
        minimum=0,
        levels=_SHOP_LEVELS,
        title=N_("Instant delivery is free from (fen)"),
    )
)
LATE_PAYMENT_REVIVES = settings_tree.define(
    Setting(
        key="checkout.late_payment_revives",
        kind=Kind.BOOLEAN,
        default=True,
        levels=_SHOP_LEVELS,
        title=N_("A late payment revives the order when its goods are still there (otherwise it is refunded)"),
    )
)


PICKUP_ANYWHERE = settings_tree.define(
    Setting(
        "checkout.pickup_anywhere",
        Kind.BOOLEAN,
        False,
        _SHOP_LEVELS,
        N_("Any store of the brand hands out what waits here"),
    )
)
WRAPS_GIFTS = settings_tree.define(
    Setting(
        key="checkout.gift_wrap",
        kind=Kind.BOOLEAN,
        default=True,
        levels=_SHOP_LEVELS,
        title=N_("Orders are wrapped as presents, once for nothing"),
    )
)


@dataclass(frozen=True, slots=True)
class Options:
    """The settings in force at one store; amounts in fen."""

    pay_within: timedelta
    freight_fen: dict[Delivery, int]
    free_from_fen: dict[Delivery, int]
    late_payment_revives: bool
    points_mall: bool
    pays_with_points: bool
    wraps_gifts: bool
    way: WayOptions


_KEYS = (
    PAY_WITHIN.key,
    EXPRESS_FREIGHT.key,
    EXPRESS_FREE_FROM.key,
    INSTANT_FREIGHT.key,
    INSTANT_FREE_FROM.key,
    LATE_PAYMENT_REVIVES.key,
    points.POINTS_MALL.setting_key,
    points.PAY_WITH_POINTS.setting_key,
    WRAPS_GIFTS.key,
    *fulfilment.WAY_KEYS,
)


def at(path: Sequence[str]) -> Options:
    """Return the settings in force at the end of a settings path, in one query."""
    return _options(settings_tree.get_many(_KEYS, path))


def wraps_gifts(path: Sequence[str]) -> bool:
    """Tell whether presents are wrapped at the end of a settings path."""
    return bool(settings_tree.get(WRAPS_GIFTS.key, path))


def want(reading: Reading) -> None:
    """Ask a batch's reading for the settings of any number of stores."""
    settings_tree.want(reading, _KEYS)


def read(reading: Reading, path: Sequence[str]) -> Options:
    """Return the settings in force at the end of a settings path, from a reading that was asked."""
    return _options(settings_tree.read_many(reading, _KEYS, path))


def _options(values: Mapping[str, Any]) -> Options:
    return Options(
        pay_within=timedelta(minutes=values[PAY_WITHIN.key]),
        freight_fen={
            Delivery.EXPRESS: values[EXPRESS_FREIGHT.key],
            Delivery.INSTANT: values[INSTANT_FREIGHT.key],
        },
        free_from_fen={
            Delivery.EXPRESS: values[EXPRESS_FREE_FROM.key],
            Delivery.INSTANT: values[INSTANT_FREE_FROM.key],
        },
        late_payment_revives=values[LATE_PAYMENT_REVIVES.key],
        points_mall=values[points.POINTS_MALL.setting_key],
        pays_with_points=values[points.PAY_WITH_POINTS.setting_key],
        wraps_gifts=values[WRAPS_GIFTS.key],
        way=fulfilment.way_options_of(values=values),
    )
