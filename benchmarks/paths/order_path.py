"""P1 and P2: paid orders of three lines over HTTP, against one PL/pgSQL function per order that writes the same.

`python -m benchmarks order-path`, or `python -m benchmarks.paths.order_path --short` for a quick look. A throw-away
PostgreSQL with fsync on holds 10,000 SKUs in 20 stores; the product is served as `quanyu up` serves it, tills sell for
cash over keep-alive connections with the real price chain. The reference is pgbench (order_path.sql). Both take turns
in one run: forwards, then backwards. P1: at least as many orders as the reference with 16 clients, 1.5 times as many
with 64. P2: the first line of every order is one SKU of one store; 5 times the reference, 64 clients against 64.

After the run everything is counted: see correct.py. Results with the machine's facts go to benchmarks/results.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from benchmarks import facts, room
from benchmarks.load import crowd, till
from benchmarks.paths import correct, reference, same_writes
from benchmarks.paths.reference import Slice

ADDS_UP = "orders = payments = events, stock drop = movements, nothing oversold, no breach"
P1_GOALS, P2_GOAL, P2_P99_MS, CPU_GOAL_MS = {16: 1.0, 64: 1.5}, 5.0, 150.0, 3.0


@dataclass(frozen=True)
class Plan:
    """How long: rounds, seconds per slice, seconds of warming up, and the clients of the largest crowd."""

    rounds: int
    seconds: float
    warm_s: float
    size: room.Size
    few: int = 16
    many: int = 64


FULL = Plan(rounds=5, seconds=4.0, warm_s=3.0, size=room.Size())
SHORT = Plan(rounds=2, seconds=2.0, warm_s=1.0, size=room.Size())


@dataclass(frozen=True)
class Way:
    """One thing that is measured. ``compared``: the reference's way that its rate is divided by."""

    name: str
    run: Callable[[float], Slice]
    compared: str = ""


def product(place: room.Place, server: room.Web, shop: room.Shop, *, clients: int, seconds: float, hot: bool) -> Slice:
    """Let so many tills sell over HTTP."""
    draw = till.draw_from(shop.goods, off=room.off_fen, first=0 if hot else None)
    before = facts.cpu_seconds(*server.pids), facts.cpu_seconds(place.postmaster)
    makers = till.makers(shop.hot_tills if hot else shop.tills, draw, clients=clients)
    tally = crowd.run(server.address, makers, seconds=seconds)
    spent = facts.cpu_seconds(*server.pids) - before[0], facts.cpu_seconds(place.postmaster) - before[1]
    if not tally.done:
        raise RuntimeError(f"nothing was sold: {dict(tally.errors)}\n{server.log_path.read_text()[-3000:]}")
    each = 1000 / tally.done
    return Slice(
        orders=tally.done,
        per_second=tally.per_second,
        latencies=list(tally.deeds),
        app_ms=spent[0] * each,
        postgres_ms=spent[1] * each,
        client_ms=tally.cpu_s * each,
        errors=dict(tally.errors),
    )


def ways(place: room.Place, shop: room.Shop, plan: Plan, servers: dict[int, room.Web]) -> list[Way]:
    """Return all that is measured: the lone order, P1 and P2, with each number of worker processes."""

    def pgbench(clients: int, *, hot: bool = False) -> Way:
        run = partial(reference.run, place, shop, clients=clients, hot=hot)
        return Way(_title("pgbench", clients, hot=hot), lambda seconds: run(seconds=seconds))

    def served(workers: int, clients: int, compared: Way, *, hot: bool = False) -> Way:
        run = partial(product, place, servers[workers], shop, clients=clients, hot=hot)
        name = _title(f"product {workers}w", clients, hot=hot)
        return Way(name, lambda seconds: run(seconds=seconds), compared=compared.name)

    lone, spread, hot = pgbench(1), pgbench(plan.few), pgbench(plan.many, hot=True)
    first = next(iter(servers))
    return [
        lone,
        served(first, 1, lone),
        spread,
        *(served(workers, clients, spread) for workers in servers for clients in (plan.few, plan.many)),
        hot,
        *(served(workers, plan.many, hot, hot=True) for workers in servers),
    ]


def _title(side: str, clients: int, *, hot: bool) -> str:
    return f"{side}, {'hot ' if hot else ''}{clients}"


def measure(place: room.Place, plan: Plan, all_ways: Sequence[Way]) -> dict[str, list[Slice]]:
    """Warm each way up, then run them in turns, every second round backwards."""
    for way in all_ways:
        way.run(plan.warm_s)
    room.settle(place)
    slices: dict[str, list[Slice]] = {way.name: [] for way in all_ways}
    for turn in range(plan.rounds):
        for way in all_ways if turn % 2 == 0 else reversed(all_ways):
            slices[way.name].append(way.run(plan.seconds))
            print(
                f"  round {turn + 1}/{plan.rounds} {way.name:<22} {slices[way.name][-1].per_second:7.0f}/s", flush=True
            )
    return slices


def ratio(ours: Sequence[Slice], theirs: Sequence[Slice]) -> float:
    """Return the median of the ratios of slices of the same round."""
    return statistics.median(
        one.per_second / other.per_second if other.per_second else 0.0 for one, other in zip(ours, theirs, strict=True)
    )


