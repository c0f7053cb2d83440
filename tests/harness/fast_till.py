"""A till that keeps its journal by the very rules of the browser's, without a browser.

What ``frontend/web/apps/pos/src/data/{db,journal,outbox}.ts`` do, line by line: a sale, its outbox entry and the head
of the chain are one transaction; numbers come from one count, also those of sales that the server makes; what is due
is sent one by one by one tab; only an answer of the server ends an entry. A tab may die at any of six places
(:data:`PLACES`): what it held in memory is gone then, and the disk is what it was.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from quanyu.kernel.ids import uuid7
from tests.harness.clients import Reply

PLACES = ("before save", "after save", "after send", "after commit", "after ack", "before delete")
LEASE = timedelta(hours=24)
KEPT = timedelta(days=30)
LATER = {408, 425, 429}
Post = Callable[[Any], Reply]
Row = dict[str, Any]


def digest(made: Row) -> str:
    """Return the SHA-256 of a sale in its one form, as ``data/digest.ts`` makes it."""
    text = json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Crashed(Exception):
    """The tab died here."""


class Unreachable(Exception):
    """Nobody answered."""


@dataclass(frozen=True)
class Head:
    """Where the chain stands."""

    seq: int = 0
    digest: str = ""


@dataclass
class Disk:
    """What outlives a tab; a ``change`` is done whole or not at all. ``lock`` is the Web Lock of the sender."""

    sales: dict[str, Row] = field(default_factory=dict)
    outbox: dict[str, Row] = field(default_factory=dict)
    online: dict[str, Row] = field(default_factory=dict)
    returns: dict[str, Row] = field(default_factory=dict)
    head: Head = field(default_factory=Head)
    has_web_locks: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)
    _one: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def change(self) -> Iterator[None]:
        """A transaction over all tables."""
        with self._one:
            tables = ("sales", "outbox", "online", "returns")
            before = {name: {key: dict(row) for key, row in getattr(self, name).items()} for name in tables}
            head = self.head
            try:
                yield
            except BaseException:
                self.head = head
                for name in tables:
                    setattr(self, name, before[name])
                raise


@dataclass
class Tab:
    """One tab over the till's disk. ``dies`` is where it will, with the sale of this id (or any)."""

    disk: Disk
    dies: str = ""
    with_sale: str = ""

    def at(self, place: str, sale_id: str = "") -> None:
        """Die, when this is the place."""
        if place == self.dies and self.with_sale in ("", sale_id):
            raise Crashed(place)

    # --- journal.ts ----------------------------------------------------------------------------------------------

    def record(self, made: Row) -> Row:
        """Write the sale and its outbox entry together; return it as it was written."""
        with self.disk.change():
            before = self.disk.head
            assert made["id"] not in self.disk.sales, "this sale is written already"
            content = {**made, "seq": before.seq + 1, "previous": before.digest}
            row = {"made": content, "seq": content["seq"], "digest": digest(content), "sold_at": made["sold_at"]}
            self.disk.sales[made["id"]] = row
            self.disk.outbox[made["id"]] = {"state": "pending", "seq": row["seq"], "number": "", "reason": ""}
            self.disk.head = Head(row["seq"], row["digest"])
            self.at("before save", made["id"])
        self.at("after save", made["id"])
        return row

    def reserve(self, body: Row) -> Row:
        """Take the next number for a sale that the server makes, and keep what will be sent."""
        with self.disk.change():
            seq = self.disk.head.seq + 1
            row = {"state": "open", "seq": seq, "body": {**body, "seq": seq}}
            self.disk.online[body["id"]] = row
            self.disk.head = replace(self.disk.head, seq=seq)
            self.at("before save", body["id"])
        self.at("after save", body["id"])
        return row

    def first_break(self) -> int | None:
        """Return the first number whose chain does not hold."""
        online = {row["seq"] for row in self.disk.online.values()}
        previous: Row | None = None
        for sale in sorted(self.disk.sales.values(), key=lambda one: one["seq"]):
            if digest(sale["made"]) != sale["digest"]:
                return int(sale["seq"])
            if previous is not None and sale["made"]["previous"] != previous["digest"]:
                return int(sale["seq"])
            for seq in range((previous or sale)["seq"] + 1, sale["seq"]):
                if seq not in online:
                    return int(sale["seq"])
            previous = sale
        return None

    # --- outbox.ts -----------------------------------------------------------------------------------------------

    def send_due(self, post: Post, fire: Callable[[Any], None]) -> str:
        """Send what is due; one tab at a time where the browser has locks. Returns how the round ended."""
        if not self.disk.has_web_locks:
            return self._round(post, fire)
        if not self.disk.lock.acquire(blocking=False):
            return "elsewhere"
        try:
            # A lock of a tab that dies is free again.
            return self._round(post, fire)
        finally:
            self.disk.lock.release()

    def _round(self, post: Post, fire: Callable[[Any], None]) -> str:
        with self.disk.change():
            due = [(key, row["seq"]) for key, row in self.disk.outbox.items() if row["state"] == "pending"]
        for sale_id, _seq in sorted(due, key=lambda one: one[1]):
            sale = self.disk.sales[sale_id]
            body = {"sale": sale["made"], "digest": sale["digest"]}
            if self.dies == "after send" and self.with_sale in ("", sale_id):
                fire(body)
                self.at("after send", sale_id)
            try:
                reply = post(body)
            except Unreachable:
                return "unreachable"
            self.at("after commit", sale_id)
            if reply.status == 401:
                return "signed_out"
            if reply.status >= 500 or reply.status in LATER:
                continue
            taken = reply.body
            self.at("after ack", sale_id)
            if reply.status < 400 and taken["state"] == "booked":
                self._end(sale_id, state="sent", number=taken["number"], reason="")
            else:
                self._end(sale_id, state="kept", reason=reply.code or taken["reason"]["code"])
        return "done"

    def _end(self, sale_id: str, **changes: str) -> None:
        with self.disk.change():
            self.disk.outbox[sale_id] |= changes

    def try_again(self, sale_id: str) -> None:
        """Let a sale that waits for a person be sent once more."""
        self._end(sale_id, state="pending")

    def forget_old(self, now: datetime) -> list[Row]:
        """Forget sales that arrived long ago; what did not arrive is never forgotten. Returns what was forgotten."""
        before = now - KEPT
        with self.disk.change():
            old = [key for key, row in self.disk.sales.items() if datetime.fromisoformat(row["sold_at"]) < before]
            gone = [key for key in old if self.disk.outbox[key]["state"] == "sent"]
            forgotten = [self.disk.sales.pop(key) for key in gone]
            for key in gone:
                del self.disk.outbox[key]
            self.at("before delete")
        return forgotten


