"""What the price chain costs per order: `python benchmarks/paths/price_chain.py`.

Goal: below 0.2 ms of CPU for a basket of three lines (docs, P1: prices are on the path of every order). Reference and
product alternate in one run; the reference is a bare sum over the same lines, so the ratio holds on any machine.
"""

from __future__ import annotations

import platform
import statistics
import time
from datetime import UTC, datetime

from quanyu.kernel.period import Period
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions.contracts import (
    Basket,
    BasketLine,
    Campaign,
    FreightFacts,
    MemberFacts,
    Scope,
    Shares,
    Step,
)
from quanyu.modules.promotions.rules.price_chain.chain import price

ROUNDS, BASKETS = 15, 2_000
GOAL_MS = 0.2


def basket() -> Basket:
    """A member's three lines, one of them weighed, two campaigns of which one applies, and freight."""
    at = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    campaigns = tuple(
        Campaign(
            id=id_,
            code=f"C{id_}",
            name="满减",
            name_en="",
            period=Period(),
            steps=(Step(9_000, 1_000), Step(19_000, 2_500)),
            scope=Scope(category_ids=categories),
            shares=Shares(6_000, 4_000, 0),
        )
        for id_, categories in ((1, frozenset()), (2, frozenset({99})))
    )
    lines = (
        BasketLine(1, 1, (1, 2), None, 3, 1, PriceSet(1, 1990, 1890)),
        BasketLine(2, 2, (1, 3), 4, 333, 1000, PriceSet(2, 3980, 3780, 3580)),
        BasketLine(3, 3, (1, 4), None, 1, 1, PriceSet(3, 2990)),
    )
    return Basket("mall", 7, MemberFacts(), lines, FreightFacts("express", 800, 9_900), campaigns, at, (1, 3, 7))


def bare_sum(wanted: Basket) -> int:
    """The least a price could cost."""
    return sum(line.prices.base_fen * line.quantity // line.quantity_scale for line in wanted.lines)


def cpu_ms(deed, wanted: Basket) -> float:
    """CPU milliseconds of one call, over many."""
    start = time.process_time()
    for _ in range(BASKETS):
        deed(wanted)
    return (time.process_time() - start) * 1000 / BASKETS


def main() -> None:
    """Alternate both and print the medians and the ratio."""
    wanted = basket()
    assert price(wanted).payable_fen == 9_652
    sums, chains = [], []
    for _ in range(ROUNDS):
        sums.append(cpu_ms(bare_sum, wanted))
        chains.append(cpu_ms(price, wanted))
    bare, chain = statistics.median(sums), statistics.median(chains)
    print(f"Python {platform.python_version()}, {ROUNDS} rounds of {BASKETS} baskets of 3 lines")
    print(f"bare sum     {bare:.4f} ms")
    print(f"price chain  {chain:.4f} ms (goal: below {GOAL_MS} ms)")
    print(f"ratio        {chain / bare:.0f}")


if __name__ == "__main__":
    main()