def row(way: Way, slices: dict[str, list[Slice]]) -> list[str]:
    """Return a line of the table."""
    own = slices[way.name]
    latencies = [value for one in own for value in one.latencies]
    middle = {
        name: statistics.median(getattr(one, name) for one in own)
        for name in ("per_second", "app_ms", "postgres_ms", "client_ms")
    }
    return [
        way.name,
        f"{middle['per_second']:.0f}",
        f"{min(one.per_second for one in own):.0f}-{max(one.per_second for one in own):.0f}",
        f"{ratio(own, slices[way.compared]):.2f}" if way.compared else "1",
        f"{crowd.percentile(latencies, 0.5) * 1000:.1f}",
        f"{crowd.percentile(latencies, 0.99) * 1000:.1f}",
        f"{middle['app_ms']:.2f}",
        f"{middle['postgres_ms']:.2f}",
        f"{middle['client_ms']:.2f}",
    ]


HEAD = (
    "way, clients",
    "orders/s",
    "range",
    "x pgbench",
    "p50 ms",
    "p99 ms",
    "app CPU ms",
    "PG CPU ms",
    "client CPU ms",
)


def verdicts(plan: Plan, all_ways: Sequence[Way], slices: dict[str, list[Slice]]) -> list[tuple[str, bool]]:
    """Return every goal with whether it was reached; the better of one and two workers counts, and is named."""
    by_name = {way.name: way for way in all_ways}

    def best(title: str) -> tuple[float, Way]:
        candidates = [by_name[name] for name in (f"product 1w, {title}", f"product 2w, {title}") if name in by_name]
        return max(((ratio(slices[way.name], slices[way.compared]), way) for way in candidates), key=lambda one: one[0])

    found = []
    for clients, goal in zip((plan.few, plan.many), P1_GOALS.values(), strict=True):
        reached, way = best(str(clients))
        found.append((f"P1 {way.name}: {reached:.2f} x pgbench (goal {goal:g})", reached >= goal))
        cpu = statistics.median(one.app_ms + one.postgres_ms for one in slices[way.name])
        found.append((f"P1 {way.name}: {cpu:.2f} ms of CPU per order (goal below {CPU_GOAL_MS:g})", cpu < CPU_GOAL_MS))
    reached, way = best(f"hot {plan.many}")
    found.append((f"P2 {way.name}: {reached:.2f} x pgbench (goal {P2_GOAL:g})", reached >= P2_GOAL))
    p99_ms = crowd.percentile([value for one in slices[way.name] for value in one.latencies], 0.99) * 1000
    found.append((f"P2 {way.name}: p99 {p99_ms:.0f} ms (goal {P2_P99_MS:g})", p99_ms <= P2_P99_MS))
    return found


class Ledger:
    """Counts what every side was told stands, so that the books can be compared at the end."""

    def __init__(self) -> None:
        self.by_pgbench = self.by_product = 0
        self.errors: Counter[str] = Counter()

    def kept(self, way: Way) -> Way:
        """Return the way so that its orders are counted."""

        def run(seconds: float) -> Slice:
            one = way.run(seconds)
            if way.compared:
                self.by_product += one.orders
            else:
                self.by_pgbench += one.orders
            self.errors.update(one.errors)
            return one

        return replace(way, run=run)


def execute(plan: Plan, *, workers: Sequence[int] = (1, 2), keep: str = "order-path") -> bool:
    """Measure, check, print, keep the results; return whether all goals were reached and all adds up."""
    with room.database() as place:
        shop = room.furnish(place, plan.size)
        reference.install(place, shop)
        lines = facts.of_machine(place.folder, postgres=place.version)
        print("\n".join(lines), flush=True)
        load, ledger = facts.Load.now(), Ledger()
        with ExitStack() as running:
            servers = {count: running.enter_context(room.web(place, workers=count)) for count in workers}
            all_ways = [ledger.kept(way) for way in ways(place, shop, plan, servers)]
            slices = measure(place, plan, all_ways)
            lines.append(f"steal {facts.Load.now().steal_percent(load):.1f} % during the run")
            sides = {"pgbench": f"pgbench, {plan.few}", "product": f"product {workers[0]}w, {plan.few}"}
            runs = {way.name: way.run for way in all_ways}
            compared = same_writes.compare(
                place, {name: partial(runs[way], plan.warm_s) for name, way in sides.items()}
            )
        problems = correct.problems(place, answered=ledger.by_product, by_pgbench=ledger.by_pgbench)
    goals = verdicts(plan, all_ways, slices)
    lines = [
        "# Orders per second (P1, P2)",
        "",
        *(f"- {line}" for line in lines),
        f"- {plan.rounds} rounds of {plan.seconds:g} s, in turns; {plan.size.skus} SKUs in {plan.size.stores} stores",
        "",
        *facts.table(HEAD, [row(way, slices) for way in all_ways]),
        "",
        *(f"- {'reached' if reached else 'MISSED'}: {text}" for text, reached in goals),
        f"- errors: {dict(ledger.errors) or 'none'}",
        f"- correctness: {'; '.join(problems) or ADDS_UP} ({ledger.by_product} orders over HTTP)",
        "",
        *compared,
    ]
    print("\n".join(lines))
    if keep:
        print(f"\nwritten to {facts.write(keep, lines).relative_to(room.ROOT)}")
    return not problems and all(reached for _, reached in goals)


def main() -> bool:
    """Measure all, the long way."""
    return execute(FULL)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paths.order_path", description=__doc__.split("\n")[0])
    parser.add_argument("--short", action="store_true", help="a quick look: fewer and shorter rounds, nothing kept")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="worker processes of the server")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = _arguments()
    plan = SHORT if chosen.short else FULL
    sys.exit(0 if execute(plan, workers=chosen.workers, keep="" if chosen.short else "order-path") else 1)
