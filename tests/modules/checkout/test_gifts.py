"""Gifts become lines of their own from the same stock, and no order is refused for one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.checkout import api as checkout
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignItem, CampaignKind, Scope, Step
from tests.harness.chain import MILK_FEN, STOCK, TEA_FEN, Chain, make_chain
from tests.harness.checkout import command, coupon_for, coupon_state, place, stock_of, till_command
from tests.harness.members import make_member
from tests.harness.promotions import random_code
from tests.modules.checkout.test_budgets import PLACING, placing


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def campaign(chain: Chain, kind: CampaignKind, **given):
    now = system_clock.now()
    return promotions.create_campaign(
        code=random_code(),
        name="满赠",
        period=Period(now - timedelta(days=1), now + timedelta(days=1)),
        kind=kind,
        scope=Scope(unit_ids=frozenset({chain.region.id})),
        actor=SYSTEM,
        now=now,
        **given,
    )


def gives_milk(chain: Chain, quantity: int = 1):
    step = Step(threshold_fen=8000, gift_sku_id=chain.milk.id, gift_quantity=quantity)
    return campaign(chain, CampaignKind.GIFT, steps=[step])


def take_out(chain: Chain, sku, left: int) -> None:
    """Leave so many pieces of a SKU in the store (before there is a campaign, or it would give more)."""
    place(till_command(chain.store, (sku, STOCK - left), cash_fen=(STOCK - left) * MILK_FEN))


def test_a_gift_is_a_line_that_costs_nothing_and_leaves_the_same_stock(chain):
    given = gives_milk(chain)
    order = place(till_command(chain.store, (chain.tea, 1), cash_fen=TEA_FEN))
    gift = order.lines[1]
    assert (gift.number, gift.sku_id, gift.quantity, gift.list_fen, gift.net_fen) == (2, chain.milk.id, 1, MILK_FEN, 0)
    assert gift.gift_of == given.code
    assert [(row.kind, row.amount_fen, row.threshold_fen) for row in gift.discounts] == [("gift", MILK_FEN, 8000)]
    assert (order.goods_fen, order.discount_fen, order.payable_fen) == (TEA_FEN + MILK_FEN, MILK_FEN, TEA_FEN)
    assert stock_of(chain.store, chain.milk) == (STOCK - 1, 0)
    assert not gift.earns


def test_a_gift_that_is_short_is_left_out_and_the_order_stands(chain):
    take_out(chain, chain.milk, left=2)
    gives_milk(chain, 3)
    order = place(command(chain.store, (chain.tea, 1), expected_payable_fen=TEA_FEN))
    assert [line.sku_id for line in order.lines] == [chain.tea.id]
    assert stock_of(chain.store, chain.milk) == (2, 0)


def test_goods_that_are_bought_come_before_the_gift_of_the_same(chain):
    take_out(chain, chain.milk, left=4)
    gives_milk(chain, 3)
    order = place(command(chain.store, (chain.tea, 1), (chain.milk, 2)))
    assert [(line.sku_id, line.quantity, line.gift_of) for line in order.lines] == [
        (chain.tea.id, 1, ""),
        (chain.milk.id, 2, ""),
    ]


def test_an_order_that_is_short_of_what_it_buys_is_refused_for_that(chain):
    gives_milk(chain)
    before = stock_of(chain.store, chain.milk)
    with pytest.raises(StockShort) as short:
        place(command(chain.store, (chain.tea, STOCK + 1)))
    assert [one.sku_id for one in short.value.shortages] == [chain.tea.id]
    assert stock_of(chain.store, chain.milk) == before


def test_a_coupon_whose_gift_ran_out_stays_with_its_member(chain):
    member = make_member()
    coupon = coupon_for(member, kind="gift", gift_sku_id=chain.milk.id, gift_quantity=1)
    take_out(chain, chain.milk, left=0)
    wanted = command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,))
    order = place(wanted)
    assert ([line.sku_id for line in order.lines], order.coupons) == ([chain.tea.id], ())
    assert coupon_state(coupon) == ("available", None, 0)
    assert place(wanted) == order


def test_in_a_batch_the_last_gift_goes_to_one_and_the_others_are_sold_without(chain):
    take_out(chain, chain.milk, left=2)
    gives_milk(chain)
    wanted = [command(chain.store, (chain.tea, 1)) for _ in range(4)]
    placed = checkout.place_orders(commands=wanted, actor=SYSTEM, now=system_clock.now())
    assert placed == [one.id for one in wanted]
    assert stock_of(chain.store, chain.milk) == (2, 2)
    assert stock_of(chain.store, chain.tea) == (STOCK, 4)


def test_a_quote_shows_the_gift_only_while_it_is_there(chain):
    take_out(chain, chain.milk, left=1)
    gives_milk(chain)
    wanted = command(chain.store, (chain.tea, 1))
    quote = checkout.quote(command=wanted, actor=SYSTEM, now=system_clock.now())
    assert [(line.number, line.sku_id, line.net_fen, bool(line.gift_of)) for line in quote.lines] == [
        (1, chain.tea.id, TEA_FEN, False),
        (2, chain.milk.id, 0, True),
    ]
    place(wanted)
    quote = checkout.quote(command=wanted, actor=SYSTEM, now=system_clock.now())
    assert [line.sku_id for line in quote.lines] == [chain.tea.id]
    assert (quote.problems, [one.reason for one in quote.not_applied]) == ((), ["gift_gone"])


def test_a_new_customers_price_is_for_the_first_order_of_a_member(chain):
    campaign(chain, CampaignKind.NEW_CUSTOMER, items=[CampaignItem(sku_id=chain.tea.id, quantity=1, price_fen=5000)])
    member = make_member()
    first = place(command(chain.store, (chain.tea, 1), member_id=member.id))
    assert first.payable_fen == 5000
    assert place(command(chain.store, (chain.tea, 1), member_id=member.id)).payable_fen == TEA_FEN
    assert place(command(chain.store, (chain.tea, 1))).payable_fen == TEA_FEN
    # An order that was cancelled was no purchase.
    other = make_member()
    given_up = place(command(chain.store, (chain.tea, 1), member_id=other.id))
    checkout.cancel_order(order_id=given_up.id, reason="unwanted", actor=SYSTEM, now=system_clock.now())
    assert place(command(chain.store, (chain.tea, 1), member_id=other.id)).payable_fen == 5000


def test_gifts_are_found_with_the_statements_of_an_order_without(chain):
    gives_milk(chain)
    place(till_command(chain.store, (chain.tea, 1), cash_fen=TEA_FEN))
    taken = placing(till_command(chain.store, (chain.tea, 1), cash_fen=TEA_FEN))
    assert len(taken) == PLACING
