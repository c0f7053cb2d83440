"""What goes with what, to the order: pairs, how strongly one calls for the other, which variant is offered (POS-02)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.money import divide_half_up
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.insights import api as insights
from quanyu.modules.insights.contracts import HabitRules
from quanyu.modules.orders.contracts import Order
from quanyu.platform import db
from tests.harness import checkout as buying
from tests.harness.chain import Chain, make_chain

EVERYTHING = {"products": 100_000, "most": 24}


@pytest.fixture
def chain() -> Chain:
    return make_chain(stock=200)


def bought(chain: Chain, *skus: SkuInfo) -> Order:
    placed = buying.place(buying.command(chain.store, *((sku, sku.quantity_scale) for sku in skus)))
    tender = TenderGiven(tender="card", amount_fen=placed.payable_fen)
    return checkout.add_tenders(order_id=placed.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())


def small_history(chain: Chain) -> None:
    """Milk in ten of twenty orders: four with tea, three with bread. Tea is in five; once with bread."""
    for _ in range(3):
        bought(chain, chain.milk, chain.tea)
    bought(chain, chain.milk, chain.tea, chain.bread)
    for _ in range(2):
        bought(chain, chain.milk, chain.bread)
    for _ in range(4):
        bought(chain, chain.milk)
    bought(chain, chain.tea)
    for _ in range(9):
        bought(chain, chain.apples)


def company_of(chain: Chain) -> dict[int, tuple[tuple[int, int], ...]]:
    mine = {sku.product_id for sku in chain.skus}
    return {one.product_id: one.goes_with for one in insights.company(**EVERYTHING) if one.product_id in mine}


def test_pos_02_a_small_history_gives_exactly_these_pairs(chain: Chain):
    small_history(chain)
    orders = insights.learn_habits(now=system_clock.now())
    milk, tea, bread = chain.milk.product_id, chain.tea.product_id, chain.bread.product_id
    rows = db.rows(
        "SELECT product_id, other_id, orders, alone, lift FROM insights_also_bought WHERE product_id = ANY (%s)",
        [[milk, tea, bread]],
    )
    # Tea and bread: one order only. Lift in hundredths: n(a,b) * n / (n(a) * n(b)), to the nearest.
    assert {(row["product_id"], row["other_id"]): (row["orders"], row["alone"], row["lift"]) for row in rows} == {
        (milk, tea): (4, 10, divide_half_up(100 * 4 * orders, 10 * 5)),
        (milk, bread): (3, 10, divide_half_up(100 * 3 * orders, 10 * 3)),
        (tea, milk): (4, 5, divide_half_up(100 * 4 * orders, 5 * 10)),
        (bread, milk): (3, 3, divide_half_up(100 * 3 * orders, 3 * 10)),
    }


def test_pos_02_strength_is_the_share_of_orders_with_both_as_if_ten_more_had_been_without(chain: Chain):
    small_history(chain)
    insights.learn_habits(now=system_clock.now())
    milk, tea, bread = chain.milk.product_id, chain.tea.product_id, chain.bread.product_id
    # 4 of 10 + 10, 3 of 10 + 10, 4 of 5 + 10, 3 of 3 + 10.
    assert company_of(chain) == {milk: ((tea, 2000), (bread, 1500)), tea: ((milk, 2667),), bread: ((milk, 2308),)}
    assert insights.variant_orders(sku_ids=[chain.milk.id, chain.tea.id, chain.bread.id, chain.apples.id]) == {
        chain.milk.id: 10,
        chain.tea.id: 5,
        chain.bread.id: 3,
    }


def test_pos_02_learning_again_changes_nothing_and_a_bound_keeps_the_strongest(chain: Chain):
    small_history(chain)
    now = system_clock.now()
    insights.learn_habits(now=now)
    first = company_of(chain)
    insights.learn_habits(now=now)
    assert company_of(chain) == first
    strongest = {one.product_id: one.goes_with for one in insights.company(products=100_000, most=1)}
    assert strongest[chain.milk.product_id] == ((chain.tea.product_id, 2000),)


def test_pos_02_pairs_need_enough_orders_and_what_is_cancelled_or_long_ago_says_nothing(chain: Chain):
    small_history(chain)
    unpaid = buying.place(buying.command(chain.store, (chain.tea, 1), (chain.bread, 1)))
    bought(chain, chain.tea, chain.bread)
    checkout.cancel_order(order_id=unpaid.id, reason="given_up", actor=SYSTEM, now=system_clock.now())
    insights.learn_habits(now=system_clock.now())
    # Two orders with tea and bread, and a cancelled one: not three.
    assert dict(company_of(chain)[chain.tea.product_id]) == {chain.milk.product_id: 2500}
    insights.learn_habits(rules=HabitRules(least_orders=2), now=system_clock.now())
    assert dict(company_of(chain)[chain.tea.product_id]) == {chain.milk.product_id: 2500, chain.bread.product_id: 1250}
    insights.learn_habits(now=system_clock.now() + timedelta(days=181))
    assert company_of(chain) == {}
