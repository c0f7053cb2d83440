"""Orders per second through the one order path: `python -m benchmarks.paths.place_order`.

Makes a throw-away PostgreSQL with fsync on, a small chain in it, and lets 1 and 8 threads sell two-line receipts at the
till through `checkout.place_order` (price chain, stock, lines, money, events). In the same run, by turns, the
reference: a bare PL/pgSQL function that does the least an order could do (two conditional stock updates and four rows),
called by as many connections. The ratio of the two holds on any machine; no goal is set here yet.

A third way sells the same receipts to members who pay with a coupon and with points: what rights cost, beside the same
sales without.
"""

from __future__ import annotations

import os
import platform
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

import psycopg

from quanyu.platform import postgres
from tests.harness.database import ROOT, SECRETS, at

ROUNDS, SECONDS, THREADS = 3, 4.0, (1, 8)
MEMBERS, COUPONS_EACH, COUPON_FEN, POINTS = 200, 80, 100, 100
STOCK = 10_000_000
REFERENCE = """
    CREATE TABLE bench_stock (sku int PRIMARY KEY, on_hand bigint CHECK (on_hand >= 0));
    INSERT INTO bench_stock SELECT sku, 1000000000 FROM generate_series(1, 200) AS sku;
    CREATE TABLE bench_order (id uuid PRIMARY KEY, payable_fen bigint, placed_at timestamptz);
    CREATE TABLE bench_line (order_id uuid, number int, sku int, quantity int, PRIMARY KEY (order_id, number));
    CREATE TABLE bench_payment (id bigserial PRIMARY KEY, order_id uuid, amount_fen bigint);
    CREATE FUNCTION bench_sell(p_first int, p_second int) RETURNS uuid LANGUAGE plpgsql AS $$
    DECLARE v_id uuid := gen_random_uuid();
    BEGIN
        INSERT INTO bench_order VALUES (v_id, 1930, now());
        INSERT INTO bench_line VALUES (v_id, 1, p_first, 1), (v_id, 2, p_second, 1);
        INSERT INTO bench_payment (order_id, amount_fen) VALUES (v_id, 1930);
        UPDATE bench_stock SET on_hand = on_hand - 1 WHERE sku = least(p_first, p_second) AND on_hand >= 1;
        UPDATE bench_stock SET on_hand = on_hand - 1 WHERE sku = greatest(p_first, p_second) AND on_hand >= 1;
        RETURN v_id;
    END $$;
"""


def per_second(threads: int, make: Callable[[], Callable[[], object]]) -> float:
    """Return how many deeds per second so many threads do; each makes its own deed first."""
    counts, start = [0] * threads, threading.Barrier(threads + 1)

    def run(index: int) -> None:
        deed = make()
        deed()
        start.wait()
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            deed()
            counts[index] += 1

    workers = [threading.Thread(target=run, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    for worker in workers:
        worker.join()
    return sum(counts) / SECONDS


def reference(url: str) -> Callable[[], Callable[[], object]]:
    """Return a maker of bare sales, each with a connection of its own."""

    def make() -> Callable[[], object]:
        connection, chance = psycopg.connect(url, autocommit=True), random.Random()
        return lambda: connection.execute(
            "SELECT bench_sell(%s, %s)", (chance.randint(1, 100), chance.randint(101, 200))
        )

    return make


def product() -> tuple[Callable[[], Callable[[], object]], Callable[[], Callable[[], object]]]:
    """Make a chain and return a maker of till sales in it, and one of such sales with a coupon and points."""
    from quanyu.kernel.ids import uuid7
    from quanyu.modules.checkout.contracts import TillFacts
    from tests.harness.chain import BREAD_FEN, MILK_FEN, make_chain
    from tests.harness.checkout import place, till_command

    chains = [make_chain(stock=STOCK) for _ in range(4)]
    wallet = coupons_of_members()

    def seller(rights: Callable[[], dict[str, object]], cash_fen: int) -> Callable[[], Callable[[], object]]:
        def make() -> Callable[[], object]:
            chance, till, seq = random.Random(), uuid7(), iter(range(1, 10**9))

            def sell() -> object:
                chain = chance.choice(chains)
                facts = TillFacts(terminal_id=till, shift_id=None, seq=next(seq))
                lines = ((chain.milk, 1), (chain.bread, 1))
                return place(till_command(chain.store, *lines, cash_fen=cash_fen, till=facts, **rights()))

            return sell

        return make

    def used() -> dict[str, object]:
        member_id, coupon_id = wallet.popleft()
        return {"member_id": member_id, "coupon_ids": (coupon_id,), "points": POINTS}

    whole_fen = MILK_FEN + BREAD_FEN
    # Without settings a point is worth a fen.
    return seller(dict, whole_fen), seller(used, whole_fen - COUPON_FEN - POINTS)


def coupons_of_members() -> deque[tuple[object, object]]:
    """Give members points and coupons, and return (member, coupon) in an order that meets each member rarely."""
    from quanyu.kernel.actor import SYSTEM
    from quanyu.kernel.clock import system_clock
    from quanyu.kernel.period import Period
    from quanyu.modules.coupons import api as coupons
    from tests.harness.checkout import give_points
    from tests.harness.coupons import make_template
    from tests.harness.members import make_member

    now = system_clock.now()
    members = [make_member() for _ in range(MEMBERS)]
    for member in members:
        give_points(member, COUPONS_EACH * POINTS)
    period = Period(now - timedelta(days=1), now + timedelta(days=1))
    offer = make_template(now=now, claim_period=period, amount_fen=COUPON_FEN, per_person_limit=None)
    wallet: deque[tuple[object, object]] = deque()
    for turn in range(COUPONS_EACH):
        given = coupons.grant(
            template_code=offer.code,
            member_ids=[member.id for member in members],
            trigger="benchmark",
            cause_id=str(turn),
            actor=SYSTEM,
            now=now,
        )
        wallet.extend(given.issued.items())
    return wallet


def main() -> None:
    """Alternate them for each number of threads and print medians and ratios."""
    with postgres.scratch_folder() as folder, postgres.Server(folder / "pg") as server:
        postgres.create_database(server.address.url("postgres"), "bench")
        url = at(server.address.url("postgres"), "bench")
        os.environ.update(SECRETS | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "quanyu.entrypoints.settings"})
        subprocess.run([sys.executable, "-m", "tests.harness.migrate"], cwd=ROOT, check=True)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(REFERENCE)
        import django

        django.setup()
        plain, with_rights = product()
        ways = {"bare function": reference(url), "place_order": plain, "with rights": with_rights}
        print(
            f"Python {platform.python_version()}, {os.cpu_count()} cores, {ROUNDS} rounds of {SECONDS:.0f} s, fsync on"
        )
        for threads in THREADS:
            found: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(ROUNDS):
                for name, make in ways.items():
                    found[name].append(per_second(threads, make))
            bare, path, rights = (statistics.median(found[name]) for name in ways)
            print(
                f"{threads} threads: bare function {bare:7.0f}/s, place_order {path:7.0f}/s, "
                f"with coupon and points {rights:7.0f}/s; one order path costs {bare / path:.1f} bare orders, "
                f"with rights {bare / rights:.1f} (rights add {1000 / rights * threads - 1000 / path * threads:.1f} ms)"
            )


if __name__ == "__main__":
    main()
