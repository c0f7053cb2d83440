"""A sync storm: all tills of a chain were alone, come back at once, and send what they sold again and again.

Every sale is sent three times, in any order, by many at once; one sending in ten is cut in the middle. Among them
come strangers: a sale that was altered on the way, another sale under a number that was used (a till restored from an
old copy of its disk), and two sales under one id.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.modules.points import api as points
from quanyu.platform import db, outbox
from tests.harness import members
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain
from tests.harness.clients import POS, Reply, TillClient
from tests.harness.fast_till import Disk, Line, Row, Tab, digest, made_sale
from tests.harness.live import eventually
from tests.harness.parallel import until_waiting

COPIES, AT_ONCE, CUT = 3, 12, 0.1
MEMBERS_SALES = 5
_HELD = 20261123


@contextmanager
def _commits_wait() -> Iterator[None]:
    """Let what notes a till's sale wait at its commit until the lock of this connection is given back."""
    db.execute(
        "CREATE FUNCTION storm_wait() RETURNS trigger LANGUAGE plpgsql AS "
        f"'BEGIN PERFORM pg_advisory_xact_lock_shared({_HELD}); RETURN NULL; END'"
    )
    db.execute(
        "CREATE CONSTRAINT TRIGGER storm_wait AFTER INSERT ON pos_till_sale DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION storm_wait()"
    )
    db.execute("SELECT pg_advisory_lock(%s)", [_HELD])
    try:
        yield
    finally:
        db.execute("SELECT pg_advisory_unlock_all()")
        db.execute("DROP TRIGGER storm_wait ON pos_till_sale")
        db.execute("DROP FUNCTION storm_wait")


@dataclass
class StormTill:
    """A till with what it sold."""

    client: TillClient
    line: Line
    shift: str
    member_id: UUID
    disk: Disk = field(default_factory=Disk)

    @property
    def device(self) -> UUID:
        """Its id."""
        return UUID(self.client.till["device_id"])

    def bodies(self) -> list[Row]:
        """What it sends: each sale with its digest."""
        return [{"sale": row["made"], "digest": row["digest"]} for row in self.disk.sales.values()]

    def send(self, body: Row) -> Reply:
        """Send a sale."""
        return self.client.post("/journal", body)

    def cut(self, body: Row) -> None:
        """Send half of a sale."""
        headers = {"Authorization": f"Bearer {self.client.token}", "X-Staff-Token": self.client.staff_token}
        self.line.cut(POS + "/journal", body, headers)


