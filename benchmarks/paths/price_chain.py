"""What the price chain costs per order: `python benchmarks/paths/price_chain.py`.

Goal: below 0.2 ms of CPU for a basket of three lines (docs, P1: prices are on the path of every order), also with a
coupon, points and a gift. Reference and product alternate in one run; the reference is a bare sum over the same lines,
so the ratio holds on any machine.
"""

from __future__ import annotations

import platform
import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime

from quanyu.kernel.period import Period
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions.contracts import (
    Basket,
    BasketLine,
    Campaign,
    CampaignKind,
    CouponFacts,
    CouponKind,
    FreightFacts,
    MemberFacts,
    PointsFacts,
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


def basket_with_rights() -> Basket:
    """Put a coupon, points as payment, a tier's discount and a campaign's gift on the same three lines."""
    wanted = basket()
    gift = Campaign(
        id=3,
        code="C3",
        name="满赠",
        name_en="",
        period=Period(),
        steps=(Step(8_000, 0, 4, 1),),
        kind=CampaignKind.GIFT,
        stacks=True,
    )
    coupon = CouponFacts(
        id="1",
        code="K1",
        name="券",
        name_en="",
        kind=CouponKind.PERCENT,
        percent_off_bp=1_000,
        cap_fen=500,
        threshold_fen=5_000,
        scope=Scope(channels=frozenset({"mall"}), members_only=True),
        weekdays=frozenset({0}),
        shares=Shares(5_000, 3_000, 2_000),
    )
    return replace(
        wanted,
        member=MemberFacts("gold", discount_bp=300),
        campaigns=(*wanted.campaigns, gift),
        coupons=(coupon,),
        points=PointsFacts(wanted=600, balance=900, points_per_yuan=100, cap_bp=2_000, step=10),
        gifts={4: BasketLine(4, 4, (1,), None, 9, 1, PriceSet(4, 1200))},
    )


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
    """Alternate all three and print the medians and the ratios."""
    plain, rights = basket(), basket_with_rights()
    assert price(plain).payable_fen == 9_652
    quote = price(rights)
    assert (quote.coupon_fen, quote.points_fen, len(quote.lines), quote.payable_fen) == (500, 600, 4, 8_462)
    times: dict[str, list[float]] = {"bare sum": [], "price chain": [], "with rights": []}
    for _ in range(ROUNDS):
        times["bare sum"].append(cpu_ms(bare_sum, plain))
        times["price chain"].append(cpu_ms(price, plain))
        times["with rights"].append(cpu_ms(price, rights))
    bare, *chains = (statistics.median(each) for each in times.values())
    print(f"Python {platform.python_version()}, {ROUNDS} rounds of {BASKETS} baskets of 3 lines")
    print(f"bare sum     {bare:.4f} ms")
    for name, chain in zip(("price chain", "with rights"), chains, strict=True):
        print(f"{name}  {chain:.4f} ms (goal: below {GOAL_MS} ms), ratio {chain / bare:.0f}")


if __name__ == "__main__":
    main()
