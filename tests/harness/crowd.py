"""A crowd that orders while something breaks: phones, tills and callers in the house, each order under its own id.

Whoever gets no clear answer asks again with the same content. In the end every order has been acknowledged or
refused, and :meth:`Crowd.verify` compares that with the books: acknowledged is stored, nothing is there twice, stock
and money are what the acknowledged orders make of them, and no reconciliation query finds a breach.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import requests
from django.db import DatabaseError, InterfaceError, connection

from quanyu.entrypoints import reconcile
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import PlaceOrder, TillFacts
from quanyu.platform import db
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain
from tests.harness.checkout import command, place, stock_of, till_command
from tests.harness.clients import MallClient, Sender, TillClient, cash

DOORS = ("mall", "till", "house", "house till")
IN_DOUBT = (DatabaseError, InterfaceError, requests.RequestException)
PAUSE_S = 0.05


@dataclass(slots=True)
class Intent:
    """An order that somebody wants: how to ask for it, always the same, and what it takes from the shelves."""

    id: UUID
    ask: Callable[[], Any]
    milk: int
    bread: int = 0
    at_the_till: bool = False


@dataclass
class Crowd:
    """Who orders at the chain's store. ``sender`` carries requests; without one only callers in the house order."""

    chain: Chain
    sender: Sender | None = None
    shoppers: int = 4
    dice: random.Random = field(default_factory=random.Random)
    intents: list[Intent] = field(default_factory=list)
    acknowledged: set[UUID] = field(default_factory=set)
    refused: dict[UUID, str] = field(default_factory=dict)
    repeats: int = 0
    raw: list[str] = field(default_factory=list)
    asked: Callable[[str, UUID], None] = lambda _what, _id: None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._phones = [self._phone() for _ in range(self.shoppers if self.sender else 0)]
        self._tills = [self._till() for _ in range(2 if self.sender else 0)]
        self._before = self._stock()

    def _phone(self) -> MallClient:
        return MallClient(self.sender).sign_in()

    def _till(self) -> TillClient:
        till = TillClient(self.chain.store, self.sender).sign_in(self.chain.cashier)
        till.open_shift()
        return till

    def _stock(self) -> dict[str, tuple[int, int]]:
        return {
            "milk": stock_of(self.chain.store, self.chain.milk),
            "bread": stock_of(self.chain.store, self.chain.bread),
        }

    # --- ordering ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let everybody order, in threads, until :meth:`stop`."""
        for number in range(self.shoppers):
            dice = random.Random(self.dice.random())
            self._threads.append(threading.Thread(target=self._keep_ordering, args=(number, dice)))
            self._threads[-1].start()

    def stop(self) -> None:
        """Let everybody finish what he has begun."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive(), "somebody still waits for an answer"

    def _keep_ordering(self, number: int, dice: random.Random) -> None:
        house_till, seq = uuid7(), 0
        doors = DOORS if self.sender else DOORS[2:]
        try:
            while not self._stop.is_set():
                seq += 1
                self.insist(self.intend(dice.choice(doors), number, TillFacts(house_till, None, seq)))
        finally:
            connection.close()

    def intend(self, door: str, number: int = 0, facts: TillFacts | None = None) -> Intent:
        """Note a new order; nobody has asked for it yet."""
        made = getattr(self, f"_at_{door.replace(' ', '_')}")(number, facts)
        with self._lock:
            self.intents.append(made)
        self.asked("intents", made.id)
        return made

    def insist(self, intent: Intent, *, seconds_max: float = 120) -> None:
        """Ask for an order until there is a clear answer."""
        deadline = time.monotonic() + seconds_max
        while not self.ask(intent) and time.monotonic() < deadline:
            with self._lock:
                self.repeats += 1
            time.sleep(PAUSE_S)

    def send(self, intent: Intent) -> threading.Thread:
        """Let somebody insist on an order in a thread of his own."""

        def insisting() -> None:
            try:
                self.insist(intent)
            finally:
                connection.close()

        thread = threading.Thread(target=insisting)
        thread.start()
        return thread

    def ask(self, intent: Intent) -> bool:
        """Ask once; tell whether the answer was clear."""
        try:
            refusal = intent.ask()
        except Problem as problem:
            refusal = "doubt" if problem.status == 503 else problem.code
        except IN_DOUBT:
            connection.close()
            refusal = "doubt"
        if refusal == "doubt":
            return False
        if refusal is None:
            with self._lock:
                self.acknowledged.add(intent.id)
            self.asked("acknowledged", intent.id)
        else:
            with self._lock:
                self.refused[intent.id] = refusal
        return True

    def _judged(self, reply: Any) -> str | None:
        """Return ``None`` for an order that stands, ``doubt`` for "try again", else the code of the refusal."""
        if reply.status in (200, 201):
            return None
        if reply.status == 503 and reply.headers.get("Retry-After"):
            return "doubt"
        if reply.code == "idempotency.in_progress":
            # Whoever worked on it died with its lease; it ends by the clock.
            return "doubt"
        if reply.status >= 500 or not reply.code:
            self.raw.append(f"{reply.status} {reply.body}")
            return "doubt"
        return str(reply.code)

    def _at_mall(self, number: int, facts: TillFacts | None) -> Intent:
        phone, order_id, key = self._phones[number % len(self._phones)], uuid7(), str(uuid4())
        lines = {self.chain.milk.id: 1, self.chain.bread.id: 2}

        def ask() -> str | None:
            return self._judged(phone.order(self.chain.store, lines, id=str(order_id), key=key))

        return Intent(order_id, ask, milk=1, bread=2)

    def _at_till(self, number: int, facts: TillFacts | None) -> Intent:
        till = self._tills[number % len(self._tills)]
        body = till.sale({self.chain.milk.id: 2}, tenders=cash(2 * MILK_FEN))

        def ask() -> str | None:
            return self._judged(till.post("/sales", body))

        return Intent(UUID(body["id"]), ask, milk=2, at_the_till=True)

    def _at_house(self, number: int, facts: TillFacts | None) -> Intent:
        return self._in_the_house(command(self.chain.store, (self.chain.milk, 1)), milk=1)

    def _at_house_till(self, number: int, facts: TillFacts | None) -> Intent:
        wanted = till_command(self.chain.store, (self.chain.bread, 1), cash_fen=BREAD_FEN, till=facts)
        return self._in_the_house(wanted, milk=0, bread=1, at_the_till=True)

    def _in_the_house(self, wanted: PlaceOrder, **takes: Any) -> Intent:
        def ask() -> None:
            place(wanted)

        return Intent(wanted.id, ask, **takes)

    # --- afterwards ----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Ask again for whatever has no clear answer yet."""
        for intent in self.intents:
            if intent.id not in self.acknowledged and intent.id not in self.refused:
                self.insist(intent)

    def verify(self, *, stock_may_end: bool = False) -> None:
        """Compare the answers with the books."""
        self.settle()
        ids = [str(intent.id) for intent in self.intents]
        assert len(self.acknowledged) + len(self.refused) == len(ids), "everybody got an answer in the end"
        assert self.raw == [], "no error of the database is shown as it is"
        assert stock_may_end or not self.refused, Counter(self.refused.values())
        stored = [str(row["id"]) for row in db.rows("SELECT id FROM orders_order WHERE id = ANY(%s::uuid[])", [ids])]
        assert sorted(stored) == sorted(map(str, self.acknowledged)), "acknowledged orders are stored, and no others"
        mine = [intent for intent in self.intents if intent.id in self.acknowledged]
        assert self._rows(stored) == {
            "lines": sum((intent.milk > 0) + (intent.bread > 0) for intent in mine),
            "payments": sum(intent.at_the_till for intent in mine),
            "placed": len(mine),
            "paid": sum(intent.at_the_till for intent in mine),
            "issued": sum(-(intent.milk + intent.bread) for intent in mine if intent.at_the_till),
        }
        for name in ("milk", "bread"):
            sold = sum(getattr(intent, name) for intent in mine if intent.at_the_till)
            held = sum(getattr(intent, name) for intent in mine if not intent.at_the_till)
            on_hand, reserved = self._before[name]
            assert self._stock()[name] == (on_hand - sold, reserved + held), f"{name} is conserved"
        assert breaches() == {}

    def _rows(self, ids: list[str]) -> dict[str, int]:
        def figure(what: str, source: str) -> int:
            return int(db.value(f"SELECT coalesce({what}, 0)::bigint FROM {source}", [ids]))

        outbox = "platform_outbox WHERE substr(aggregate, 7) = ANY(%s) AND starts_with(aggregate, 'order:') AND topic"
        return {
            "lines": figure("count(*)", "orders_line WHERE order_id = ANY(%s::uuid[])"),
            "payments": figure("count(*)", "payments_payment WHERE order_id = ANY(%s::uuid[])"),
            "placed": figure("count(*)", f"{outbox} = 'orders.placed.1'"),
            "paid": figure("count(*)", f"{outbox} = 'orders.paid.1'"),
            "issued": figure("sum(on_hand_delta)", "inventory_movement WHERE cause_id = ANY(%s)"),
        }


def breaches() -> dict[str, int]:
    """Return the reconciliation queries of I1 to I8 that find something, with how much."""
    checks = reconcile.run()
    assert len(checks) > 20, "the reconciliation queries are there"
    return {check.name: len(check.breaches) for check in checks if check.breaches}
