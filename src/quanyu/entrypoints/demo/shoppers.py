"""Who buys what: baskets drawn from what a store sells and from the members who shop there."""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from quanyu.entrypoints.demo import goods, places, rhythm
from quanyu.entrypoints.demo.chain import Chain
from quanyu.entrypoints.demo.members import Customer
from quanyu.entrypoints.demo.telling import TOGETHER
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout.contracts import PlaceOrder, WantedLine
from quanyu.modules.orders.contracts import Channel, Delivery

SOURCE = "demo"
NAMESPACE = UUID("5f0d7c0e-7c1b-5d4e-8f6a-2b1c0d9e8f7a")
# How often a line is of a category.
_WANTED = {
    "FRUIT": 22, "DAIRY": 15, "DRINK": 21, "SNACK": 19, "STAPLE": 9, "HOME": 2.5, "BABY": 4, "BEAUTY": 4.5, "EYE": 1,
    "APP": 3,
}  # fmt: skip
# What winter sells more of than summer, and the other way round: the middle of the year against its ends.
_SUMMER = {"B01": 1.8, "B04": 1.7, "B10": 1.8, "F26": 2.2, "A08": 2.5, "A12": 2.0, "H09": 2.0, "P09": 2.0, "E10": 2.0}
_WINTER = {"H02": 2.4, "A07": 2.6, "A19": 2.4, "A27": 2.0, "A28": 2.2, "F14": 2.2, "B06": 0.8, "A06": 1.8}
_DEAR_FEN = 10_000
# What the first customers of each day come for, by product and pieces: offers that need more than one thing.
_MORNING = ((("D03", 2),), (("D02", 1), ("G04", 1)), (("S01", 1), ("S02", 1), ("S04", 1)))
_MALL_SHARE, _SENT_SHARE = 0.30, 0.9
_KNOWN_AT_TILL = 0.46
_UNPAID_ONE_IN = 30
_NEIGHBOUR_STORE = 0.12
_GROUPS = {item.code: item.group for item in goods.ITEMS}
# Of those who take something that has a partner, so many take the partner along.
_TAKES_ALONG = 0.45
_LINES = (1, 2, 3, 4, 5, 6)
_LINES_WEIGHTS = (26, 30, 21, 12, 7, 4)


class Planned(NamedTuple):
    """An order somebody wants to place; ``pays`` not: it will lapse."""

    command: PlaceOrder
    store: str
    pays: bool


class _Shelf(NamedTuple):
    """What a store sells, with running sums of how much each is wanted."""

    skus: list[SkuInfo]
    sums: list[float]


