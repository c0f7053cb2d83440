"""Tiers, the points mall, coupons, points and gifts in the price chain, to the fen (MEM-08, PTS-04, CPN-02, CPN-04)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from quanyu.kernel.period import Period
from quanyu.modules.promotions.api import gift_skus, judge_coupons, price
from quanyu.modules.promotions.contracts import (
    BasketInvalid,
    CouponOutcome,
    Discount,
    FreightFacts,
    PointsOfferFacts,
    Reason,
)
from tests.harness.promotions import (
    NOW,
    basket,
    bundle_campaign,
    campaign,
    coupon,
    gift_campaign,
    gifts,
    line,
    member,
    offer_line,
    points,
)

MEMBER = member()
TEA = line(0, 1_200, sku_id=50, quantity=5, supplier_id=4)
EXPRESS = FreightFacts("express", 800, 9_900)


def nets(quote):
    return [each.net_fen for each in quote.lines]


def outcome(quote):
    (only,) = quote.coupons
    return only.amount_fen, only.reason


def missed(quote):
    return [(each.source, each.reason, each.params) for each in quote.not_applied]


@pytest.mark.parametrize(
    ("member_fen", "timed_fen", "net_fen", "kind"),
    [
        (None, None, 950, "tier"),
        (951, None, 950, "tier"),
        (950, None, 950, "member"),
        (949, None, 949, "member"),
        (None, 950, 950, "timed"),
        (949, 948, 948, "timed"),
        (1_100, 951, 950, "tier"),
    ],
)
def test_mem_08_a_tier_takes_a_share_off_unless_another_price_saves_more(member_fen, timed_fen, net_fen, kind):
    gold = member("gold", discount_bp=500)
    quote = price(basket=basket(line(1, 1_000, member_fen=member_fen, timed_fen=timed_fen), member=gold))
    assert nets(quote) == [net_fen]
    assert [each.kind for each in quote.lines[0].discounts] == [kind]


def test_mem_08_the_brand_bears_what_a_tier_takes_off():
    quote = price(basket=basket(line(1, 1_005, supplier_id=4), member=member("gold", discount_bp=500)))
    assert quote.lines[0].discounts == (Discount("tier", "tier:gold", "Tier discount", 50, 50, 0, 0),)


def test_pts_04_a_points_mall_line_costs_its_cash_and_its_points_and_no_right_touches_it():
    offered = offer_line(1, 3_990, points=200, cash_fen=990, quantity=2, member_fen=1, timed_fen=1)
    everything = {
        "member": member("gold", discount_bp=5_000),
        "campaigns": (campaign((1_000, 900)), bundle_campaign(1, count=2, id=2)),
        "coupons": (coupon("percent", percent_off_bp=5_000),),
        "points": points(500, 900),
    }
    quote = price(basket=basket(offered, **everything))
    assert quote.lines[0].discounts == (Discount("points_mall", "offer:1", "Points mall", 6_000, 6_000, 0, 0),)
    assert (quote.payable_fen, quote.points_spent, quote.points_fen, quote.points_max) == (1_980, 400, 0, 0)
    assert outcome(quote) == (0, Reason.NO_MATCHING_GOODS)


def test_pts_04_points_only_is_free_and_too_few_points_are_said():
    quote = price(basket=basket(offer_line(1, 3_990, points=400, cash_fen=0), member=MEMBER, points=points(0, 300)))
    assert (quote.payable_fen, quote.points_spent) == (0, 400)
    assert missed(quote) == [("points", Reason.POINTS_SHORT, {"missing": 100})]


def test_the_points_mall_sells_by_the_piece():
    weighed = line(1, 1_000, quantity=500, scale=1_000, offer=PointsOfferFacts(1, 10, 0))
    with pytest.raises(BasketInvalid) as refusal:
        price(basket=basket(weighed, member=MEMBER))
    assert refusal.value.field == "lines.1.offer"


def test_a_coupon_is_split_over_its_lines_and_over_who_bears_it():
    shared = coupon(amount_fen=1_001, shares={"brand_bp": 3_333, "store_bp": 3_333, "supplier_bp": 3_334})
    quote = price(basket=basket(line(1, 3_000, supplier_id=4), line(2, 3_001), member=MEMBER, coupons=(shared,)))
    # 1001 over 3000 : 3001 is 500.4 and 500.6; half of 500 and of 501 by thirds, ties to the brand.
    assert quote.lines[0].discounts == (Discount("coupon", "coupon:1", "券1", 500, 167, 166, 167),)
    assert quote.lines[1].discounts == (Discount("coupon", "coupon:1", "券1", 501, 334, 167, 0),)
    assert (quote.coupon_fen, quote.discount_fen, quote.payable_fen) == (1_001, 0, 5_000)
    assert [(each.coupon_fen, each.discount_fen) for each in quote.lines] == [(500, 0), (501, 0)]


@pytest.mark.parametrize(
    ("given", "amount_fen"),
    [
        ({"kind": "amount", "amount_fen": 700}, 700),
        ({"kind": "percent", "percent_off_bp": 1_000}, 1_000),
        ({"kind": "percent", "percent_off_bp": 1_000, "cap_fen": 999}, 999),
        ({"kind": "percent", "percent_off_bp": 1_000, "cap_fen": 1_001}, 1_000),
        ({"kind": "amount", "amount_fen": 20_000}, 9_999),
        ({"kind": "percent", "percent_off_bp": 10_000}, 9_999),
    ],
)
def test_what_a_coupon_takes_off_a_hundred_yuan(given, amount_fen):
    quote = price(basket=basket(line(1, 10_000), member=MEMBER, coupons=(coupon(**given),)))
    assert (outcome(quote), quote.payable_fen) == ((amount_fen, None), 10_000 - amount_fen)


def test_a_coupon_never_makes_an_order_free():
    large = coupon(amount_fen=5_000, scope={"sku_ids": frozenset({1})})
    assert price(basket=basket(line(1, 600), member=MEMBER, coupons=(large,))).payable_fen == 1
    assert price(basket=basket(line(1, 600), line(2, 1), member=MEMBER, coupons=(large,))).payable_fen == 1
    nothing = price(basket=basket(line(1, 1), member=MEMBER, coupons=(large,)))
    assert (outcome(nothing), nothing.payable_fen) == ((0, Reason.WOULD_BE_FREE), 1)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"period": Period(NOW + timedelta(seconds=1))}, Reason.NOT_IN_PERIOD),
        ({"period": Period(None, NOW)}, Reason.NOT_IN_PERIOD),
        ({"excluded_dates": frozenset({date(2026, 3, 2)})}, Reason.NOT_ON_THIS_DATE),
        ({"weekdays": frozenset({1, 2, 3, 4, 5, 6})}, Reason.NOT_ON_THIS_WEEKDAY),
        ({"hours": ((0, 720), (721, 1_440))}, Reason.NOT_AT_THIS_HOUR),
        ({"scope": {"channels": frozenset({"pos"})}}, Reason.NOT_IN_CHANNEL),
        ({"scope": {"unit_ids": frozenset({8})}}, Reason.NOT_IN_STORE),
        ({"tiers": frozenset({"gold"})}, Reason.TIER_TOO_LOW),
        ({"scope": {"tiers": frozenset({"gold"})}}, Reason.TIER_TOO_LOW),
        ({"scope": {"sku_ids": frozenset({9})}}, Reason.NO_MATCHING_GOODS),
        ({"scope": {"excluded_sku_ids": frozenset({1})}}, Reason.NO_MATCHING_GOODS),
        ({"threshold_fen": 5_001}, Reason.AMOUNT_MISSING),
        ({"kind": "freight"}, Reason.NO_FREIGHT),
        ({"kind": "gift", "gift_sku_id": 51, "gift_quantity": 1}, Reason.GIFT_GONE),
        ({"kind": "gift", "gift_sku_id": 50, "gift_quantity": 6}, Reason.GIFT_GONE),
        ({"stacks_with_campaigns": False}, Reason.NOT_STACKABLE),
    ],
)
def test_cpn_04_a_coupon_that_cannot_be_used_says_why(given, reason):
    one = coupon(**({"amount_fen": 700} | given))
    wanted = basket(
        line(1, 5_100), member=member("silver"), campaigns=(campaign((5_000, 100)),), coupons=(one,), gifts=gifts(TEA)
    )
    quote = price(basket=wanted)
    assert (outcome(quote), quote.payable_fen) == ((0, reason), 5_000)
    assert judge_coupons(basket=wanted, candidates=[one]) == quote.coupons


@pytest.mark.parametrize(
    "given",
    [
        {"period": Period(NOW)},
        {"excluded_dates": frozenset({date(2026, 3, 1), date(2026, 3, 3)})},
        {"weekdays": frozenset({0})},
        {"hours": ((720, 721),)},
        {"scope": {"channels": frozenset({"mall"}), "unit_ids": frozenset({3}), "members_only": True}},
        {"tiers": frozenset({"silver"}), "scope": {"tiers": frozenset({"silver", "gold"})}},
        {"threshold_fen": 5_000},
        {"stacks_with_campaigns": False},
    ],
)
def test_cpn_04_a_coupon_within_its_bounds_is_used(given):
    one = coupon(**({"amount_fen": 700} | given))
    quote = price(basket=basket(line(1, 5_000), member=member("silver"), coupons=(one,)))
    assert (outcome(quote), quote.payable_fen) == ((700, None), 4_300)


def test_weekdays_and_dates_of_a_coupon_are_those_of_the_store():
    # 16:00 UTC on Sunday the 1st is Monday the 2nd in Shanghai.
    monday = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    wanted = basket(line(1, 5_000), member=MEMBER, at=monday)
    for given, reason in (
        ({"weekdays": frozenset({0})}, None),
        ({"weekdays": frozenset({6})}, Reason.NOT_ON_THIS_WEEKDAY),
        ({"excluded_dates": frozenset({date(2026, 3, 2)})}, Reason.NOT_ON_THIS_DATE),
        ({"hours": ((0, 1),)}, None),
        ({"hours": ((960, 961),)}, Reason.NOT_AT_THIS_HOUR),
    ):
        one = coupon(amount_fen=700, **given)
        assert outcome(price(basket=replace(wanted, coupons=(one,))))[1] is reason


def test_how_much_is_missing_is_measured_after_the_campaigns():
    one = coupon(amount_fen=700, threshold_fen=10_000)
    wanted = basket(line(1, 10_000), member=MEMBER, campaigns=(campaign((9_000, 1)),), coupons=(one,))
    assert price(basket=wanted).coupons == (
        CouponOutcome(
            "1",
            0,
            Reason.AMOUNT_MISSING,
            {"missing_fen": 1, "missing_yuan": "0.01", "threshold_fen": 10_000},
        ),
    )


def test_a_coupon_that_does_not_go_with_campaigns_counts_the_lines_outside():
    one = coupon(amount_fen=700, threshold_fen=3_000, stacks_with_campaigns=False)
    in_one = campaign((5_000, 500), scope={"sku_ids": frozenset({1})})
    lines = (line(1, 6_000), line(2, 3_000))
    quote = price(basket=basket(*lines, member=MEMBER, campaigns=(in_one,), coupons=(one,)))
    assert nets(quote) == [5_500, 2_300]
    combining = replace(in_one, stacks=True)
    assert nets(price(basket=basket(*lines, member=MEMBER, campaigns=(combining,), coupons=(one,)))) == [5_500, 2_300]


def test_two_coupons_add_up_only_if_both_say_so():
    wanted = basket(line(1, 10_000), member=MEMBER)

    def amounts(*coupons):
        return [(each.amount_fen, each.reason) for each in price(basket=replace(wanted, coupons=coupons)).coupons]

    both = coupon(id="a", amount_fen=1_000, stacks_with_coupons=True)
    tenth = coupon("percent", id="b", percent_off_bp=1_000, stacks_with_coupons=True)
    alone = coupon(id="c", amount_fen=500)
    assert amounts(both, tenth) == [(1_000, None), (900, None)]
    assert amounts(tenth, both) == [(1_000, None), (1_000, None)]
    assert amounts(both, alone) == [(1_000, None), (0, Reason.NOT_STACKABLE)]
    assert amounts(alone, both) == [(500, None), (0, Reason.NOT_STACKABLE)]
    assert amounts(coupon(id="d", amount_fen=1, threshold_fen=99_999), alone) == [
        (0, Reason.AMOUNT_MISSING),
        (500, None),
    ]


def test_a_gift_coupon_adds_a_line_that_costs_nothing():
    shares = {"brand_bp": 0, "store_bp": 2_000, "supplier_bp": 8_000}
    one = coupon("gift", threshold_fen=5_000, gift_sku_id=50, gift_quantity=2, shares=shares)
    quote = price(basket=basket(line(7, 5_000), member=MEMBER, coupons=(one,), gifts=gifts(TEA), freight=EXPRESS))
    gift = quote.lines[1]
    assert (gift.number, gift.sku_id, gift.quantity, gift.gift_of) == (8, 50, 2, "coupon:1")
    assert (gift.list_fen, gift.net_fen, gift.freight_fen) == (2_400, 0, 0)
    assert gift.discounts == (Discount("gift", "coupon:1", "券1", 2_400, 0, 480, 1_920, 5_000),)
    assert (outcome(quote), quote.coupon_fen, quote.discount_fen) == ((2_400, None), 0, 2_400)
    assert quote.payable_fen == 5_800


def test_a_freight_coupon_takes_the_freight_away_and_only_where_there_is_some():
    one = coupon("freight", threshold_fen=5_000)
    quote = price(basket=basket(line(1, 6_000), member=MEMBER, coupons=(one,), freight=EXPRESS))
    assert (outcome(quote), quote.freight_fen, quote.coupon_fen, quote.payable_fen) == ((800, None), 0, 0, 6_000)
    free = price(basket=basket(line(1, 9_900), member=MEMBER, coupons=(one,), freight=EXPRESS))
    assert (outcome(free), free.freight_fen) == ((0, Reason.NO_FREIGHT), 0)


def test_of_two_coupons_on_the_freight_the_first_takes_it():
    both = tuple(coupon("freight", id=id_, stacks_with_coupons=True) for id_ in "ab")
    quote = price(basket=basket(line(1, 5_000), member=MEMBER, coupons=both, freight=EXPRESS))
    assert [(each.amount_fen, each.reason) for each in quote.coupons] == [(800, None), (0, Reason.NO_FREIGHT)]
    assert (quote.freight_fen, quote.payable_fen) == (0, 5_000)


def test_a_freight_coupon_sees_what_the_other_coupons_left():
    on_freight = coupon("freight", id="f", stacks_with_coupons=True)
    amount = coupon(id="a", amount_fen=100, stacks_with_coupons=True)
    wanted = basket(line(1, 9_950), member=MEMBER, coupons=(on_freight, amount), freight=EXPRESS)
    quote = price(basket=wanted)
    assert [(each.id, each.amount_fen) for each in quote.coupons] == [("f", 800), ("a", 100)]
    assert quote.payable_fen == 9_850


@pytest.mark.parametrize(
    ("given", "fen", "spent", "most", "why"),
    [
        ({"wanted": 1_000}, 1_000, 1_000, 3_750, None),
        ({"wanted": 0}, 0, 0, 3_750, None),
        ({"wanted": 9_000}, 3_750, 3_750, 3_750, (Reason.POINTS_CAPPED, {"most": 3_750})),
        ({"wanted": 1_000, "balance": 300}, 300, 300, 300, (Reason.POINTS_SHORT, {"missing": 700})),
        ({"wanted": 99, "least": 100}, 0, 0, 3_750, (Reason.POINTS_LEAST, {"least": 100})),
        ({"wanted": 100, "balance": 99, "least": 100}, 0, 0, 0, (Reason.POINTS_SHORT, {"missing": 1})),
        ({"wanted": 1_299, "step": 100}, 1_200, 1_200, 3_700, None),
        ({"wanted": 1_239, "points_per_yuan": 1_000}, 123, 1_239, 37_500, None),
        ({"wanted": 10, "points_per_yuan": 3, "cap_bp": 10_000}, 333, 10, 225, None),
        ({"wanted": 8_000, "cap_bp": 10_000}, 7_500, 7_500, 7_500, (Reason.POINTS_CAPPED, {"most": 7_500})),
        ({"wanted": 100, "cap_bp": 0}, 0, 0, 0, (Reason.POINTS_CAPPED, {"most": 0})),
    ],
)
def test_points_pay_within_their_cap_their_least_and_their_steps(given, fen, spent, most, why):
    quote = price(basket=basket(line(1, 5_000), line(2, 2_501), member=MEMBER, points=points(**given)))
    assert (quote.points_fen, quote.points_spent, quote.points_max) == (fen, spent, most)
    assert quote.payable_fen == 7_501 - fen
    assert missed(quote) == ([] if why is None else [("points", *why)])
    assert sum(each.points_spent for each in quote.lines) == spent


def test_points_are_split_over_the_lines_by_what_is_left_of_each():
    quote = price(basket=basket(line(1, 5_000), line(2, 2_500), member=MEMBER, points=points(1_000)))
    assert [(each.points_fen, each.points_spent, each.net_fen) for each in quote.lines] == [
        (667, 667, 4_333),
        (333, 333, 2_167),
    ]


def test_points_of_the_points_mall_are_spent_first():
    offered = offer_line(1, 3_990, points=400, cash_fen=100)
    quote = price(basket=basket(offered, line(2, 10_000), member=MEMBER, points=points(300, 500)))
    assert (quote.points_spent, quote.points_fen, quote.points_max) == (500, 100, 100)
    assert missed(quote) == [("points", Reason.POINTS_SHORT, {"missing": 200})]


def test_what_points_paid_still_counts_for_free_delivery_and_carries_its_share_of_it():
    paid = {"member": MEMBER, "points": points(5_000), "freight": EXPRESS}
    assert price(basket=basket(line(1, 6_000), line(2, 4_000), **paid)).freight_fen == 0
    short = price(basket=basket(line(1, 6_000), line(2, 2_000), **paid))
    assert [each.freight_fen for each in short.lines] == [600, 200]


def test_coupon_before_points_and_a_fen_stays():
    wanted = basket(
        line(1, 5_000),
        line(2, 3_000),
        member=MEMBER,
        coupons=(coupon(amount_fen=1_000),),
        points=points(99_999, cap_bp=10_000),
    )
    quote = price(basket=wanted)
    assert (quote.coupon_fen, quote.points_fen, quote.payable_fen) == (1_000, 6_999, 1)


def test_each_candidate_is_judged_alone():
    candidates = [coupon(id="a", amount_fen=1_000), coupon(id="b", amount_fen=500, threshold_fen=9_000)]
    wanted = basket(line(1, 9_000), member=MEMBER, coupons=(candidates[0],))
    assert [each.amount_fen for each in judge_coupons(basket=wanted, candidates=candidates)] == [1_000, 500]
    assert judge_coupons(basket=wanted, candidates=[]) == ()


def test_what_may_be_given_is_asked_before_the_basket_is_priced():
    campaigns = [gift_campaign((100, 50, 1), (200, 51, 2)), campaign((100, 10), id=2)]
    coupons = [coupon("gift", gift_sku_id=52, gift_quantity=1), coupon(amount_fen=100)]
    assert gift_skus(campaigns=campaigns, coupons=coupons) == {50, 51, 52}
    assert gift_skus(campaigns=[]) == frozenset()
