"""The settings of fulfilment, by brand, region and store. Keys of the mall keep the name they were stored under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quanyu.kernel.problem import N_
from quanyu.modules.fulfilment.contracts import WayOptions
from quanyu.modules.fulfilment.rules import home
from quanyu.platform import settings_tree
from quanyu.platform.settings_tree import Kind, Level, Setting

_STORE = (Level.BRAND, Level.UNIT)

PICKUP_MINUTES = settings_tree.define(
    Setting("mall.pickup_minutes", Kind.INTEGER, 30, _STORE, N_("Ready for pickup after (minutes)"), minimum=0)
)
INSTANT_MINUTES = settings_tree.define(
    Setting("mall.instant_minutes", Kind.INTEGER, 30, _STORE, N_("Instant delivery takes (minutes)"), minimum=0)
)
EXPRESS_HOURS = settings_tree.define(
    Setting("mall.express_hours", Kind.INTEGER, 72, _STORE, N_("Express takes (hours)"), minimum=0)
)
SLOT_MINUTES = settings_tree.define(
    Setting(
        "fulfilment.slot_minutes",
        Kind.INTEGER,
        60,
        _STORE,
        N_("Length of a pickup time (minutes)"),
        minimum=15,
        maximum=720,
    )
)
SLOT_CAPACITY = settings_tree.define(
    Setting(
        "fulfilment.slot_capacity",
        Kind.INTEGER,
        20,
        _STORE,
        N_("Orders in one pickup time (0: as many as like)"),
        minimum=0,
        maximum=10_000,
    )
)
SLOT_DAYS = settings_tree.define(
    Setting(
        "fulfilment.slot_days",
        Kind.INTEGER,
        3,
        _STORE,
        N_("Days ahead for which a pickup time can be chosen"),
        minimum=1,
        maximum=14,
    )
)
DELIVERS_HOME = settings_tree.define(
    Setting("fulfilment.home_delivery", Kind.BOOLEAN, False, _STORE, N_("Bring home what was bought in the store"))
)
HOME_FROM = settings_tree.define(
    Setting("fulfilment.home_from_fen", Kind.FEN, 9900, _STORE, N_("Purchases are brought home from (fen)"), minimum=0)
)
HOME_TIMES = settings_tree.define(
    Setting(
        "fulfilment.home_times",
        Kind.TEXT_LIST,
        [],
        _STORE,
        N_("Fixed times for that, such as tue,fri 15:00-18:00 or daily 9:00-11:30 (none: when the customer likes)"),
        accepts=home.is_time,
        accepts_text=N_("write a time like tue,fri 15:00-18:00 or daily 9:00-11:30"),
    )
)
KEYS = (
    PICKUP_MINUTES.key,
    INSTANT_MINUTES.key,
    EXPRESS_HOURS.key,
    SLOT_MINUTES.key,
    SLOT_CAPACITY.key,
    SLOT_DAYS.key,
    DELIVERS_HOME.key,
    HOME_FROM.key,
    HOME_TIMES.key,
)


def at(path: Sequence[str]) -> WayOptions:
    """Return the settings in force at the end of a settings path, in one query."""
    return of_values(settings_tree.get_many(KEYS, path))


def of_values(values: Mapping[str, Any]) -> WayOptions:
    """Return the settings from values that were read with others."""
    return WayOptions(
        pickup_minutes=values[PICKUP_MINUTES.key],
        instant_minutes=values[INSTANT_MINUTES.key],
        express_hours=values[EXPRESS_HOURS.key],
        slot_minutes=values[SLOT_MINUTES.key],
        slot_capacity=values[SLOT_CAPACITY.key],
        slot_days=values[SLOT_DAYS.key],
        delivers_home=values[DELIVERS_HOME.key],
        home_from_fen=values[HOME_FROM.key],
        home_times=tuple(known for text in values[HOME_TIMES.key] if (known := home.read(text)) is not None),
    )
