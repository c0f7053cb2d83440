"""How the cost grows with the history: the same work beside 1, 10 and 100 times as many orders.

`python -m benchmarks growth`, or `python -m benchmarks.paths.growth --most 1000000`. Beside each history (orders with
three lines, movements, payments, events, outbox rows that were delivered, a member to every ten orders) tills sell over
HTTP, members and stores list their orders, a shop page is read, and the relay delivers what waits in the outbox.
Printed are CPU milliseconds of the product and of PostgreSQL per deed: they should stay flat. The largest tables are
listed with the pages of each index that an order touched, so that what grows has a name.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg

from benchmarks import facts, room
from benchmarks.load import crowd, mall, till
from benchmarks.load.crowd import Ask, Deed, expect
from benchmarks.paths import correct, history

# More than this many times the CPU beside a hundred times the history is no longer flat.
SALE, FLAT = "sale", 1.3
MOST, SECONDS, CLIENTS = 300_000, 3.0, 8
_RELAYED, _TOUCHED_MAX, _PAGE = 400, 12, 25


class Figure(NamedTuple):
    """What one kind of work costs per deed."""

    per_second: float
    app_ms: float
    postgres_ms: float
    p50_ms: float

    @property
    def cpu_ms(self) -> float:
        """Both together."""
        return self.app_ms + self.postgres_ms


def reading(step: str, request: bytes) -> Deed:
    """Read one page."""
    expect(step, (yield Ask(step, request)), 200)


def works(place: room.Place, shop: room.Shop) -> dict[str, list[crowd.Maker]]:
    """Return what is measured: its name and what each client does."""
    draw = till.draw_from(shop.goods, off=room.off_fen)
    buyers = [mall.Shopper(one.store_id, _token(place)) for one in shop.tills[:CLIENTS]]

    def page(step: str, request: bytes) -> crowd.Maker:
        return lambda: reading(step, request)

    return {
        SALE: till.makers(shop.tills, draw, clients=CLIENTS),
        "member's orders": [page("orders", one.get("/orders?limit=20")) for one in buyers],
        "store's orders": [page("orders", one.get("/orders?limit=20")) for one in shop.tills[:CLIENTS]],
        "shop page": [page("page", one.get(f"/stores/{one.store_id}/products?limit=20")) for one in buyers],
    }


def _token(place: room.Place) -> str:
    """Sign somebody in who has bought more often than anybody else, once there is a history."""
    from tests.harness import members

    session = members.sign_in()
    with psycopg.connect(place.url) as connection:
        connection.execute("INSERT INTO bench_buyer VALUES (%s)", [session.member.id])
    return session.token


def give_orders_to(place: room.Place, *, have: int) -> None:
    """Let the members who look at their orders be those who made the oldest of them: a full page each at least."""
    with psycopg.connect(place.url) as connection:
        connection.execute(
            "UPDATE orders_order AS o SET member_id = buyer.id FROM ("
            "SELECT id, row_number() OVER () - 1 AS n, count(*) OVER () AS count FROM bench_buyer) AS buyer "
            "WHERE o.source = 'bench' AND o.terminal_seq - 5000000000 < %s "
            "AND (o.terminal_seq - 5000000000) %% buyer.count = buyer.n",
            [max(have // 100, CLIENTS * _PAGE)],
        )


def measure(
    place: room.Place, server: room.Web, makers: Sequence[crowd.Maker], *, seconds: float
) -> tuple[Figure, int]:
    """Let them work; return what it cost, and how often it was done. Raises ``RuntimeError`` when it was refused."""
    before = facts.cpu_seconds(*server.pids), facts.cpu_seconds(place.postmaster)
    tally = crowd.run(server.address, makers, seconds=seconds)
    if tally.errors or not tally.done:
        raise RuntimeError(f"refused: {dict(tally.errors)}\n{server.log_path.read_text(errors='replace')[-2000:]}")
    app_s, postgres_s = facts.cpu_seconds(*server.pids) - before[0], facts.cpu_seconds(place.postmaster) - before[1]
    each = 1000 / tally.done
    middle = crowd.percentile(tally.deeds, 0.5) * 1000
    return Figure(tally.per_second, app_s * each, postgres_s * each, middle), tally.done


def relay(place: room.Place) -> Figure:
    """Deliver events that nobody listens to, in batches, beside all that was delivered before."""
    from quanyu.platform import outbox

    with psycopg.connect(place.url) as connection:
        connection.execute("UPDATE platform_outbox SET published_at = now() WHERE published_at IS NULL")
        connection.execute(
            "INSERT INTO platform_outbox (topic, aggregate, payload, occurred_at, next_at) "
            "SELECT 'bench.nobody.1', 'bench:' || n, '{}', now(), now() FROM generate_series(1, %s) AS n",
            [_RELAYED],
        )
    before, cpu_s, start = facts.cpu_seconds(place.postmaster), time.process_time(), time.perf_counter()
    relayed = 0
    while relayed < _RELAYED:
        relayed += outbox.relay_batch()
    each = 1000 / relayed
    took = time.perf_counter() - start
    spent = facts.cpu_seconds(place.postmaster) - before
    return Figure(relayed / took, (time.process_time() - cpu_s) * each, spent * each, took * each)


def touched(place: room.Place, sell: Callable[[], int]) -> dict[str, float]:
    """Return how many pages of each table and index an order touches; ``sell`` places orders and says how many."""
    before = _pages(place)
    orders = sell()
    return {name: (count - before.get(name, 0)) / orders for name, count in _pages(place).items()}


def _pages(place: room.Place) -> dict[str, int]:
    time.sleep(11)  # Idle connections tell what they did ten seconds late.
    query = (
        "SELECT relname AS name, heap_blks_hit + heap_blks_read AS pages FROM pg_statio_user_tables UNION ALL "
        "SELECT indexrelname, idx_blks_hit + idx_blks_read FROM pg_statio_user_indexes"
    )
    with psycopg.connect(place.url) as connection:
        return {name: count or 0 for name, count in connection.execute(query).fetchall()}


@dataclass
class Found:
    """What was measured, by the orders of the history; ``sold`` counts all sales, for the books."""

    figures: dict[int, dict[str, Figure]] = field(default_factory=dict)
    pages: dict[int, dict[str, float]] = field(default_factory=dict)
    sold: int = 0

    def growth(self) -> list[tuple[str, float]]:
        """Return how many times the CPU beside the smallest history each work takes beside the largest."""
        first, last = self.figures[min(self.figures)], self.figures[max(self.figures)]
        return [(name, last[name].cpu_ms / first[name].cpu_ms) for name in first]

    def tables(self) -> list[str]:
        """Return what to print."""
        sizes = [f"{size} orders" for size in self.figures]
        rows = [
            [name, *(f"{one[name].app_ms:.2f} + {one[name].postgres_ms:.2f}" for one in self.figures.values()), times]
            for name, times in ((name, f"{times:.2f}") for name, times in self.growth())
        ]
        last = self.pages[max(self.pages)]
        names = sorted(last, key=lambda name: -last[name])[:_TOUCHED_MAX]
        touch = [[name, *(f"{one.get(name, 0):.1f}" for one in self.pages.values())] for name in names]
        return [
            *facts.table(("app + PG CPU ms", *sizes, "times"), rows),
            "",
            *facts.table(("pages an order touches", *(f"{size} orders" for size in self.pages)), touch),
        ]


def beside(
    place: room.Place, server: room.Web, made: dict[str, list[crowd.Maker]], found: Found, *, have: int, seconds: float
) -> None:
    """Measure everything beside a history of so many orders; pages only beside every second one: that takes long."""
    found.figures[have] = {}
    for name, makers in made.items():
        # The first run warms up what the server keeps.
        for share in (0.3, 1.0):
            found.figures[have][name], done = measure(place, server, makers, seconds=share * seconds)
            found.sold += done if name == SALE else 0

    def sell() -> int:
        _, done = measure(place, server, made[SALE], seconds=seconds)
        found.sold += done
        return done

    if len(found.figures) % 2:
        found.pages[have] = touched(place, sell)
    # Last: it marks what the sales left behind as delivered.
    found.figures[have]["relay an event"] = relay(place)
    print(f"  {have} orders: " + ", ".join(f"{name} {one.cpu_ms:.2f} ms" for name, one in found.figures[have].items()))


def execute(*, most: int = MOST, seconds: float = SECONDS, size: room.Size | None = None, keep: bool = False) -> bool:
    """Measure beside each history; print; return whether all stayed flat and all adds up."""
    found = Found()
    with room.database() as place:
        shop = room.furnish(place, size or room.Size(hot_tills=0, tills=40))
        history.prepare(place, shop)
        with psycopg.connect(place.url) as connection:
            connection.execute("CREATE TABLE bench_buyer (id uuid)")
        lines = facts.of_machine(place.folder, postgres=place.version)
        made = works(place, shop)
        with room.web(place) as server:
            for have, want in ((0, most // 100), (most // 100, most // 10), (most // 10, most)):
                history.extend(place, have=have, want=want)
                give_orders_to(place, have=want)
                beside(place, server, made, found, have=want, seconds=seconds)
        problems = correct.problems(place, answered=found.sold + most, by_pgbench=0)
        large = [[name, f"{rows / 1e6:.0f}", f"{index / 1e6:.0f}"] for name, rows, index in history.sizes(place)]
    grown = [name for name, times in found.growth() if times > FLAT]
    lines = [
        "# Cost beside a history",
        "",
        *(f"- {line}" for line in lines),
        f"- flat (at most {FLAT} times the CPU beside 100 times the orders): "
        + (f"not {', '.join(grown)}" if grown else "all"),
        f"- correctness: {'; '.join(problems) or 'all adds up'}",
        "",
        *found.tables(),
        "",
        *facts.table(("table", "MB", "MB of indexes"), large),
    ]
    print("\n".join(lines))
    if keep:
        facts.write("growth", lines)
    return not problems and not grown


def main() -> bool:
    """Measure with the usual sizes and keep the result."""
    return execute(keep=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paths.growth", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--most", type=int, default=MOST, help="orders of the largest history; the others: 1 %% and 10 %%"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="per kind of work")
    parser.add_argument("--keep", action="store_true", help="write the result to benchmarks/results")
    chosen = parser.parse_args()
    sys.exit(0 if execute(most=chosen.most, seconds=chosen.seconds, keep=chosen.keep) else 1)
