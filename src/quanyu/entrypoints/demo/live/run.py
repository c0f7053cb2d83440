"""Keep a running demo alive: at a shop's pace somebody buys, collects or brings something back."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable
from uuid import UUID, uuid4

from quanyu.entrypoints.demo import people, places
from quanyu.entrypoints.demo.live.counter import Counter, Sold, office_token
from quanyu.entrypoints.demo.live.phone import Bought, Phone
from quanyu.entrypoints.demo.live.wire import Away, Refused, SignedOut, Wire
from quanyu.entrypoints.demo.shoppers import SOURCE
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, UnitKind
from quanyu.modules.payments import api as payments

_MALL_SHARE = 0.34
_COLLECTED_SHARE = 0.85
_COLLECTED_AFTER_S = (20.0, 240.0)
_RETURNED_ONE_IN = 20
_RETURNED_AFTER_S = (60.0, 400.0)
_BACK_OFF_S = (1.0, 30.0)
_RESTOCKED_EVERY = 150
_PHONES_MAX = 80
Say = Callable[[str], None]


def is_demo() -> bool:
    """Tell whether this database holds the demo chain, and no chain of somebody's own."""
    stores = {unit.code for unit in organization.units_of_kind(kind=UnitKind.STORE)}
    return {store.code for store in places.STORES} <= stores and orders.totals_of_source(source=SOURCE).orders > 0


class _Codes:
    """Carries login codes to the shoppers of this process."""

    def __init__(self) -> None:
        self.last = ""

    def send(self, *, phone: str, code: str, language: str) -> None:
        self.last = code


