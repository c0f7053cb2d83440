"""The price chain, to the fen (MALL-06, CPN-14)."""

from __future__ import annotations

import pytest

from quanyu.kernel.period import Period
from quanyu.modules.promotions.api import price
from quanyu.modules.promotions.contracts import (
    Applied,
    BasketInvalid,
    Discount,
    FreightFacts,
    ManualDiscountTooLarge,
    Reason,
)
from tests.harness.promotions import NOW, basket, campaign, line, member


def nets(quote):
    return [each.net_fen for each in quote.lines]


def reasons(quote):
    return [(each.source, each.reason) for each in quote.not_applied]


def test_a_member_price_a_timed_price_a_threshold_discount_and_freight():
    quote = price(
        basket=basket(
            line(1, 1990, quantity=3, member_fen=1890),
            line(2, 3980, quantity=333, scale=1000, member_fen=3780, timed_fen=3580),
            line(3, 2990),
            member=member(),
            campaigns=(campaign((9000, 1000), shares={"brand_bp": 6000, "store_bp": 4000}),),
            freight=FreightFacts("express", 800, 9900),
        )
    )
    assert [each.list_fen for each in quote.lines] == [5970, 1325, 2990]
    assert nets(quote) == [5094, 1071, 2687]
    assert [each.freight_fen for each in quote.lines] == [460, 97, 243]
    assert (quote.goods_fen, quote.discount_fen, quote.freight_fen, quote.payable_fen) == (10_285, 1433, 800, 9652)
    assert quote.lines[0].discounts == (
        Discount("member", "book:2", "Member price", 300, 300, 0, 0),
        Discount("threshold", "C1", "满减1", 576, 346, 230, 0, 9000),
    )
    assert quote.lines[1].discounts == (
        Discount("timed", "book:3", "Timed price", 133, 133, 0, 0),
        Discount("threshold", "C1", "满减1", 121, 73, 48, 0, 9000),
    )
    assert quote.lines[2].discounts == (Discount("threshold", "C1", "满减1", 303, 182, 121, 0, 9000),)
    assert quote.applied[-1] == Applied("threshold", "C1", "满减1", 1000, (1, 2, 3))
    assert reasons(quote) == [("freight", Reason.AMOUNT_MISSING)]
    assert quote.not_applied[0].params["missing_fen"] == 1048


def test_an_empty_basket_costs_nothing():
    quote = price(basket=basket(freight=FreightFacts("express", 800, None), campaigns=(campaign((100, 10)),)))
    assert (quote.lines, quote.payable_fen) == ((), 0)
    assert reasons(quote) == [("C1", Reason.NO_MATCHING_GOODS)]


@pytest.mark.parametrize(
    ("is_member", "member_fen", "timed_fen", "net_fen", "kind"),
    [
        (False, 800, None, 1000, None),
        (True, 800, None, 800, "member"),
        (True, 800, 700, 700, "timed"),
        (True, 700, 800, 700, "member"),
        (True, 700, 700, 700, "member"),
        (False, 700, 800, 800, "timed"),
        (True, 1100, None, 1000, None),
        (True, 1100, 1000, 1000, None),
        (True, 0, None, 0, "member"),
    ],
)
def test_member_or_timed_price_whichever_saves_more(is_member, member_fen, timed_fen, net_fen, kind):
    who = member() if is_member else None
    quote = price(basket=basket(line(1, 1000, member_fen=member_fen, timed_fen=timed_fen), member=who))
    assert nets(quote) == [net_fen]
    assert [each.kind for each in quote.lines[0].discounts] == ([kind] if kind else [])


def test_the_till_takes_off_what_the_store_bears():
    quote = price(basket=basket(line(1, 1000, member_fen=900, manual_discount_fen=900), line(2, 500), member=member()))
    assert nets(quote) == [0, 500]
    assert quote.lines[0].discounts[1] == Discount("manual", "till", "Discount at the till", 900, 0, 900, 0)


