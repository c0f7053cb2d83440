"""The tills of some stores of the demo: each day a shift with its float, its sales, and a drawer that is counted."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from quanyu.entrypoints.demo import people, rhythm
from quanyu.entrypoints.demo.chain import Chain
from quanyu.entrypoints.demo.shoppers import NAMESPACE
from quanyu.kernel.actor import SYSTEM, Actor
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import DeviceKind
from quanyu.modules.pos import api as pos
from quanyu.modules.pos.contracts import Sale, SaleLine, Till

STORES = ("0001", "0002", "0008")
SHIFT_DAYS = 14
_FLOAT_FEN = 50_000
# What the drawer is out by when it is counted, in fen: most days not at all.
_OUT_BY = (0, 0, 0, 0, 0, -200, 100, -1000, 0, 500)


def actor_of(username: str) -> Actor:
    """Return a person of the demo as he acts in the console."""
    return identity.actor_for_staff(staff_id=identity.staff_by_username(username=username).id)


@dataclass(slots=True)
class _Drawer:
    till: Till
    cashier: Actor
    manager: Actor
    seq: int = 0
    shift_id: UUID | None = None


class Tills:
    """Opens and closes the shifts of the last weeks, and sells at these tills."""

    def __init__(self, chain: Chain, *, first: date, chance: random.Random, now: datetime) -> None:
        self._chance = chance
        self._first = first
        self._drawers = {code: _drawer(chain, code, now=now) for code in STORES}

    def open(self, day: date, *, until: datetime) -> None:
        """Open the shifts of a day, half an hour after the shops."""
        at = rhythm.at(day, 8, 30)
        if day < self._first or at >= until:
            return
        for code, drawer in self._drawers.items():
            drawer.shift_id = uuid5(NAMESPACE, f"shift:{code}:{day}")
            pos.open_shift(
                shift_id=drawer.shift_id, float_fen=_FLOAT_FEN, till=drawer.till, actor=drawer.cashier, now=at
            )

    def is_open(self, store: str) -> bool:
        """Tell whether a store has a till with a shift."""
        return store in self._drawers and self._drawers[store].shift_id is not None

    def sell(self, store: str, command: PlaceOrder, *, now: datetime) -> UUID:
        """Sell what was carried out at the store's till, under its next number. Raises the Problem that refuses it."""
        drawer = self._drawers[store]
        drawer.seq += 1
        sale = Sale(
            id=command.id,
            seq=drawer.seq,
            lines=tuple(SaleLine(line.sku_id, line.quantity) for line in command.lines),
            member_id=command.member_id,
            tenders=command.tenders,
            coupon_ids=command.coupon_ids,
        )
        return pos.sell_goods(sale=sale, till=drawer.till, actor=drawer.cashier, now=now).id

    def close(self, day: date, *, until: datetime) -> None:
        """Count the drawers in the evening; today's shifts go on while the day does."""
        at = rhythm.at(day, 22, 20)
        if at >= until:
            return
        for drawer in self._drawers.values():
            if drawer.shift_id is None:
                continue
            report = pos.shift_report(shift_id=drawer.shift_id, till=drawer.till, actor=drawer.manager)
            assert report.expected_fen is not None
            counted = report.expected_fen + self._chance.choice(_OUT_BY)
            pos.close_shift(
                shift_id=drawer.shift_id, counted_fen=counted, till=drawer.till, actor=drawer.cashier, now=at
            )
            drawer.shift_id = None


def _drawer(chain: Chain, code: str, *, now: datetime) -> _Drawer:
    """Set a till up in a store, and find who works at it."""
    given = identity.enrol_code(
        kind=DeviceKind.POS, unit_id=chain.units[code].id, name=f"{code} 收银台 1", actor=SYSTEM, now=now
    )
    till = pos.enrol(code=given.code, address="", now=now).till
    at_work = {person.role: person.username for person in people.STAFF if person.unit == code}
    return _Drawer(till, actor_of(at_work["cashier"]), actor_of(at_work["store_manager"]))