@dataclass
class Line:
    """What carries a till's requests: to one server or the next, or to nobody. A sender for ``TillClient``.

    ``is_newer``: its answers hold fields of which this till knows nothing. ``open`` are requests whose till has died.
    """

    url: str
    is_down: bool = False
    is_newer: bool = False
    open: list[threading.Thread] = field(default_factory=list)
    _own: threading.local = field(default_factory=threading.local)

    def send(self, method: str, path: str, body: Any, headers: Any) -> Reply:
        """Send a request. Raises ``Unreachable`` when nobody answers."""
        if self.is_down:
            raise Unreachable
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
        content = None if body is None else json.dumps(body, default=str)
        known = {"Content-Type": "application/json", "Accept-Language": "en", **headers}
        try:
            answer = self._own.session.request(method, self.url + path, data=content, headers=known, timeout=60)
        except requests.ConnectionError:
            raise Unreachable from None
        found = answer.json() if answer.content else None
        if self.is_newer and isinstance(found, dict):
            found |= {"since_the_next_version": {"known": False}}
        return Reply(answer.status_code, found, answer.headers)

    def fire(self, ask: Callable[[], Any]) -> None:
        """Let a request go whose answer nobody will read: the server works on it while the till starts again."""

        def forgotten() -> None:
            with suppress(Unreachable):
                ask()

        self.open.append(threading.Thread(target=forgotten))
        self.open[-1].start()

    def cut(self, path: str, body: Any, headers: Any) -> None:
        """Send the half of a request and hang up: nobody has asked for anything."""
        content = json.dumps(body, default=str).encode()
        where = urlsplit(self.url)
        known = {"Host": where.netloc, "Content-Type": "application/json", "Content-Length": len(content), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in known.items())
        with socket.create_connection((where.hostname, where.port)) as wire:
            wire.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + content[: len(content) // 2])

    def until_quiet(self) -> None:
        """Wait until the server has answered all that was let go."""
        for thread in self.open:
            thread.join(60)
            assert not thread.is_alive()
        self.open.clear()


def made_sale(
    lines: Sequence[tuple[int, int, int]],
    *,
    staff_id: int,
    sold_at: datetime,
    member_id: str | None = None,
    tenders: Sequence[Row] = (),
) -> Row:
    """Return a sale of (SKU, pieces, fen a piece) before it has its number; in cash unless told otherwise."""
    payable_fen = sum(quantity * unit_fen for _sku, quantity, unit_fen in lines)
    paid = [{"tender": "cash", "amount_fen": payable_fen, "tendered_fen": payable_fen, "reference": ""}]
    return {
        "id": str(uuid7()),
        "staff_id": staff_id,
        "sold_at": sold_at.astimezone(UTC).isoformat(),
        "version": "0" * 16,
        "member_id": member_id,
        "lines": [
            {"sku_id": sku, "quantity": quantity, "unit_price_fen": fen, "net_fen": quantity * fen, "gift_of": ""}
            for sku, quantity, fen in lines
        ],
        "tenders": list(tenders) or paid,
        "payable_fen": payable_fen,
    }


def may_sell(*, heard_at: datetime, now: datetime) -> bool:
    """Tell whether a till that heard of its server then may still sell alone."""
    return now - heard_at <= LEASE