@pytest.mark.parametrize("amount_fen", [901, -1])
def test_the_till_cannot_take_off_more_than_the_line_costs(amount_fen):
    wanted = basket(line(1, 1000, member_fen=900, manual_discount_fen=amount_fen), member=member())
    with pytest.raises(ManualDiscountTooLarge) as refusal:
        price(basket=wanted)
    assert refusal.value.field == "lines.1.manual_discount_fen"
    assert refusal.value.params == {"limit_fen": 900, "limit_yuan": "9.00"}


@pytest.mark.parametrize(
    ("amount_fen", "repeats", "off_fen"),
    [
        (9_999, False, 0),
        (10_000, False, 1_000),
        (19_999, False, 1_000),
        (20_000, False, 2_500),
        (50_000, False, 2_500),
        (50_000, True, 5_000),
        (39_999, True, 2_500),
        (19_999, True, 1_000),
    ],
)
def test_the_highest_step_that_is_reached(amount_fen, repeats, off_fen):
    wanted = basket(line(1, amount_fen), campaigns=(campaign((10_000, 1_000), (20_000, 2_500), repeats=repeats),))
    assert price(basket=wanted).discount_fen == off_fen


def test_a_campaign_looks_at_what_is_left_after_the_links_before_it():
    missing = price(basket=basket(line(1, 10_000, timed_fen=9_999), campaigns=(campaign((10_000, 1_000)),)))
    assert missing.payable_fen == 9_999
    assert missing.not_applied[0].params == {
        "missing_fen": 1,
        "missing_yuan": "0.01",
        "threshold_fen": 10_000,
        "off_fen": 1_000,
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"is_active": False}, Reason.NOT_IN_PERIOD),
        ({"period": Period(None, NOW)}, Reason.NOT_IN_PERIOD),
        ({"scope": {"channels": frozenset({"pos"})}}, Reason.NOT_IN_CHANNEL),
        ({"scope": {"unit_ids": frozenset({8, 9})}}, Reason.NOT_IN_STORE),
        ({"scope": {"members_only": True}}, Reason.MEMBERS_ONLY),
        ({"scope": {"sku_ids": frozenset({99})}}, Reason.NO_MATCHING_GOODS),
        ({"scope": {"category_ids": frozenset({99})}}, Reason.NO_MATCHING_GOODS),
        ({"scope": {"excluded_sku_ids": frozenset({1, 2})}}, Reason.NO_MATCHING_GOODS),
    ],
)
def test_what_does_not_apply_says_why(given, reason):
    lines = (line(1, 10_000, category_path=(5, 6)), line(2, 10_000))
    quote = price(basket=basket(*lines, campaigns=(campaign((1_000, 100), **given),)))
    assert (quote.discount_fen, reasons(quote)) == (0, [("C1", reason)])


@pytest.mark.parametrize(
    "given",
    [
        {"period": Period(NOW)},
        {"scope": {"channels": frozenset({"mall", "pos"})}},
        {"scope": {"unit_ids": frozenset({7})}},
        {"scope": {"unit_ids": frozenset({3})}},
        {"scope": {"category_ids": frozenset({5})}},
        {"scope": {"sku_ids": frozenset({1})}},
        {"scope": {"sku_ids": frozenset({99}), "category_ids": frozenset({6})}},
        {"scope": {"category_ids": frozenset({5}), "excluded_sku_ids": frozenset({2})}},
    ],
)
def test_what_is_in_the_scope_applies(given):
    quote = price(basket=basket(line(1, 10_000, category_path=(5, 6)), campaigns=(campaign((1_000, 100), **given),)))
    assert (quote.discount_fen, reasons(quote)) == (100, [])


def test_only_the_lines_of_the_scope_count_and_carry_the_discount():
    chosen = campaign((10_000, 1_000), scope={"sku_ids": frozenset({1, 3})})
    quote = price(basket=basket(line(1, 6_000), line(2, 9_000), line(3, 4_000), campaigns=(chosen,)))
    assert nets(quote) == [5_400, 9_000, 3_600]


