"""One cell of the exactly-once matrix of a till without its server, played from the first sale to the closed shift.

A cell is: how many tabs, where the till dies, what becomes of the sale, which server the repeat reaches, and for how
long nobody was there. What these mean here:

* **tabs**: one, or two that sell by turns and send at the same moment; every other pair of tabs in a browser without
  Web Locks, where both really send.
* **crash**: a tab dies at one of ``fast_till.PLACES`` while it writes, sends or forgets the sale; a new tab goes on
  from the disk. *After send*: the server works on the request while the new tab asks again; or only half of it
  arrived. *After commit*: the answer came and nobody was there. *Before delete*: while a month-old sale is forgotten.
* **same order**: it is sent again. **Refunded**: its goods are brought back by its receipt; the answer of the return
  is lost and it is asked for again. **Voided**: the attempt was one that the server makes (by a payment code, with
  points); nobody pays, and it is given up. **Edited**: so too, and the basket with one piece more is sold: a written
  sale is a fact, so an edited basket is another sale with another number, never another content under the old one.
* **server old, new**: all requests reach one process; or the repeats reach another one, whose answers hold fields of
  which the till knows nothing, and whose prices have changed while nobody was there (a rolling update).
* **offline**: for 1 minute; for 1 day, the whole time that a till may sell alone; for 30 days, of which it sold on
  the first and then stood in a cupboard: its sign-in has ended. Every other of these has a wrong clock (32 days and
  more), which is not believed: the sale is booked for the moment it came.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.modules.checkout import api as checkout
from quanyu.modules.points import api as points
from quanyu.platform import db, outbox
from tests.harness import checkout as money
from tests.harness import members
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain
from tests.harness.clients import POS, Reply, TillClient
from tests.harness.fast_till import PLACES, Crashed, Disk, Line, Row, Tab, made_sale, may_sell

FATES = ("same", "edited", "refunded", "voided")
AWAY = {"1 min": timedelta(minutes=1), "1 day": timedelta(days=1), "30 days": timedelta(days=30)}
FLOAT_FEN, WELCOME, SPENT = 20_000, 500, 100
ROUNDS_MAX = 8


@dataclass(frozen=True)
class Cell:
    """A cell of the matrix."""

    tabs: int
    crash: str
    fate: str
    server: str
    away: str


CELLS = [Cell(*one) for one in product((1, 2), PLACES, FATES, ("old", "new"), AWAY)]


@dataclass
class Play:
    """A till of its own in one cell. ``servers`` are the addresses of two processes of the product."""

    cell: Cell
    chain: Chain
    servers: tuple[str, str]
    dice: random.Random
    disk: Disk = field(default_factory=Disk)
    sold: dict[str, Row] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)
    written: dict[str, Row] = field(default_factory=dict)
    asked: int = 0

    def __post_init__(self) -> None:
        self.line = Line(self.servers[0])
        self.client = TillClient(self.chain.store, self.line).sign_in(self.chain.cashier)
        self.shift = self.client.open_shift(FLOAT_FEN)
        self.member = members.make_member()
        money.give_points(self.member, WELCOME)
        self.disk.has_web_locks = self.dice.random() < 0.5
        self.stock = self._stock()
        self.tabs = [Tab(self.disk) for _ in range(self.cell.tabs)]
        # The clock of the till: when it last heard of its server, and what it believes to be now.
        away = AWAY[self.cell.away]
        self.is_clock_wrong = self.cell.away == "30 days" and self.dice.random() < 0.5
        self.heard_at = datetime.now(UTC) - away - timedelta(days=3 if self.is_clock_wrong else 0)
        self.clock = self.heard_at
        self.sells_for = min(away, timedelta(hours=24)) - timedelta(seconds=20)

    def run(self) -> None:
        """Sell, die, come back, send, and compare the books."""
        self.line.is_down = True
        for _ in range(self.dice.randrange(3)):
            self.sell(self.any_tab(), self.basket())
        target = self.the_sale()
        for _ in range(self.dice.randrange(2)):
            self.sell(self.any_tab(), self.basket())
        assert not may_sell(heard_at=self.heard_at, now=self.heard_at + timedelta(hours=24, seconds=1))
        self.come_back()
        self.send_all(target)
        if self.cell.fate == "refunded":
            self.take_back(target)
        self.forget(target)
        self.line.until_quiet()
        self.verify()

    # --- at the counter ------------------------------------------------------------------------------------------

    def any_tab(self) -> Tab:
        """Return one of the tabs."""
        return self.dice.choice(self.tabs)

    def basket(self) -> Row:
        """Return something to sell; now and then for the member, and with a new server at a price that was."""
        old_fen = 100 if self.cell.server == "new" else 0
        chosen = self.dice.sample([(self.chain.milk, MILK_FEN), (self.chain.bread, BREAD_FEN)], self.dice.randint(1, 2))
        lines = [(sku.id, self.dice.randint(1, 3), fen - old_fen) for sku, fen in chosen]
        member = str(self.member.id) if self.dice.random() < 0.7 else None
        left = self.heard_at + self.sells_for - self.clock
        self.clock += left * self.dice.uniform(0.05, 0.4)
        assert may_sell(heard_at=self.heard_at, now=self.clock)
        return made_sale(lines, staff_id=self.chain.cashier.id, sold_at=self.clock, member_id=member)

    def sell(self, tab: Tab, made: Row) -> None:
        """Sell, and note it as somebody who stands beside the till would."""
        tab.record(made)
        self.sold[made["id"]] = made

    def the_sale(self) -> str:
        """Make the sale of the cell; return its id. What dies before it was written was not sold: it is done again."""
        if self.cell.fate in ("edited", "voided"):
            return self.attempt()
        made = self.basket()
        try:
            self.dying(made["id"]).record(made)
        except Crashed:
            if self.cell.crash == "before save":
                assert made["id"] not in self.disk.sales
                made = made | {"id": str(uuid7())}
                self.sell(self.any_tab(), made)
        self.sold[made["id"]] = made
        return str(made["id"])

    def attempt(self) -> str:
        """Begin a sale that only the server can make; it is sent when somebody is there again."""
        body = {
            "id": str(uuid7()),
            "lines": [{"sku_id": self.chain.tea.id, "quantity": 1}],
            "member_id": str(self.member.id),
            "points": SPENT,
            "tenders": [],
        }
        try:
            self.dying(body["id"]).reserve(body)
        except Crashed:
            if self.cell.crash == "before save":
                assert body["id"] not in self.disk.online
                self.any_tab().reserve(body)
        return str(body["id"])

    def dying(self, sale_id: str) -> Tab:
        """Return a tab that will die at the place of the cell, with this sale."""
        return Tab(self.disk, dies=self.cell.crash, with_sale=sale_id)

    # --- the server is there again -------------------------------------------------------------------------------

    def come_back(self) -> None:
        """Somebody answers again. After 30 days the sign-in has ended."""
        self.line.is_down = False
        if self.cell.away == "30 days":
            self.client.call("DELETE", "/staff-sessions/current").expect(204)

    def post(self, body: Row) -> Reply:
        """Send a sale; with a new server all but the first request reach the other process."""
        self.asked += 1
        if self.cell.server == "new" and self.asked > 1:
            self.line.url, self.line.is_newer = self.servers[1], True
        return self.client.post("/journal", body)

    def fire(self, path: str, body: Row) -> None:
        """Let a request go and die: whole, or the half of it."""
        if self.dice.random() < 0.3:
            headers = {"Authorization": f"Bearer {self.client.token}", "X-Staff-Token": self.client.staff_token}
            self.line.cut(POS + path, body, headers)
        else:
            self.line.fire(partial(self.client.post, path, body))
        self.asked += 1

    def send_all(self, target: str) -> None:
        """Send until nothing waits, as the tabs do: first with the one that dies."""
        if self.cell.fate in ("edited", "voided"):
            self.give_up(target)
        dies = self.dying(target)
        for _ in range(ROUNDS_MAX):
            ends = self.at_once([partial(self.round, tab) for tab in (dies, *self.tabs[1:])])
            dies = Tab(self.disk)
            if "signed_out" in ends:
                self.client.sign_in(self.chain.cashier)
            if {row["state"] for row in self.disk.outbox.values()} <= {"sent"}:
                break
        assert {row["state"] for row in self.disk.outbox.values()} <= {"sent"}, self.disk.outbox

    def round(self, tab: Tab) -> str:
        """One round of a tab."""
        try:
            return tab.send_due(self.post, partial(self.fire, "/journal"))
        except Crashed:
            return "crashed"

    def at_once(self, deeds: list[Callable[[], str]]) -> list[str]:
        """Do all of it at the same time."""
        with ThreadPoolExecutor(len(deeds)) as pool:
            return [one.result() for one in [pool.submit(deed) for deed in deeds]]

    def give_up(self, attempt: str) -> None:
        """Send the attempt, die with it, and give it up (``app/online.ts``: drop); an edited basket is another sale."""
        row = self.disk.online[attempt]
        if self.cell.away == "30 days":
            assert self.client.post("/sales", row["body"]).status == 401
            self.client.sign_in(self.chain.cashier)
        if self.cell.crash == "after send":
            self.fire("/sales", row["body"])
        elif self.cell.crash in ("after commit", "after ack", "before delete"):
            assert self.client.post("/sales", row["body"]).status == 201
        self.disk.online[attempt] = row | {"state": "dropped"}
        for turn in range(2):
            if turn and self.cell.server == "new":
                self.line.url, self.line.is_newer = self.servers[1], True
            reply = self.client.post(f"/sales/{attempt}/cancellation", {"reason": "given_up"})
            if reply.status == 404 or reply.expect(200)["order"]["state"] == "cancelled":
                self.disk.online[attempt] = row | {"state": "cancelled"}
        assert self.disk.online[attempt]["state"] == "cancelled"
        if self.cell.fate == "edited":
            self.clock = min(self.clock, self.heard_at + self.sells_for)
            lines = [(self.chain.tea.id, 2, TEA_FEN)]
            self.sell(self.any_tab(), made_sale(lines, staff_id=self.chain.cashier.id, sold_at=self.clock))

    def take_back(self, sale_id: str) -> None:
        """Bring all of it back by its receipt; the first answer is lost, and it is asked for again under its id."""
        number = self.disk.outbox[sale_id]["number"]
        receipt = self.client.get(f"/receipts/{number}").expect(200)
        body = {
            "id": str(uuid7()),
            "reason": "changed_mind",
            "lines": [
                {"line_number": one["number"], "quantity": one["quantity"], "restock": "sellable"}
                for one in receipt["lines"]
            ],
        }
        self.disk.returns[body["id"]] = {"state": "asking", "body": body, "number": number}
        ask = partial(self.client.post, f"/receipts/{number}/returns", body)
        if self.dice.random() < 0.5:
            self.line.fire(ask)
        else:
            ask()
        done = ask().expect(201)
        self.returned[sale_id] = done["amount_fen"]
        self.disk.returns[body["id"]] |= {"state": "done"}

    def forget(self, target: str) -> None:
        """Forget what is older than a month, once a day; a tab that dies while it does has forgotten nothing."""
        now = datetime.now(UTC) + timedelta(days=self.dice.choice((0, 31)))
        if self.cell.crash == "before delete":
            before = dict(self.disk.sales)
            try:
                Tab(self.disk, dies="before delete").forget_old(now)
            except Crashed:
                assert self.disk.sales == before
        assert Tab(self.disk).first_break() is None
        self.written = dict(self.disk.sales)
        gone = Tab(self.disk).forget_old(now)
        assert len(gone) + len(self.disk.sales) == len(self.sold)

    # --- the books -----------------------------------------------------------------------------------------------

    def verify(self) -> None:
        """Compare the server with what was sold: orders, money, goods, points, numbers, moments."""
        # An attempt that arrived after it was given up is nobody's: its time to pay ends by the clock.
        if db.value("SELECT count(*) FROM orders_order WHERE terminal_id = %s AND state = 'placed'", [self._device()]):
            checkout.expire_due(now=datetime.now(UTC) + timedelta(hours=2))
        self._orders()
        sold = sum(one["payable_fen"] for one in self.sold.values()) - sum(self.returned.values())
        counted = FLOAT_FEN + sold
        closed = self.client.post(f"/shifts/{self.shift}/closing", {"counted_fen": counted}).expect(200)
        assert (closed["expected_fen"], closed["over_short_fen"]) == (counted, 0)
        self._numbers()
        gone: Counter[int] = Counter()
        for made in self.sold.values():
            for line in made["lines"] if made["id"] not in self.returned else ():
                gone[line["sku_id"]] += line["quantity"]
        expected = {sku: (on_hand - gone[sku], reserved) for sku, (on_hand, reserved) in self.stock.items()}
        assert self._stock() == expected
        while outbox.drain():
            pass
        earned = sum(
            made["payable_fen"] // 100
            for made in self.sold.values()
            if made["member_id"] == str(self.member.id) and made["id"] not in self.returned
        )
        held = points.balance(member_id=self.member.id, now=datetime.now(UTC) + timedelta(days=60))
        assert held.available + held.pending == WELCOME + earned

    def _device(self) -> UUID:
        return UUID(self.client.till["device_id"])

    def _orders(self) -> None:
        rows = db.rows(
            "SELECT o.id, o.state, o.payable_fen, o.paid_fen, o.refunded_fen, o.placed_at, s.received_at "
            "FROM orders_order o LEFT JOIN pos_till_sale s ON s.id = o.id WHERE o.terminal_id = %s",
            [self._device()],
        )
        mine = {str(row["id"]): row for row in rows if row["state"] != "cancelled"}
        assert mine.keys() == self.sold.keys()
        assert {str(row["id"]) for row in rows} - mine.keys() <= self.disk.online.keys()
        for key, made in self.sold.items():
            row = mine[key]
            assert (row["payable_fen"], row["paid_fen"]) == (made["payable_fen"], made["payable_fen"])
            assert row["refunded_fen"] == self.returned.get(key, 0)
            at = row["received_at"] if self.is_clock_wrong else datetime.fromisoformat(made["sold_at"])
            assert row["placed_at"] == at

    def _numbers(self) -> None:
        noted = db.rows("SELECT id, seq, digest FROM pos_till_sale WHERE terminal_id = %s", [self._device()])
        entries = db.rows(
            "SELECT id, seq, outcome FROM pos_journal_entry WHERE terminal_id = %s AND kind = 'sale'", [self._device()]
        )
        there = {row["seq"]: str(row["id"]) for row in entries}
        sold = {row["seq"]: key for key, row in self.written.items()}
        given_up = {row["seq"]: key for key, row in self.disk.online.items()}
        assert [row["outcome"] for row in entries if str(row["id"]) in self.sold] == ["done"] * len(self.sold)
        digests = {(str(row["id"]), row["seq"], row["digest"]) for row in noted}
        assert digests == {(key, row["seq"], row["digest"]) for key, row in self.written.items()}
        assert len(noted) == len(digests)
        # Every number up to the head is a sale, or one that this till says it gave up, which may never have arrived.
        assert sold.keys() | given_up.keys() == set(range(1, self.disk.head.seq + 1))
        assert sold.items() <= there.items() <= (given_up | sold).items()
        broken = "SELECT * FROM pos_breach_till_chain_broken WHERE terminal_id = %s"
        assert db.rows(broken, [self._device()]) == []

    def _stock(self) -> dict[int, tuple[int, int]]:
        return {
            sku.id: self.chain.stocked(self.chain.store, sku).counters()
            for sku in (self.chain.milk, self.chain.bread, self.chain.tea)
        }
