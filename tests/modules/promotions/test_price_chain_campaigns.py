"""Gifts, nth pieces, bundles, new-customer prices, and how campaigns combine, to the fen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quanyu.modules.promotions.api import price
from quanyu.modules.promotions.contracts import Discount, Reason
from tests.harness.promotions import (
    basket,
    bundle_campaign,
    campaign,
    gift_campaign,
    gifts,
    line,
    member,
    new_customer_campaign,
    nth_campaign,
)

TEA = line(0, 1_200, sku_id=50, quantity=5, supplier_id=4)
WEIGHED = line(9, 3_980, quantity=2_000, scale=1_000)
NEW = member(is_new=True)


def nets(quote):
    return [each.net_fen for each in quote.lines]


def sources(quote):
    return [each.source for each in quote.applied]


def missed(quote):
    return [(each.source, each.reason, each.params.get("missing")) for each in quote.not_applied]


@pytest.mark.parametrize(
    ("amount_fen", "repeats", "given"),
    [
        (9_999, False, None),
        (10_000, False, (50, 1)),
        (29_999, False, (50, 1)),
        (30_000, False, (51, 2)),
        (29_999, True, (50, 2)),
        (90_000, True, (51, 6)),
    ],
)
def test_a_gift_from_so_much_on_the_highest_step_and_once_per_multiple(amount_fen, repeats, given):
    giving = gift_campaign((10_000, 50, 1), (30_000, 51, 2), repeats=repeats)
    mug = line(0, 3_000, sku_id=51, quantity=99)
    quote = price(basket=basket(line(1, amount_fen), campaigns=(giving,), gifts=gifts(TEA, mug)))
    assert [(each.sku_id, each.quantity) for each in quote.lines[1:]] == ([given] if given else [])
    assert quote.payable_fen == amount_fen


def test_a_gift_is_a_line_of_its_own_borne_by_who_gives_it():
    giving = gift_campaign((10_000, 50, 1), shares={"brand_bp": 0, "store_bp": 5_000, "supplier_bp": 5_000})
    quote = price(basket=basket(line(3, 10_000), campaigns=(giving,), gifts=gifts(TEA)))
    gift = quote.lines[1]
    assert (gift.number, gift.gift_of, gift.list_fen, gift.net_fen) == (4, "C1", 1_200, 0)
    assert gift.discounts == (Discount("gift", "C1", "满赠1", 1_200, 0, 600, 600, 10_000),)
    assert (quote.goods_fen, quote.discount_fen, quote.payable_fen) == (11_200, 1_200, 10_000)


def test_gifts_are_given_as_long_as_stocks_last():
    every = gift_campaign((10_000, 50, 2), repeats=True)
    quote = price(basket=basket(line(1, 40_000), campaigns=(every,), gifts=gifts(TEA)))
    assert quote.lines[1].quantity == 4
    none = price(basket=basket(line(1, 40_000), campaigns=(every,)))
    assert [each.reason for each in none.not_applied] == [Reason.GIFT_GONE]
    assert len(none.lines) == 1
    first, second = (gift_campaign((5_000, 50, 3), id=id_, scope={"sku_ids": frozenset({id_})}) for id_ in (1, 2))
    both = price(basket=basket(line(1, 9_000), line(2, 9_000), campaigns=(first, second), gifts=gifts(TEA)))
    assert (sources(both), [each.reason for each in both.not_applied]) == (["C1"], [Reason.GIFT_GONE])


@pytest.mark.parametrize(
    ("pieces", "repeats", "off_fen"),
    [(1, True, None), (2, True, 500), (3, True, 500), (4, True, 1_000), (5, True, 1_000), (5, False, 500)],
)
def test_the_second_at_half_price(pieces, repeats, off_fen):
    half = nth_campaign(2, off_bp=5_000, repeats=repeats)
    quote = price(basket=basket(line(1, 1_000, quantity=pieces), campaigns=(half,)))
    assert quote.discount_fen == (off_fen or 0)
    assert missed(quote) == ([] if off_fen else [("C1", Reason.QUANTITY_MISSING, 1)])


def test_of_the_dearest_pieces_the_cheapest_of_each_group_costs_less():
    lines = (line(1, 1_000, quantity=2), line(2, 3_000, quantity=3))
    every = nth_campaign(2, off_bp=5_000, repeats=True)
    # 30 30 30 10 10: the second 30 and the first 10 are seconds; three of line 2 and one of line 1 took part.
    assert nets(price(basket=basket(*lines, campaigns=(every,)))) == [1_800, 7_200]
    assert nets(price(basket=basket(*lines, campaigns=(replace(every, repeats=False),)))) == [2_000, 7_500]


def test_the_nth_piece_at_a_price():
    assert price(
        basket=basket(line(1, 1_995, quantity=2), campaigns=(nth_campaign(2, price_fen=100),))
    ).payable_fen == (2_095)
    dear = price(basket=basket(line(1, 95, quantity=2), campaigns=(nth_campaign(2, price_fen=100),)))
    assert (dear.payable_fen, missed(dear)) == (190, [("C1", Reason.BETTER_OFFER, None)])


def test_pieces_of_one_product_are_counted_over_its_lines():
    same = nth_campaign(2, off_bp=5_000, same_sku=True)
    apart = price(basket=basket(line(1, 1_000), line(2, 1_000), campaigns=(same,)))
    assert missed(apart) == [("C1", Reason.QUANTITY_MISSING, 1)]
    together = price(basket=basket(line(1, 1_000), line(2, 1_000, sku_id=1), campaigns=(same,)))
    assert nets(together) == [750, 750]


def test_weighed_goods_are_no_pieces():
    for one in (nth_campaign(2, off_bp=5_000), bundle_campaign(100, count=2)):
        alone = price(basket=basket(WEIGHED, campaigns=(one,)))
        assert missed(alone) == [("C1", Reason.NO_MATCHING_GOODS, None)]
        beside = price(basket=basket(WEIGHED, line(1, 1_000), campaigns=(one,)))
        assert missed(beside) == [("C1", Reason.QUANTITY_MISSING, 1)]


def test_a_set_at_one_price():
    breakfast = bundle_campaign(4_000, items={1: 1, 2: 2})
    quote = price(basket=basket(line(1, 3_000), line(2, 1_000, quantity=2), line(3, 500), campaigns=(breakfast,)))
    assert nets(quote) == [2_400, 1_600, 500]
    short = price(basket=basket(line(2, 1_000), campaigns=(breakfast,)))
    assert missed(short) == [("C1", Reason.QUANTITY_MISSING, 2)]
    other = price(basket=basket(line(3, 500), campaigns=(breakfast,)))
    assert missed(other) == [("C1", Reason.NO_MATCHING_GOODS, None)]


@pytest.mark.parametrize(("repeats", "payable_fen"), [(False, 7_500), (True, 6_000)])
def test_sets_once_or_as_often_as_there_are(repeats, payable_fen):
    pair = bundle_campaign(3_000, items={1: 1, 2: 1}, repeats=repeats)
    wanted = basket(line(1, 3_000, quantity=2), line(2, 1_500, quantity=2), campaigns=(pair,))
    assert price(basket=wanted).payable_fen == payable_fen


def test_any_three_for_a_price_and_more_pieces_never_cost_more():
    any_three = bundle_campaign(5_000, count=3, repeats=True)
    assert price(basket=basket(line(1, 3_000, quantity=3), campaigns=(any_three,))).payable_fen == 5_000
    more = price(basket=basket(line(1, 3_000, quantity=3), line(2, 100, quantity=3), campaigns=(any_three,)))
    assert nets(more) == [5_000, 300]
    cheaper = price(basket=basket(line(1, 1_000, quantity=3), campaigns=(any_three,)))
    assert (cheaper.payable_fen, missed(cheaper)) == (3_000, [("C1", Reason.BETTER_OFFER, None)])


def test_a_bundle_costs_its_price_exactly_also_where_a_piece_does_not():
    three = bundle_campaign(901, items={1: 3})
    quote = price(basket=basket(line(1, 1_000, quantity=3, manual_discount_fen=2_000), campaigns=(three,)))
    assert quote.payable_fen == 901


def test_new_customers_get_their_price_for_so_many():
    first = new_customer_campaign({1: (990, 2)})
    quote = price(basket=basket(line(1, 3_000, quantity=3), line(2, 500), member=NEW, campaigns=(first,)))
    assert nets(quote) == [4_980, 500]
    for who in (member(), None):
        refused = price(basket=basket(line(1, 3_000), member=who, campaigns=(first,)))
        assert (refused.payable_fen, missed(refused)) == (3_000, [("C1", Reason.NEW_CUSTOMERS_ONLY, None)])


def test_a_new_customer_price_goes_down_to_its_amount_from_whatever_holds():
    first = new_customer_campaign({1: (990, 1)})
    quote = price(basket=basket(line(1, 3_000, member_fen=2_500), member=NEW, campaigns=(first,)))
    assert [(each.kind, each.amount_fen) for each in quote.lines[0].discounts] == [
        ("member", 500),
        ("new_customer", 1_510),
    ]
    lower = price(basket=basket(line(1, 3_000, member_fen=900), member=NEW, campaigns=(first,)))
    assert (lower.payable_fen, missed(lower)) == (900, [("C1", Reason.BETTER_OFFER, None)])


def test_a_campaign_for_a_tier_says_so_to_the_others():
    for_gold = campaign((1_000, 100), scope={"tiers": frozenset({"gold"})})
    wanted = basket(line(1, 5_000), campaigns=(for_gold,))
    assert price(basket=replace(wanted, member=member("gold"))).payable_fen == 4_900
    assert missed(price(basket=replace(wanted, member=member("silver")))) == [("C1", Reason.TIER_TOO_LOW, None)]
    assert missed(price(basket=wanted)) == [("C1", Reason.MEMBERS_ONLY, None)]


def test_one_that_combines_comes_on_top_and_sees_what_the_other_left():
    alone, on_top = campaign((10_000, 900)), campaign((9_000, 500), id=2, stacks=True)
    quote = price(basket=basket(line(1, 10_000), campaigns=(alone, on_top)))
    assert (sources(quote), quote.payable_fen) == (["C1", "C2"], 8_600)
    from_more = replace(on_top, steps=alone.steps)
    short = price(basket=basket(line(1, 10_000), campaigns=(alone, from_more)))
    # Equal savings: the lower id first, and 9100 are not enough for the other.
    assert short.payable_fen == 9_100
    assert [(each.reason, each.params["missing_fen"]) for each in short.not_applied] == [(Reason.AMOUNT_MISSING, 900)]


def test_a_line_enters_one_campaign_of_those_that_do_not_combine_whatever_their_kinds():
    pair, off = bundle_campaign(4_000, items={1: 1, 2: 1}), campaign((8_000, 900), id=2)
    lines = (line(1, 3_000), line(2, 2_000), line(3, 8_000))
    quote = price(basket=basket(*lines, campaigns=(off, pair)))
    assert (nets(quote), sources(quote)) == ([2_400, 1_600, 7_100], ["C1", "C2"])
    first = price(basket=basket(*lines, campaigns=(replace(off, priority=1), pair)))
    assert (first.payable_fen, missed(first)) == (12_100, [("C1", Reason.BETTER_OFFER, None)])
