"""The arithmetic of refunds, without a database: policies, thresholds, points, and every order of returns."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import rules
from quanyu.modules.aftersales.rules import Policy
from quanyu.modules.promotions import api as promotions
from tests.harness import random_baskets
from tests.harness.refunds import CHARGE, KEEP, line, off, order, order_of, take_back


def threshold_sale():
    """Six pieces at 50 yuan, 30 yuan off from 300: the oldest exploit is to keep one of them."""
    return order(line(1, 30_000, off("threshold", 3000, 30_000), quantity=6))


def test_with_keep_each_piece_brings_its_share_back():
    _, refunds = take_back(threshold_sale(), {1: 5})
    assert (refunds[0].amount_fen, refunds[0].withheld) == (22_500, ())


def test_with_charge_the_discount_on_what_is_kept_is_withheld_and_named():
    left, (refund,) = take_back(threshold_sale(), {1: 5}, policy=CHARGE)
    assert (refund.amount_fen, refund.withheld_fen) == (22_000, 500)
    (row,) = refund.withheld
    assert (row.kind, row.source, row.threshold_fen, row.kept_fen, row.amount_fen) == (
        "threshold",
        "M1",
        30_000,
        5000,
        500,
    )
    # What is kept costs its list price now: 50 yuan.
    assert left.paid_fen - left.refunded_fen == 5000


def test_what_was_withheld_comes_back_with_the_goods():
    left, refunds = take_back(threshold_sale(), {1: 1}, {1: 4}, {1: 1}, policy=CHARGE)
    assert [(one.amount_fen, one.withheld_fen) for one in refunds] == [(2000, 2500), (20_000, -2000), (5000, -500)]
    assert (left.refunded_fen, left.withheld_fen) == (left.paid_fen, 0)


def test_a_return_above_the_threshold_loses_nothing():
    sold = order(line(1, 40_000, off("threshold", 3000, 30_000), quantity=4))
    _, (refund,) = take_back(sold, {1: 1}, policy=CHARGE)
    assert (refund.amount_fen, refund.withheld) == (9250, ())


def test_a_refund_is_never_below_zero_and_the_rest_waits():
    """A cheap piece comes back, and a discount much larger than it is lost."""
    sold = order(line(1, 29_000, off("threshold", 9667, 30_000)), line(2, 1000, off("threshold", 333, 30_000)))
    left, refunds = take_back(sold, {2: 1}, {1: 1}, policy=CHARGE)
    assert [(one.amount_fen, one.withheld_fen) for one in refunds] == [(0, 667), (20_000, -667)]
    assert left.refunded_fen == left.paid_fen


def test_only_the_lines_of_a_discount_count_towards_its_threshold():
    sold = order(line(1, 20_000, off("threshold", 2000, 20_000)), line(2, 50_000))
    assert take_back(sold, {2: 1}, policy=CHARGE)[1][0].withheld == ()
    assert take_back(sold, {1: 1}, policy=CHARGE)[1][0].withheld == ()


def test_an_earlier_discount_lowers_the_amount_and_a_later_one_does_not():
    rows = (off("tier", 1000, source="tier:gold"), off("threshold", 900, 9000), off("coupon", 500, 8100, "coupon:x"))
    sold = order(line(1, 10_000, *rows, quantity=2))
    _, (refund,) = take_back(sold, {1: 1}, policy=CHARGE)
    assert {row.source: (row.kept_fen, row.amount_fen) for row in refund.withheld} == {
        "M1": (4500, 450),
        "coupon:x": (4050, 250),
    }
    assert refund.amount_fen == 3800 - 700


def test_a_gift_comes_back_or_its_value_stays():
    sold = order(line(1, 10_000), line(2, 8000), line(3, 1500, off("gift", 1500, 10_000), gift_of="M1"))
    assert take_back(sold, {2: 1}, policy=CHARGE)[1][0].withheld == ()
    kept_gift = take_back(sold, {1: 1}, {3: 1}, policy=CHARGE)[1]
    assert [(one.amount_fen, one.withheld_fen) for one in kept_gift] == [(8500, 1500), (1500, -1500)]
    with_gift = take_back(sold, {1: 1, 3: 1}, policy=CHARGE)[1]
    assert [(one.amount_fen, one.withheld_fen) for one in with_gift] == [(10_000, 0)]
    assert take_back(sold, {1: 1}, policy=KEEP)[1][0].amount_fen == 10_000


def test_only_an_order_that_came_back_with_its_gift_is_whole():
    sold = order(line(1, 10_000), line(2, 1500, off("gift", 1500, 10_000), gift_of="M1"))
    assert [one.whole for one in take_back(sold, {1: 1}, {2: 1})[1]] == [False, True]


def test_freight_comes_back_with_the_last_piece_when_the_house_says_so():
    sold = order(line(1, 1000, quantity=2, freight_fen=800), freight_fen=800)
    refunds_freight = Policy(refunds_freight=True)
    assert [one.freight_fen for one in take_back(sold, {1: 1}, {1: 1}, policy=refunds_freight)[1]] == [0, 800]
    assert [one.freight_fen for one in take_back(sold, {1: 1}, {1: 1})[1]] == [0, 0]


def test_a_policy_that_was_changed_to_keep_charges_nothing_new_and_still_gives_back():
    sold = order(
        line(1, 30_000, off("threshold", 3000, 30_000), quantity=6), line(2, 9000, off("nth", 900, 9000, "M2"))
    )
    left, (first,) = take_back(sold, {1: 5}, policy=CHARGE)
    assert first.withheld_fen == 500
    standing = {("threshold", "M1"): first.withheld[0]}
    parts = [rules.part_of(one, quantity=1, restock="none") for one in left.lines]
    last = rules.refund(left, parts, standing=standing, policy=KEEP)
    assert (last.amount_fen, last.withheld_fen) == (4500 + 8100 + 500, -500)


@settings(max_examples=400, deadline=None)
@given(st.integers(min_value=0), st.booleans(), st.booleans())
def test_any_basket_returned_in_any_order_gives_back_exactly_what_was_paid_and_spent(seed, charges, freight):
    random = Random(seed)
    try:
        sold = order_of(promotions.price(basket=random_baskets.basket(random)))
    except Problem:
        reject()  # A basket that is refused becomes no order.
    assume(sold.lines)
    returns = split(sold, random)
    policy = Policy(charges_lost_discounts=charges, refunds_freight=freight)
    left, refunds = take_back(sold, *returns, policy=policy)
    paid_for_goods = sold.payable_fen - sold.freight_fen
    assert all(one.amount_fen >= 0 and one.points >= 0 for one in refunds)
    assert left.refunded_fen == paid_for_goods + (sold.freight_fen if freight else 0)
    assert (left.withheld_fen, left.points_restored) == (0, sold.points_spent)
    assert [one.refunded_fen for one in left.lines] == [one.net_fen for one in left.lines]
    so_far = 0
    for refund in refunds:
        so_far += refund.amount_fen
        assert so_far <= left.paid_fen
    at_once, (whole,) = take_back(sold, {one.number: one.quantity for one in sold.lines}, policy=policy)
    assert (at_once.refunded_fen, at_once.points_restored) == (left.refunded_fen, left.points_restored)
    assert (whole.withheld_fen, whole.whole) == (0, True)
    assert [one.whole for one in refunds] == [False] * (len(refunds) - 1) + [True]


def split(sold, random: Random) -> list[dict[int, int]]:
    """Split everything into returns of random lines and quantities."""
    left = Counter({one.number: one.quantity for one in sold.lines})
    returns = []
    while left:
        numbers = random.sample(sorted(left), k=random.randint(1, len(left)))
        back = {number: random.randint(1, left[number]) for number in numbers}
        left = Counter({number: count for number, count in (left - Counter(back)).items() if count})
        returns.append(back)
        if len(returns) > 12:
            returns.append(dict(left)) if left else None
            break
    return returns