class Bustle:
    """The shoppers and tills of a chain at one server. ``pace``: purchases in a minute for each store."""

    def __init__(self, address: str, payers: str, *, pace: float, seed: int | None = None) -> None:
        self._wire, self._payers = Wire.to(address), Wire.to(payers)
        self._chance = random.Random(seed)  # noqa: S311 - shoppers need no secrets
        self._codes = _Codes()
        members.use_code_sender(self._codes)
        self._stores = _stores()
        self._members = members_count()
        self._pause_s = 60.0 / (pace * len(self._stores))
        self._counters: dict[str, Counter] = {}
        self._phones: list[Phone] = []
        self._office = ""
        self._later: list[tuple[float, int, Callable[[], str]]] = []
        self._numbers = itertools.count()
        self._taken: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._back_off_s = 0.0
        self.done: Tally[str] = Tally()
        self.last = ""

    def go_on(self, stop: threading.Event, say: Say) -> None:
        """Buy until told to stop; whatever goes wrong at the server is waited for, longer each time."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                self.done[self._step()] += 1
                self._back_off_s = 0.0
            except Away as away:
                self._back_off_s = min(max(self._back_off_s * 2, _BACK_OFF_S[0]), _BACK_OFF_S[1])
                self.last = f"the server is away ({str(away)[:60]}), next try in {self._back_off_s:.0f} s"
            except SignedOut:
                self._counters.clear()
                self._phones.clear()
                self._office = ""
            except (Refused, Problem) as refused:
                self.done["refused"] += 1
                self.last = str(refused)[:80]
            say(self.line)
            rest = self._chance.expovariate(1 / self._pause_s) - (time.monotonic() - began)
            stop.wait(max(self._back_off_s, rest, 0.0))

    @property
    def line(self) -> str:
        """What was done so far, in one line."""
        told = ", ".join(f"{count} {what}" for what, count in sorted(self.done.items())) or "starting"
        return f"{told} · {self.last}" if self.last else told

    def _step(self) -> str:
        if self._later and self._later[0][0] <= time.monotonic():
            return heapq.heappop(self._later)[2]()
        bought = self.done["sold at tills"] + self.done["bought in the mall"]
        if bought and bought % _RESTOCKED_EVERY == 0 and self._taken:
            self._restock()
        (store,) = self._chance.choices(places.STORES, weights=[one.size for one in places.STORES])
        return self._shop(store) if self._chance.random() < _MALL_SHARE else self._sell(store)

    def _sell(self, store: places.Store) -> str:
        counter = self._counter(store)
        sold = counter.sell(self._chance)
        self._note(store, sold.payable_fen, sold.taken)
        if self._chance.randrange(_RETURNED_ONE_IN) == 0:
            self._plan(_RETURNED_AFTER_S, lambda: self._bring_back(counter, sold))
        return "sold at tills"

    def _shop(self, store: places.Store) -> str:
        bought = self._phone().buy(self._stores[store.code].unit.id, self._chance)
        self._note(store, bought.payable_fen, bought.taken)
        if bought.pickup_code and self._chance.random() < _COLLECTED_SHARE:
            self._plan(_COLLECTED_AFTER_S, lambda: self._collect(store, bought))
        return "bought in the mall"

    def _bring_back(self, counter: Counter, sold: Sold) -> str:
        counter.take_back(sold, self._chance)
        return "brought back"

    def _collect(self, store: places.Store, bought: Bought) -> str:
        self._counter(store).hand_over(bought)
        return "handed over"

    def _plan(self, after_s: tuple[float, float], deed: Callable[[], str]) -> None:
        due = time.monotonic() + self._chance.uniform(*after_s)
        heapq.heappush(self._later, (due, next(self._numbers), deed))

    def _note(self, store: places.Store, payable_fen: int, taken: dict[int, int]) -> None:
        for sku_id, quantity in taken.items():
            self._taken[store.code][sku_id] += quantity
        self.last = f"{store.city}{store.name} ¥{payable_fen // 100}.{payable_fen % 100:02d}"

    def _counter(self, store: places.Store) -> Counter:
        if store.code not in self._counters:
            self._office = self._office or office_token(self._wire)
            self._counters[store.code] = Counter(
                self._wire,
                store_id=self._stores[store.code].unit.id,
                name=f"{store.code} 收银台 1",
                cashier=_cashier(store.code),
                office=self._office,
            )
        return self._counters[store.code]

    def _phone(self) -> Phone:
        """Return the phone of somebody who shops: one signed in before, or now and then a new one."""
        if self._phones and (
            len(self._phones) >= _PHONES_MAX or self._chance.random() < len(self._phones) / _PHONES_MAX
        ):
            return self._chance.choice(self._phones)
        number = people.phone(self._chance.randrange(self._members))
        members.send_login_code(phone=number, now=system_clock.now())
        phone = Phone.signed_in(
            self._wire, self._payers, phone=number, code=self._codes.last, trade_number=_trade_number
        )
        self._phones.append(phone)
        return phone

    def _restock(self) -> None:
        """Bring to the shelves what was taken, so that they are not empty after a night."""
        for code, taken in self._taken.items():
            place = self._stores[code]
            inventory.receive(
                location_id=place.unit.id,
                owner_id=place.owner_id,
                lines=[Goods(sku_id, quantity, line=str(sku_id)) for sku_id, quantity in taken.items()],
                cause_kind="purchase",
                cause_id=f"LIVE-{code}-{uuid4().hex[:12]}",
                actor=SYSTEM,
                now=system_clock.now(),
            )
        self._taken.clear()


def _cashier(code: str) -> people.Person:
    everybody = (*people.STAFF, *people.cashiers([store.code for store in places.STORES]))
    return next(person for person in everybody if person.unit == code and person.role == "cashier")


def _stores() -> dict[str, Location]:
    known = {place.unit.code: place for place in organization.locations().values()}
    return {store.code: known[store.code] for store in places.STORES}


def members_count() -> int:
    """Return how many members the demo was made with: their phones are numbered."""
    low, high = 1, people.MEMBERS
    while low < high:
        middle = (low + high + 1) // 2
        if members.find(text=people.phone(middle - 1), actor=SYSTEM, now=system_clock.now()):
            low = middle
        else:
            high = middle - 1
    return low


def _trade_number(order_id: UUID) -> str:
    return payments.of_orders(order_ids=[order_id])[order_id][-1].out_trade_no
