"""Where an order's time goes, by the size of its batch: `python -m benchmarks.paths.order_steps --profile --rights`.

No HTTP: one thread takes batches of till sales through `checkout.ops.submit_orders`, as the coordinator does. Printed
per order: CPU of this process by step, CPU of PostgreSQL, and the clock. With --profile also the functions of Python
and the statements of PostgreSQL (inside of functions too) that took most, with batches of --batch orders.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import facts, room
from benchmarks.load import till

BATCHES, ORDERS, WARM = (1, 8, 16, 64), 512, 128
MEMBERS, COUPONS_EACH, COUPON_FEN, POINTS = 200, 12, 100, 100
_STATEMENTS = """
    SELECT regexp_replace(query, '\\s+', ' ', 'g') AS query, calls, total_exec_time AS ms, rows
    FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT %s
"""


class Steps:
    """CPU seconds of this process by step; a step's inner steps are not taken off."""

    def __init__(self) -> None:
        self.cpu_s: Counter[str] = Counter()

    def watch(self, owner: Any, name: str, title: str) -> None:
        """Count what a function of a module takes from now on."""
        original: Callable[..., Any] = getattr(owner, name)

        def counted(*given: Any, **named: Any) -> Any:
            start = time.thread_time()
            try:
                return original(*given, **named)
            finally:
                self.cpu_s[title] += time.thread_time() - start

        setattr(owner, name, counted)


def seller(shop: room.Shop, *, wallet: deque[tuple[UUID, UUID]] | None = None) -> Callable[[int], list[Any]]:
    """Return a maker of so many sales at different tills, as the till's API hands them to checkout.

    ``wallet``: (member, coupon) of sales that are paid with a coupon and points, too.
    """
    from quanyu.kernel.clock import system_clock
    from quanyu.kernel.ids import uuid7
    from quanyu.modules.checkout.contracts import Asked, TenderGiven
    from quanyu.modules.identity import api as identity
    from quanyu.modules.pos import api as pos
    from quanyu.modules.pos.contracts import Sale, SaleLine
    from quanyu.modules.pos.ops import sell

    draw = till.draw_from(shop.goods, off=room.off_fen)
    people = []
    for one in shop.tills:
        actor = identity.actor_for_token(token=one.staff_token, now=system_clock.now())
        assert actor is not None
        people.append((one, actor, pos.till_of(actor=actor)))
    turn = iter(range(10**9))

    def sales(count: int) -> list[Any]:
        made = []
        for _ in range(count):
            one, actor, known = people[next(turn) % len(people)]
            basket, payable_fen = draw()
            sale = Sale(
                id=uuid7(),
                seq=next(one.numbers),
                lines=tuple(SaleLine(sku_id=sku, quantity=quantity) for sku, quantity in basket),
                tenders=(TenderGiven("cash", payable_fen, payable_fen),),
            )
            if wallet is not None:
                member_id, coupon_id = wallet.popleft()
                # Without settings a point is worth a fen.
                rest_fen = payable_fen - COUPON_FEN - POINTS
                sale = replace(
                    sale,
                    member_id=member_id,
                    coupon_ids=(coupon_id,),
                    points=POINTS,
                    tenders=(TenderGiven("cash", rest_fen, rest_fen),),
                )
            command = sell.command(sale=sale, till=known, shift_id=one.shift_id, staff_id=one.staff_id)
            made.append(Asked(command, actor))
        return made

    return sales


def coupons_of_members() -> deque[tuple[UUID, UUID]]:
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
    wallet: deque[tuple[UUID, UUID]] = deque()
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


def measure(
    place: room.Place, sales: Callable[[int], list[Any]], steps: Steps, *, batch: int, orders: int
) -> list[str]:
    """Place so many orders in batches; return a row of the table. Raises ``RuntimeError`` when one is refused."""
    from quanyu.kernel.clock import system_clock
    from quanyu.kernel.problem import Problem
    from quanyu.modules.checkout.ops import submit_orders

    asked = [sales(batch) for _ in range(max(1, orders // batch))]
    steps.cpu_s.clear()
    postgres_s, clock_s, cpu_s = facts.cpu_seconds(place.postmaster), time.perf_counter(), time.thread_time()
    for one in asked:
        refused = [
            outcome for outcome in submit_orders.submit(one, now=system_clock.now()) if isinstance(outcome, Problem)
        ]
        if refused:
            raise RuntimeError(f"an order was refused: {refused[0].code}")
    cpu_s, clock_s = time.thread_time() - cpu_s, time.perf_counter() - clock_s
    postgres_s = facts.cpu_seconds(place.postmaster) - postgres_s
    each = 1000 / (len(asked) * batch)
    inner = [steps.cpu_s[title] * each for title in TITLES]
    return [str(batch), *(f"{value:.3f}" for value in (*inner, cpu_s * each, postgres_s * each, clock_s * each))]


TITLES = ("price", "payload", "call")


def watched() -> Steps:
    """Return the steps, counted from now on."""
    from quanyu.modules.checkout.ops import place_order, price_batch
    from quanyu.platform import db

    steps = Steps()
    steps.watch(price_batch, "priced", "price")
    steps.watch(place_order, "payload", "payload")
    steps.watch(db, "call_json", "call")
    return steps


def profile(place: room.Place, sales: Callable[[int], list[Any]], steps: Steps, *, batch: int, lines: int = 25) -> None:
    """Print what took most, in Python and in PostgreSQL."""
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_statements_reset()")
        profiler = cProfile.Profile()
        profiler.enable()
        measure(place, sales, steps, batch=batch, orders=ORDERS)
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(lines)
        pstats.Stats(profiler).sort_stats("cumtime").print_stats(2 * lines)
        for query, calls, spent_ms, rows in connection.execute(_STATEMENTS, [lines]).fetchall():
            print(f"{spent_ms / ORDERS:7.3f} ms per order, {calls / ORDERS:6.2f} calls, {rows:6d} rows: {query[:150]}")


def main() -> None:
    """Print the table, and the profile when asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--rights", action="store_true", help="also sales paid with a coupon and points")
    parser.add_argument("--batch", type=int, default=16, help="orders per batch of the profile")
    chosen = parser.parse_args()
    with room.database() as place:
        with psycopg.connect(place.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            connection.execute(
                f"ALTER DATABASE {room.NAME} SET pg_stat_statements.track = 'all'" * chosen.profile or "SELECT"
            )
        shop = room.furnish(place, room.Size(hot_tills=0))
        sales, steps = seller(shop), watched()
        measure(place, sales, steps, batch=16, orders=WARM)
        room.settle(place)
        rows = [measure(place, sales, steps, batch=batch, orders=ORDERS) for batch in BATCHES]
        if chosen.rights:
            entitled = seller(shop, wallet=coupons_of_members())
            for batch in BATCHES:
                name, *figures = measure(place, entitled, steps, batch=batch, orders=ORDERS)
                rows.append([f"{name} with rights", *figures])
        head = ("batch", *(f"{title} ms" for title in TITLES), "all CPU ms", "PG CPU ms", "clock ms")
        print("\n".join([*facts.of_machine(place.folder, postgres=place.version), "", *facts.table(head, rows)]))
        if chosen.profile:
            profile(place, sales, steps, batch=chosen.batch)


if __name__ == "__main__":
    main()
