"""P6: from a sale at the till to the new figure in the mall, and from a mall order to the till, at 100 orders a second.

Orders go out by the clock, not one after another: each at its moment, whatever the others take. Every order is for
goods that nobody else buys in that store during the run, so the event that shows it is known by its figure. Measured
from the answer of the order (what "has happened" means to whoever waits) and from its request.

Then what was chosen is compared with what was not: waking readers by NOTIFY costs every commit.
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psycopg

from benchmarks import facts, room
from benchmarks.load import http1
from benchmarks.load.crowd import percentile
from quanyu.kernel.ids import uuid7

ORDERS_PER_S, SECONDS, LINES = 100, 8.0, 3
CLIENTS = 24
GOAL_MS = 200
SIZE = room.Size(skus=4_000, stores=4, tills=CLIENTS, hot_tills=0)
PATIENCE_S, QUIET_SECONDS = 5.0, 4.0
_NOTIFY_ROUNDS, _NOTIFY_SECONDS, _NOTIFY_CLIENTS = 3, 2.0, 16


@dataclass
class Seen:
    """When each (store, SKU) was first told, by all streams of one channel; the figure that was told."""

    at: dict[tuple[int, int], tuple[float, int]] = field(default_factory=dict)
    events: int = 0


@dataclass
class Sent:
    """An order: its goods and its moments."""

    store_id: int
    skus: list[int]
    asked: float
    answered: float


class Watcher(threading.Thread):
    """Reads one stream."""

    def __init__(self, address: tuple[str, int], path: str, *, store_id: int, token: str, seen: Seen) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_connection(address, timeout=60)
        headers = {"Host": "127.0.0.1", "Accept": "text/event-stream"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._socket.sendall(http1.request(http1.template("GET", path, headers)))
        self._store_id, self._seen = store_id, seen
        self.ready = threading.Event()

    def run(self) -> None:
        waiting = b""
        with contextlib.suppress(OSError):
            while received := self._socket.recv(1 << 16):
                now = time.perf_counter()
                waiting += received
                *lines, waiting = waiting.split(b"\n")
                for line in lines:
                    if line.startswith(b"event: open"):
                        self.ready.set()
                    elif line.startswith(b'data: {"items"'):
                        self._seen.events += 1
                        for item in json.loads(line[6:])["items"]:
                            key = self._store_id, item["sku_id"]
                            self._seen.at.setdefault(key, (now, item["available"]))

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


def paced(address: tuple[str, int], orders: Sequence[tuple[int, list[tuple[int, int]], bytes]]) -> list[Sent]:
    """Send each order at its moment over one of the connections that are free; return those that were placed."""
    sent: list[Sent] = []
    waiting: queue.SimpleQueue[tuple[float, int] | None] = queue.SimpleQueue()
    start = time.perf_counter() + 0.5

    def client() -> None:
        with socket.create_connection(address, timeout=60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (job := waiting.get()) is not None:
                store_id, basket, request = orders[job[1]]
                asked = time.perf_counter()
                connection.sendall(request)
                answers, reply = http1.Answers(), None
                while reply is None:
                    reply = answers.feed(connection.recv(1 << 16))
                if reply.status != 201:
                    raise RuntimeError(f"{reply.status} {reply.body[:300]!r}")
                # From the moment at which it was due: a client that is late would hide the server's delay.
                sent.append(Sent(store_id, [sku for sku, _ in basket], min(asked, job[0]), time.perf_counter()))

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    for number in range(len(orders)):
        due = start + number / ORDERS_PER_S
        time.sleep(max(0.0, due - time.perf_counter()))
        waiting.put((due, number))
    for _ in clients:
        waiting.put(None)
    for one in clients:
        one.join()
    return sent


def direction(
    name: str, server: room.Web, watchers: Sequence[tuple[int, str, str]], make: Iterator[tuple[int, list, bytes]]
) -> tuple[list[object], float]:
    """Measure one direction; return its row and the 99th percentile from answer to event in ms."""
    seen = Seen()
    watching = [
        Watcher(server.address, path, store_id=store, token=token, seen=seen) for store, path, token in watchers
    ]
    for one in watching:
        one.start()
    for one in watching:
        assert one.ready.wait(10), "the stream did not open"
    orders = [next(make) for _ in range(int(ORDERS_PER_S * SECONDS))]
    begun, cpu = time.perf_counter(), facts.cpu_seconds(*server.pids)
    sent = paced(server.address, orders)
    taken = time.perf_counter() - begun - 0.5
    deadline = time.perf_counter() + PATIENCE_S
    wanted = {(one.store_id, sku) for one in sent for sku in one.skus}
    while time.perf_counter() < deadline and not wanted <= seen.at.keys():
        time.sleep(0.01)
    for one in watching:
        one.close()
    missing = wanted - seen.at.keys()
    wrong = [key for key in wanted & seen.at.keys() if seen.at[key][1] != SIZE.stock - 1]
    if missing or wrong:
        raise RuntimeError(f"{len(missing)} sales were never told, {len(wrong)} with another figure")
    last = [(one, max(seen.at[one.store_id, sku][0] for sku in one.skus)) for one in sent]
    from_answer = [max(0.0, (at - one.answered) * 1000) for one, at in last]
    from_request = [(at - one.asked) * 1000 for one, at in last]
    answers = [(one.answered - one.asked) * 1000 for one in sent]
    spent = (facts.cpu_seconds(*server.pids) - cpu) * 1000 / len(sent)
    figures = [
        f"{percentile(values, share):.0f}" for values in (from_answer, from_request, answers) for share in (0.5, 0.99)
    ]
    return [name, f"{len(sent) / taken:.0f}", *figures, seen.events, f"{spent:.1f}"], percentile(from_answer, 0.99)


def sales(shop: room.Shop) -> Iterator[tuple[int, list, bytes]]:
    """Make sales by turns at all tills, of goods from the front."""
    place = dict.fromkeys((till.store_id for till in shop.tills), 0)
    number = 0
    while True:
        till = shop.tills[number % len(shop.tills)]
        number += 1
        at = place[till.store_id]
        basket = shop.goods[at : at + LINES]
        place[till.store_id] += LINES
        total = sum(fen for _, fen in basket)
        fen = total - room.off_fen(total)
        body = {
            "id": str(uuid7()),
            "seq": next(till.numbers),
            "lines": [{"sku_id": sku, "quantity": 1} for sku, _ in basket],
            "tenders": [{"tender": "cash", "amount_fen": fen, "tendered_fen": fen}],
        }
        yield till.store_id, basket, till.post("/sales", json.dumps(body).encode())


def mall_orders(shop: room.Shop) -> Iterator[tuple[int, list, bytes]]:
    """Make orders for pickup by turns in all stores, of goods from the back."""
    shoppers = room.make_shoppers(shop.stores, CLIENTS)
    place = dict.fromkeys((store.unit.id for store in shop.stores), len(shop.goods))
    number = 0
    while True:
        shopper = shoppers[number % len(shoppers)]
        number += 1
        place[shopper.store_id] -= LINES
        at = place[shopper.store_id]
        basket = shop.goods[at : at + LINES]
        order_id = str(uuid7())
        body = {
            "id": order_id,
            "store_id": shopper.store_id,
            "delivery": "pickup",
            "lines": [{"sku_id": sku, "quantity": 1} for sku, _ in basket],
        }
        yield shopper.store_id, basket, shopper.post("/orders", body, Idempotency_Key=order_id)


def quiet(place: room.Place, server: room.Web, watchers: Sequence[tuple[int, str, str]]) -> str:
    """Return what open streams cost while nothing is sold."""
    seen, parts = Seen(), (server.pids, (place.postmaster,))
    watching = [
        Watcher(server.address, path, store_id=store, token=token, seen=seen) for store, path, token in watchers
    ]
    for one in watching:
        one.start()
        assert one.ready.wait(10), "the stream did not open"
    before, begun = [facts.cpu_seconds(*pids) for pids in parts], time.perf_counter()
    time.sleep(QUIET_SECONDS)
    taken = time.perf_counter() - begun
    shares = [100 * (facts.cpu_seconds(*pids) - start) / taken for pids, start in zip(parts, before, strict=True)]
    for one in watching:
        one.close()
    product, postgres = (f"{share:.1f} % of a core" for share in shares)
    return f"{len(watching)} quiet streams take {product} in the product and {postgres} in PostgreSQL"


def notify_or_not(place: room.Place) -> list[str]:
    """Commit small transactions from many connections, with and without NOTIFY by turns; return the table."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    with psycopg.connect(place.url, autocommit=True) as one:
        one.execute("CREATE TABLE IF NOT EXISTS bench_commit (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz)")
    for _ in range(_NOTIFY_ROUNDS):
        for notifies in (False, True):
            rates[notifies].append(_commits(place.url, notifies=notifies))
    rows = [
        [name, f"{sorted(rates[key])[len(rates[key]) // 2]:.0f}", ", ".join(f"{rate:.0f}" for rate in rates[key])]
        for key, name in ((False, "without"), (True, "with NOTIFY"))
    ]
    return facts.table(("commits", "median per second", "rounds"), rows)