def test_a_line_enters_one_campaign_at_most():
    drinks = campaign((5_000, 600), id=1, scope={"sku_ids": frozenset({1})})
    everything = campaign((8_000, 500), id=2)
    quote = price(basket=basket(line(1, 6_000), line(2, 9_000), campaigns=(everything, drinks)))
    assert nets(quote) == [5_400, 8_500]
    short = price(basket=basket(line(1, 6_000), line(2, 3_000), campaigns=(everything, drinks)))
    assert nets(short) == [5_400, 3_000]
    assert reasons(short) == [("C2", Reason.BETTER_OFFER)]


def test_priority_comes_before_the_larger_saving_and_that_before_the_id():
    lines = (line(1, 6_000), line(2, 4_000))
    small, large = campaign((5_000, 100), id=1), campaign((5_000, 900), id=2)
    assert price(basket=basket(*lines, campaigns=(small, large))).applied[0].source == "C2"
    first = campaign((5_000, 100), id=1, priority=1)
    assert price(basket=basket(*lines, campaigns=(large, first))).applied[0].source == "C1"
    same = campaign((5_000, 900), id=3)
    assert price(basket=basket(*lines, campaigns=(same, large))).applied[0].source == "C2"


def test_a_campaign_without_its_lines_says_what_the_rest_lacks():
    one = campaign((5_000, 600), id=1, scope={"sku_ids": frozenset({1})})
    other = campaign((20_000, 500), id=2)
    quote = price(basket=basket(line(1, 6_000), line(2, 9_000), campaigns=(one, other)))
    assert reasons(quote) == [("C2", Reason.AMOUNT_MISSING)]
    assert quote.not_applied[0].params["missing_fen"] == 11_000


def test_the_suppliers_share_of_goods_without_one_is_the_brands():
    shared = campaign((1_000, 101), shares={"brand_bp": 3_333, "store_bp": 3_333, "supplier_bp": 3_334})
    with_one = price(basket=basket(line(1, 1_000, supplier_id=4), campaigns=(shared,)))
    assert with_one.lines[0].discounts == (Discount("threshold", "C1", "满减1", 101, 34, 33, 34, 1_000),)
    without = price(basket=basket(line(1, 1_000), campaigns=(shared,)))
    assert without.lines[0].discounts == (Discount("threshold", "C1", "满减1", 101, 67, 34, 0, 1_000),)


@pytest.mark.parametrize(
    ("base_fen", "free_from_fen", "freight_fen"),
    [(800, 10_000, 0), (800, 10_001, 800), (800, None, 800), (0, 20_000, 0)],
)
def test_mall_06_freight_is_free_from_an_amount(base_fen, free_from_fen, freight_fen):
    facts = FreightFacts("express", base_fen, free_from_fen)
    quote = price(basket=basket(line(1, 4_000), line(2, 6_000), freight=facts))
    assert (quote.freight_fen, quote.payable_fen) == (freight_fen, 10_000 + freight_fen)
    assert [each.freight_fen for each in quote.lines] == ([320, 480] if freight_fen else [0, 0])


def test_mall_06_what_counts_is_the_net_after_discounts():
    facts = FreightFacts("express", 800, 10_000)
    quote = price(basket=basket(line(1, 10_000), campaigns=(campaign((9_000, 1)),), freight=facts))
    assert (quote.freight_fen, quote.not_applied[0].params["missing_fen"]) == (800, 1)


def test_a_basket_that_makes_no_sense_is_refused():
    for lines, field in {
        (line(1, 100), line(1, 200)): "lines.1.number",
        (line(1, 100, quantity=0),): "lines.1.quantity",
    }.items():
        with pytest.raises(BasketInvalid) as refusal:
            price(basket=basket(*lines))
        assert refusal.value.field == field
