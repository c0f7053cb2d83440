"""What live streams ask the database: one statement per batch of changes, whatever the number of streams."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from quanyu.modules.inventory import rules
from quanyu.modules.inventory.contracts import LivePlace
from quanyu.modules.inventory.events import StockChanged
from quanyu.platform import feed
from quanyu.platform.db import lean
from quanyu.platform.feed import Position

# More than this at once is a stock-taking or a long gap: whoever looks loads the page again.
EVENTS_MAX = 2000


class Changed(msgspec.Struct):
    """A row of an announcement, as far as a stream needs it."""

    location_id: int
    sku_id: int


class Announced(msgspec.Struct):
    """An announcement, as far as a stream needs it; without rows it concerns everything of its owner."""

    changes: list[Changed]


Figure = tuple[int, int, int, int, datetime | None]
_announced = msgspec.json.Decoder(Announced)
_figures = msgspec.json.Decoder(list[Figure])
_lapses = msgspec.json.Decoder(dict[int, datetime], strict=False)


async def changes_since(position: Position, *, now: datetime) -> tuple[Position, list[Announced] | None]:
    """Return what was announced since a position, and the position after it; ``None``: too much, or unknown."""
    found = await feed.since(position, topic=StockChanged.topic, limit=EVENTS_MAX, now=now)
    if found.payloads is None:
        return found.position, None
    return found.position, [_announced.decode(payload) for payload in found.payloads]


async def figures(asked: Sequence[tuple[LivePlace, Collection[int]]], *, now: datetime) -> list[Figure]:
    """Return (n, SKU, here, anywhere, next lapse) for the SKUs of each place, n its position in ``asked``."""
    wanted = [
        {
            "n": n,
            "location_ids": place.location_ids,
            "seller": place.seller_owner_id,
            "channel": place.channel,
            "keep_safety": rules.keeps_safety(place.channel),
            "sku_ids": sorted(sku_ids),
        }
        for n, (place, sku_ids) in enumerate(asked)
    ]
    found = await lean.json("SELECT inventory_live(%s::jsonb, %s)", [msgspec.json.encode(wanted).decode(), now])
    return _figures.decode(found or b"[]")


async def lapses(place: LivePlace, *, after: datetime, until: datetime | None = None) -> Mapping[int, datetime]:
    """Return the moment at which the next reservation of each SKU lapses there, within a time."""
    found = await lean.json("SELECT inventory_live_lapses(%s, %s, %s)", [list(place.location_ids), after, until])
    return _lapses.decode(found or b"{}")