def _commits(url: str, *, notifies: bool) -> float:
    counts: list[int] = []
    statement = "INSERT INTO bench_commit (at) VALUES (now())"
    if notifies:
        statement = f"WITH made AS ({statement} RETURNING id) SELECT pg_notify('stock', '') FROM made"
    until = time.perf_counter() + _NOTIFY_SECONDS

    def client() -> None:
        done = 0
        with psycopg.connect(url, autocommit=True) as held:
            while time.perf_counter() < until:
                held.execute(statement)
                done += 1
        counts.append(done)

    clients = [threading.Thread(target=client) for _ in range(_NOTIFY_CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return sum(counts) / _NOTIFY_SECONDS


def main() -> bool:
    """Measure both directions; return whether both keep the goal."""
    with room.database() as place:
        shop = room.furnish(place, SIZE)
        machine = facts.of_machine(place.folder, postgres=place.version)
        print("\n".join(machine), flush=True)
        commits = notify_or_not(place)
        with room.web(place) as server:
            stores = [store.unit.id for store in shop.stores]
            mall = [(store, f"/api/mall/v1/stores/{store}/stock/live", "") for store in stores]
            counters = {till.store_id: till.token for till in shop.tills}
            tills = [(store, "/api/pos/v1/stock/live", counters[store]) for store in stores]
            idle = quiet(place, server, mall)
            to_mall = direction("till -> mall", server, mall, sales(shop))
            to_till = direction("mall -> till", server, tills, mall_orders(shop))
    head = ("direction", "orders/s", "answer -> event p50 ms", "p99 ms", "request -> event p50 ms", "p99 ms")
    head += ("answer p50 ms", "p99 ms", "events", "app CPU ms per order")
    lines = ["# P6: live stock", "", *machine, ""]
    lines += [f"{ORDERS_PER_S} orders a second for {SECONDS:.0f} s, {LINES} lines each, {SIZE.stores} stores", ""]
    lines += facts.table(head, [to_mall[0], to_till[0]])
    is_reached = max(to_mall[1], to_till[1]) <= GOAL_MS
    lines += ["", f"Goal: p99 from the answer to the event <= {GOAL_MS} ms: {'reached' if is_reached else 'missed'}"]
    lines += ["", idle]
    lines += [
        "",
        f"What a wake-up by NOTIFY would cost ({_NOTIFY_CLIENTS} connections, one row per commit):",
        "",
        *commits,
    ]
    print("\n".join(lines))
    facts.write("live-stock", lines)
    return is_reached


if __name__ == "__main__":
    main()
