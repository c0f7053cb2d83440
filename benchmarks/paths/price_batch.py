"""What reading and pricing cost per order: `python -m benchmarks price-batch`.

64 till orders of three lines over 20 stores x 10,000 SKUs are read and priced as the coordinator does it, nothing is
placed. Goal with warm memory: below 0.25 ms of CPU of the product and 0.1 ms of PostgreSQL per order. Then the same
with a price changed before every batch, so that the prices of all its SKUs are read anew.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from benchmarks import facts, room

if TYPE_CHECKING:
    from quanyu.modules.checkout.contracts import PlaceOrder

BATCH, BATCHES, ROUNDS = 64, 40, 5
GOAL_MS, POSTGRES_GOAL_MS = 0.25, 0.1


def batches(shop: room.Shop, count: int, chance: random.Random) -> list[list[PlaceOrder]]:
    """Return so many batches of orders, each of three SKUs in one of the stores."""
    from quanyu.kernel.ids import uuid7
    from quanyu.modules.checkout.contracts import PlaceOrder, WantedLine
    from quanyu.modules.orders.contracts import Channel, Delivery

    def order() -> PlaceOrder:
        lines = [WantedLine(sku_id=sku_id, quantity=chance.randint(1, 4)) for sku_id, _ in chance.sample(shop.goods, 3)]
        return PlaceOrder(
            id=uuid7(),
            channel=Channel.POS,
            store_id=chance.choice(shop.stores).unit.id,
            delivery=Delivery.CARRY_OUT,
            lines=tuple(lines),
        )

    return [[order() for _ in range(BATCH)] for _ in range(count)]


def cost(work: Callable[[], None], *, orders: int, postmaster: int) -> tuple[float, float]:
    """Return the milliseconds of CPU per order: the product's and PostgreSQL's."""
    before = time.process_time(), facts.cpu_seconds(postmaster)
    work()
    after = time.process_time(), facts.cpu_seconds(postmaster)
    return (after[0] - before[0]) * 1000 / orders, (after[1] - before[1]) * 1000 / orders


def main() -> bool:
    """Measure and print medians; whether the goals are reached."""
    with room.database() as place:
        shop = room.furnish(place, room.Size(tills=1, hot_tills=1))
        from quanyu.kernel.clock import system_clock
        from quanyu.modules.checkout.ops import price_batch
        from quanyu.modules.checkout.ops.price_order import PricedOrder
        from quanyu.platform import db

        chance, first = random.Random(7), [shop.book_id, shop.goods[0][0]]

        def price_all(many: list[list[PlaceOrder]]) -> None:
            for batch in many:
                found = price_batch.priced(batch, now=system_clock.now())
                assert all(isinstance(one, PricedOrder) and not one.problems for one in found.values())

        price_all([[one for batch in batches(shop, 60, chance) for one in batch]])

        def price_all_anew(many: list[list[PlaceOrder]]) -> None:
            for batch in many:
                # Whatever it sets is a change to whoever keeps prices.
                db.execute("UPDATE pricing_price SET changed_at = now() WHERE book_id = %s AND sku_id = %s", first)
                price_all([batch])

        found: dict[str, list[tuple[float, float]]] = {"warm": [], "changed": []}
        for _ in range(ROUNDS):
            for name, work in (("warm", price_all), ("changed", price_all_anew)):
                many = batches(shop, BATCHES, chance)
                spent = cost(partial(work, many), orders=BATCH * BATCHES, postmaster=place.postmaster)
                found[name].append(spent)
    for name, measured in found.items():
        app, database = (statistics.median(column) for column in zip(*measured, strict=True))
        print(f"{name:8} reading and pricing, ms of CPU per order of 3 lines: {app:.3f}, PostgreSQL {database:.3f}")
    print(f"goal of the warm ones: {GOAL_MS} and {POSTGRES_GOAL_MS}; {BATCH} orders per batch")
    return all(
        statistics.median(column) <= goal
        for column, goal in zip(zip(*found["warm"], strict=True), (GOAL_MS, POSTGRES_GOAL_MS), strict=True)
    )


if __name__ == "__main__":
    sys.exit(not main())
