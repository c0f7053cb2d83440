"""Find or make the units, books and categories of an imported shop; a repeated import changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, Tier, Unit, UnitKind, UnitUnknown
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import BookKind, NewPrice

T = TypeVar("T")
BATCH = 1_000
# Districts of large cities, in the order in which imported stores are put on the map (area code, GCJ-02).
PLACES = (
    ("440305", 113.9304, 22.5332),
    ("440106", 113.3612, 23.1247),
    ("310115", 121.5447, 31.2211),
    ("110105", 116.4432, 39.9219),
    ("330106", 120.1303, 30.2591),
    ("510107", 104.0435, 30.6412),
    ("420106", 114.3164, 30.5541),
    ("320102", 118.7976, 32.0487),
    ("500103", 106.5689, 29.5528),
    ("610113", 108.9602, 34.2226),
)


def batches(items: Iterable[T], size: int = BATCH) -> Iterable[list[T]]:
    """Cut a stream into lists."""
    stream = iter(items)
    while batch := list(islice(stream, size)):
        yield batch


def enterprise(*, now: datetime) -> Unit:
    """Return the enterprise, making one where the database is empty."""
    try:
        return organization.enterprise()
    except UnitUnknown:
        return organization.create_unit(
            kind=UnitKind.ENTERPRISE,
            code="HQ",
            name="总部",
            name_en="Head office",
            parent_id=None,
            actor=SYSTEM,
            now=now,
        )


def region(*, code: str, name: str, name_en: str, now: datetime) -> Unit:
    """Return the region that holds the imported stores."""
    organization.load_reference()
    root = enterprise(now=now)
    try:
        return organization.unit_by_code(code=code)
    except UnitUnknown:
        return organization.create_unit(
            kind=UnitKind.REGION,
            code=code,
            name=name,
            name_en=name_en,
            parent_id=root.id,
            actor=SYSTEM,
            now=now,
        )


def store(*, code: str, name: str, name_en: str, parent: Unit, place: int, now: datetime) -> Location:
    """Return the store with this code; new ones are put on the map one after the other."""
    try:
        known = organization.unit_by_code(code=code)
        return organization.locations(ids=[known.id])[known.id]
    except UnitUnknown:
        area, longitude, latitude = PLACES[place % len(PLACES)]
        return organization.create_location(
            kind=UnitKind.STORE,
            code=code,
            name=name,
            name_en=name_en,
            parent_id=parent.id,
            tier=Tier.STORE,
            area_code=area,
            address=name,
            longitude=longitude + 0.01 * (place // len(PLACES)),
            latitude=latitude,
            phone="",
            opening_hours=(("00:00", "24:00"),) * 7,
            actor=SYSTEM,
            now=now,
        )


class Categories:
    """The category tree of an import by path of names, made as it is asked for."""

    def __init__(self, *, prefix: str, now: datetime) -> None:
        self._prefix = prefix
        self._now = now
        self._ids = {category.code: category.id for category in catalog.categories()}

    def id_of(self, *names: str) -> int:
        """Return the id of the category at the end of this path of names."""
        parent: int | None = None
        code = self._prefix
        for name in names:
            code = f"{code}-{_short(name)}"[:30]
            if code not in self._ids:
                made = catalog.create_category(
                    code=code, name=name, name_en=name, parent_id=parent, actor=SYSTEM, now=self._now
                )
                self._ids[code] = made.id
            parent = self._ids[code]
        assert parent is not None
        return parent


def _short(name: str) -> str:
    return "".join(letter for letter in name.upper() if letter.isalnum())[:8] or "X"


def set_base_prices(
    *, code: str, unit: Unit, prices: Sequence[tuple[int, int]], since: datetime, now: datetime
) -> None:
    """Put (SKU id, fen) into the import's price book, made on first use."""
    book = next((one for one in pricing.books(unit_ids=[unit.id]) if one.code == code), None) or pricing.create_book(
        code=code,
        name=code,
        kind=BookKind.BASE,
        unit_id=unit.id,
        period=Period(since, None),
        actor=SYSTEM,
        now=now,
    )
    for batch in batches(prices):
        pricing.set_prices(
            book_id=book.id,
            prices=[NewPrice(sku_id=sku_id, amount_fen=fen) for sku_id, fen in batch],
            actor=SYSTEM,
            now=now,
        )


def open_stock(*, location: Location, source: str, goods: Sequence[Goods], now: datetime) -> None:
    """Book the opening stock of a location once per source and SKU."""
    for batch in batches(goods):
        inventory.receive(
            location_id=location.unit.id,
            owner_id=location.owner_id,
            lines=batch,
            cause_kind="import",
            cause_id=f"{source}:opening",
            kind="opening",
            actor=SYSTEM,
            now=now,
        )