class Shoppers:
    """Draws the orders of a day from one chance; knows who shops where."""

    def __init__(self, chain: Chain, skus: Mapping[str, SkuInfo], chance: random.Random) -> None:
        self._chain, self._skus, self._chance = chain, skus, chance
        # Its own stream: habits change nothing of what else is drawn.
        self._habits = random.Random(7)  # noqa: S311 - a demo must be the same every time
        self._popular = {item.code: chance.paretovariate(1.3) for item in goods.ITEMS}
        self._members: dict[str, list[Customer]] = defaultdict(list)
        self._shelves: dict[tuple[str, int], _Shelf] = {}

    def welcome(self, customers: Iterable[Customer]) -> None:
        """Take members in: from now on they shop in their store."""
        for customer in customers:
            self._members[customer.store].append(customer)

    def regular(self, store: str, number: int = 0) -> UUID:
        """Return one of those who shop most in a store."""
        known = self._members[store]
        return known[number % len(known)].id

    def day(self, day: date, *, orders: int, until: datetime) -> list[Planned]:
        """Return what is bought on a day, in the order of time; nothing at or after ``until``."""
        chance = self._chance
        stores = chance.choices(places.STORES, weights=[store.size for store in places.STORES], k=orders)
        moments = sorted(rhythm.moment(day, chance) for _ in range(orders))
        drawn = [
            self._order(store, at=at, key=f"{day}:{number}", lines=self._morning(number))
            for number, (store, at) in enumerate(zip(stores, moments, strict=True))
        ]
        return [one for one in drawn if one.command.happened_at is not None and one.command.happened_at < until]

    def _morning(self, number: int) -> tuple[WantedLine, ...]:
        """Return what the customer of this number of a day is sure to come for; later ones come for anything."""
        wanted = _MORNING[number] if number < len(_MORNING) else ()
        return tuple(WantedLine(sku_id=self._first_sku(code).id, quantity=pieces) for code, pieces in wanted)

    def _first_sku(self, code: str) -> SkuInfo:
        return self._skus[code] if code in self._skus else self._skus[f"{code}-1"]

    def _order(self, store: places.Store, *, at: datetime, key: str, lines: tuple[WantedLine, ...] = ()) -> Planned:
        chance = self._chance
        in_mall = chance.random() < _MALL_SHARE
        customer = self._customer(store) if in_mall or chance.random() < _KNOWN_AT_TILL else None
        in_mall = in_mall and customer is not None
        address_id = customer.address_id if customer is not None and in_mall else None
        sends = address_id is not None and chance.random() < _SENT_SHARE
        command = PlaceOrder(
            id=uuid5(NAMESPACE, key),
            channel=Channel.MALL if in_mall else Channel.POS,
            store_id=self._chain.units[store.code].id,
            delivery=Delivery.EXPRESS if sends else Delivery.PICKUP if in_mall else Delivery.CARRY_OUT,
            lines=lines or self._lines(store, at),
            member_id=customer.id if customer else None,
            address_id=address_id if sends else None,
            happened_at=at,
            source=SOURCE,
        )
        return Planned(command, store.code, pays=not in_mall or chance.randrange(_UNPAID_ONE_IN) > 0)

    def _customer(self, store: places.Store) -> Customer | None:
        """Return one of the store's members, the first ones more often; now and then one of a neighbour."""
        chance = self._chance
        code = chance.choice(places.STORES).code if chance.random() < _NEIGHBOUR_STORE else store.code
        known = self._members[code]
        return known[int(len(known) * chance.random() ** 1.8)] if known else None

    def _lines(self, store: places.Store, at: datetime) -> tuple[WantedLine, ...]:
        chance = self._chance
        shelf = self._shelf(store, at.month)
        (count,) = chance.choices(_LINES, weights=_LINES_WEIGHTS)
        chosen = self._together(chance.choices(shelf.skus, cum_weights=shelf.sums, k=count), shelf)
        drawn = {sku.id: sku for sku in chosen}
        return tuple(WantedLine(sku_id=sku.id, quantity=self._quantity(sku)) for sku in drawn.values())

    def _together(self, drawn: list[SkuInfo], shelf: _Shelf) -> list[SkuInfo]:
        """Return what was drawn, the second often in favour of what goes well with the first."""
        partner = TOGETHER.get(drawn[0].code.partition("-")[0]) if len(drawn) > 1 else None
        if partner is None or self._habits.random() > _TAKES_ALONG:
            return drawn
        beside = next((sku for sku in shelf.skus if sku.code.partition("-")[0] == partner), drawn[1])
        return [drawn[0], beside, *drawn[2:]]

    def _quantity(self, sku: SkuInfo) -> int:
        chance = self._chance
        if sku.quantity_scale > 1:
            return chance.randrange(400, 2600, 10)
        if sku.cost_fen * 2 > _DEAR_FEN:
            return 1
        return chance.choices((1, 2, 3, 4, 6), weights=(58, 26, 9, 4, 3))[0]

    def _shelf(self, store: places.Store, month: int) -> _Shelf:
        known = self._shelves.get((store.format, month))
        if known is None:
            known = self._shelves[store.format, month] = self._fill(store.format, month)
        return known

    def _fill(self, kind: str, month: int) -> _Shelf:
        season = _SUMMER if 5 <= month <= 9 else _WINTER
        sold = [item for item in goods.ITEMS if item.group not in places.FORMATS[kind]]
        whole: dict[str, float] = defaultdict(float)
        for item in sold:
            whole[item.group] += self._popular[item.code] * season.get(item.code, 1.0)
        skus: list[SkuInfo] = []
        weights: list[float] = []
        for item in sold:
            wanted = _WANTED[item.group] * self._popular[item.code] * season.get(item.code, 1.0) / whole[item.group]
            for variant in item.variants:
                skus.append(self._skus[f"{item.code}{variant.suffix}"])
                weights.append(wanted / len(item.variants))
        return _Shelf(skus, list(itertools.accumulate(weights)))


def wanted(codes: Sequence[str]) -> list[float]:
    """Return running sums of how much each of these SKUs is wanted: the share of its category, spread over it."""
    groups = [_GROUPS[goods.of_sku(code)] for code in codes]
    many = Counter(groups)
    return list(itertools.accumulate(_WANTED[group] / many[group] for group in groups))