@dataclass
class Storm:
    """So many tills that sold so many sales each while nobody was there."""

    chain: Chain
    url: str
    tills: int
    sales: int
    dice: random.Random

    def __post_init__(self) -> None:
        self.stock = self._stock()
        self.all = [self._till() for _ in range(self.tills)]
        self.took_s = 0.0
        self.waited_s = 0.0

    def _till(self) -> StormTill:
        line = Line(self.url)
        client = TillClient(self.chain.store, line).sign_in(self.chain.cashier)
        till = StormTill(client, line, client.open_shift(0), members.make_member().id)
        tab, clock = Tab(till.disk), datetime.now(UTC) - timedelta(hours=12)
        for number in range(self.sales):
            clock += timedelta(seconds=self.dice.randint(20, 180))
            lines = [(self.chain.milk.id, self.dice.randint(1, 3), MILK_FEN)]
            if self.dice.random() < 0.5:
                # A price that is another here by now: a fact, booked as it was paid.
                lines.append((self.chain.bread.id, 1, self.dice.choice((BREAD_FEN, BREAD_FEN, BREAD_FEN - 80))))
            # Few enough to stay in the first tier, where one yuan is one point.
            member_id = str(till.member_id) if number < MEMBERS_SALES else None
            tab.record(made_sale(lines, staff_id=self.chain.cashier.id, sold_at=clock, member_id=member_id))
        return till

    def blow(self) -> Counter[str]:
        """Send everything three times, shuffled, by many at once. Returns how often each answer came."""
        deeds: list[Callable[[], str]] = []
        for till in self.all:
            for body in till.bodies() * COPIES:
                deeds.append(partial(self._sent, till, body))
                if self.dice.random() < CUT:
                    deeds.append(partial(self._cut, till, body))
        self.dice.shuffle(deeds)
        began = datetime.now(UTC)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = Counter(pool.map(lambda deed: deed(), deeds))
        self.took_s = (datetime.now(UTC) - began).total_seconds()
        return answers

    def _sent(self, till: StormTill, body: Row) -> str:
        began = datetime.now(UTC)
        reply = till.send(body)
        self.waited_s = max(self.waited_s, (datetime.now(UTC) - began).total_seconds())
        return reply.code or str(reply.body["state"])

    def _cut(self, till: StormTill, body: Row) -> str:
        with suppress(OSError):
            till.cut(body)
        return "cut"

    def settle(self) -> None:
        """Let every till send what has no clear answer yet, as its outbox does."""
        for till in self.all:
            tab = Tab(till.disk)
            eventually(partial(self._is_settled, tab, till), seconds=60)

    def _is_settled(self, tab: Tab, till: StormTill) -> bool:
        tab.send_due(till.send, lambda _body: None)
        return not {row["state"] for row in till.disk.outbox.values()} - {"sent", "kept"}

    # --- strangers -----------------------------------------------------------------------------------------------

    def altered(self) -> Reply:
        """Send a sale that is not the one of its digest: somebody made it cheaper on the way."""
        till = self.all[0]
        made = self._next(till)
        honest = digest(made)
        made["lines"][0]["net_fen"] -= 100
        made["tenders"][0]["amount_fen"] -= 100
        made["payable_fen"] -= 100
        return till.send({"sale": made, "digest": honest})

    def restored(self) -> Reply:
        """Send another sale under a number that was used."""
        till = self.all[0]
        made = self._next(till) | {"seq": 1, "previous": ""}
        return till.send({"sale": made, "digest": digest(made)})

    def twins(self) -> list[Reply]:
        """Send two sales under one id and two numbers at once: neither is final before both were noted, or wait."""
        till = self.all[0]
        made = self._next(till)
        other = made | {"seq": made["seq"] + 1, "previous": digest(made)}
        with ThreadPoolExecutor(2) as pool, _commits_wait():
            sent = [pool.submit(till.send, {"sale": one, "digest": digest(one)}) for one in (made, other)]
            until_waiting(2)
            db.execute("SELECT pg_advisory_unlock(%s)", [_HELD])
            return [one.result() for one in sent]

    def _next(self, till: StormTill) -> Row:
        head = till.disk.head
        lines = [(self.chain.milk.id, 1, MILK_FEN)]
        made = made_sale(lines, staff_id=self.chain.cashier.id, sold_at=datetime.now(UTC))
        return made | {"id": str(uuid7()), "seq": head.seq + 1, "previous": head.digest}

    # --- the books -----------------------------------------------------------------------------------------------

    def verify(self) -> None:
        """Compare the server with the tills' journals."""
        devices = [till.device for till in self.all]
        made = {key: row for till in self.all for key, row in till.disk.sales.items()}
        assert {row["state"] for till in self.all for row in till.disk.outbox.values()} == {"sent"}
        noted = db.rows("SELECT id, digest FROM pos_till_sale WHERE terminal_id = ANY(%s)", [devices])
        found = Counter((str(row["id"]), row["digest"]) for row in noted)
        assert found == Counter({(key, row["digest"]): 1 for key, row in made.items()})
        orders = db.rows("SELECT id, payable_fen, paid_fen FROM orders_order WHERE terminal_id = ANY(%s)", [devices])
        assert len(orders) == len(made) == self.tills * self.sales
        paid = {key: row["made"]["payable_fen"] for key, row in made.items()}
        assert {str(row["id"]): row["payable_fen"] for row in orders} == paid
        assert {str(row["id"]): row["paid_fen"] for row in orders} == paid
        assert db.rows("SELECT * FROM pos_breach_till_chain_broken WHERE terminal_id = ANY(%s)", [devices]) == []
        gone = Counter[int]()
        for row in made.values():
            for line in row["made"]["lines"]:
                gone[line["sku_id"]] += line["quantity"]
        assert self._stock() == {sku: (on_hand - gone[sku], held) for sku, (on_hand, held) in self.stock.items()}
        for till in self.all:
            counted = sum(row["made"]["payable_fen"] for row in till.disk.sales.values())
            closed = till.client.post(f"/shifts/{till.shift}/closing", {"counted_fen": counted}).expect(200)
            assert (closed["expected_fen"], closed["over_short_fen"]) == (counted, 0)

    def verify_points(self) -> None:
        """Deliver every event, and compare the members' points with what they bought."""
        while outbox.drain():
            pass
        for till in self.all:
            bought = [row["made"] for row in till.disk.sales.values() if row["made"]["member_id"]]
            held = points.balance(member_id=till.member_id, now=datetime.now(UTC) + timedelta(days=60))
            assert held.available + held.pending == sum(one["payable_fen"] // 100 for one in bought)

    def _stock(self) -> dict[int, tuple[int, int]]:
        skus = (self.chain.milk, self.chain.bread)
        return {sku.id: self.chain.stocked(self.chain.store, sku).counters() for sku in skus}
