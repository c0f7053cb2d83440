"""What holds for every basket (I3): sums are exact, nothing is negative, order does not matter.

`QUANYU_BASKETS=100000 python -m pytest tests/modules/promotions/test_price_chain_properties.py` runs that many.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.modules.promotions.api import judge_coupons, price
from quanyu.modules.promotions.contracts import FreightFacts, PointsOfferFacts
from tests.harness.promotions import (
    basket,
    bundle_campaign,
    campaign,
    coupon,
    gift_campaign,
    gifts,
    line,
    member,
    new_customer_campaign,
    nth_campaign,
    points,
)

EXAMPLES = int(os.environ.get("QUANYU_BASKETS", "500"))
many = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
some = settings(max_examples=max(100, EXAMPLES // 5), deadline=None, suppress_health_check=list(HealthCheck))

bp = st.integers(0, 10_000)
small = st.integers(0, 3)
yes_no = st.booleans()
skus = st.frozensets(st.integers(1, 6), max_size=3)
categories = st.frozensets(st.integers(1, 3), max_size=2)


@st.composite
def shares(draw):
    brand = draw(bp)
    store = draw(st.integers(0, 10_000 - brand))
    return {"brand_bp": brand, "store_bp": store, "supplier_bp": 10_000 - brand - store}


scopes = st.fixed_dictionaries(
    {
        "sku_ids": skus,
        "category_ids": categories,
        "excluded_sku_ids": st.frozensets(st.integers(1, 6), max_size=1),
        "members_only": yes_no,
        "tiers": st.sampled_from([frozenset(), frozenset(), frozenset({"gold"})]),
    }
)


@st.composite
def lines(draw):
    """One to fifty lines; some weighed, some of the points mall, several of one SKU."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(0, 50_000),
                st.integers(1, 9),
                st.sampled_from(["piece", "piece", "piece", "weighed", "offer"]),
                st.integers(1, 6),
                st.sampled_from([None, 0, 5_000, 9_000, 9_999, 12_000]),
                st.sampled_from([None, None, 0, 8_500, 9_999]),
                st.sampled_from([None, 4]),
                categories,
            ),
            min_size=1,
            max_size=50,
        )
    )
    made = []
    for number, (base_fen, quantity, kind, sku_id, member_bp, timed_bp, supplier_id, path) in enumerate(drawn, 1):
        made.append(
            line(
                number * 3,
                base_fen,
                quantity=quantity * 137 if kind == "weighed" else quantity,
                scale=1000 if kind == "weighed" else 1,
                member_fen=None if member_bp is None else base_fen * member_bp // 10_000,
                timed_fen=None if timed_bp is None else base_fen * timed_bp // 10_000,
                supplier_id=supplier_id,
                category_path=tuple(sorted(path)),
                sku_id=sku_id,
                offer=PointsOfferFacts(number, quantity * 10, base_fen // 3) if kind == "offer" else None,
            )
        )
    return made


@st.composite
def campaigns(draw):
    """None to eight campaigns of every kind."""
    made = []
    for id_ in range(1, draw(st.integers(0, 8)) + 1):
        given_ = {
            "id": id_,
            "repeats": draw(yes_no),
            "priority": draw(small),
            "stacks": draw(yes_no),
            "shares": draw(shares()),
            "scope": draw(scopes),
        }
        threshold, amount, count = draw(st.integers(2, 100_000)), draw(st.integers(0, 50_000)), draw(st.integers(2, 4))
        match draw(st.sampled_from(["threshold", "gift", "nth", "bundle", "set", "new_customer"])):
            case "threshold":
                off = 1 + amount % (threshold - 1)
                made.append(campaign((threshold, off), (threshold * 2, off * 2 + 1), **given_))
            case "gift":
                made.append(gift_campaign((threshold, 50, count), (threshold * 3, 51, 1), **given_))
            case "nth" if amount % 2:
                made.append(nth_campaign(count, off_bp=1 + amount % 10_000, same_sku=draw(yes_no), **given_))
            case "nth":
                made.append(nth_campaign(count, price_fen=amount // 10, **given_))
            case "bundle":
                made.append(bundle_campaign(amount + 1, count=count, **given_))
            case "set":
                items = {sku_id: 1 + small_ for small_, sku_id in enumerate(sorted(draw(skus)) or [1, 2])}
                made.append(bundle_campaign(amount + 1, items=items, **given_))
            case _:
                prices = dict.fromkeys(draw(skus) or [1], (amount // 2, count))
                made.append(new_customer_campaign(prices, **{**given_, "repeats": False}))
    return made


@st.composite
def coupons(draw):
    """None to four coupons of every kind."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        amount = draw(st.integers(1, 60_000))
        kind = draw(st.sampled_from(["amount", "percent", "gift", "freight"]))
        rule = {
            "amount": {"amount_fen": amount},
            "percent": {"percent_off_bp": amount % 10_000, "cap_fen": draw(st.none() | st.integers(1, 20_000))},
            "gift": {"gift_sku_id": 50 + amount % 2, "gift_quantity": 1 + amount % 3},
            "freight": {},
        }[kind]
        made.append(
            coupon(
                kind,
                id=f"k{number}",
                threshold_fen=draw(st.sampled_from([0, 1, 20_000, 100_000])),
                stacks_with_coupons=draw(st.sampled_from([True, True, False])),
                stacks_with_campaigns=draw(yes_no),
                shares=draw(shares()),
                scope=draw(scopes),
                weekdays=draw(st.sampled_from([frozenset(), frozenset({0}), frozenset({1})])),
                **rule,
            )
        )
    return made


points_facts = st.none() | st.builds(
    points,
    st.integers(0, 20_000),
    st.integers(0, 20_000),
    points_per_yuan=st.sampled_from([1, 3, 10, 100, 1_000]),
    cap_bp=st.sampled_from([0, 1_000, 3_333, 10_000]),
    least=st.sampled_from([0, 100]),
    step=st.sampled_from([1, 7, 100]),
)


@st.composite
def baskets(draw):
    stock = [line(0, draw(st.integers(0, 5_000)), sku_id=sku_id, quantity=6, supplier_id=4) for sku_id in (50, 51)]
    return basket(
        *draw(lines()),
        campaigns=tuple(draw(campaigns())),
        coupons=tuple(draw(coupons())),
        points=draw(points_facts),
        gifts=gifts(*stock[: draw(st.integers(0, 2))]),
        member=draw(st.sampled_from([None, member(), member("gold", discount_bp=750, is_new=True)])),
        freight=FreightFacts("express", draw(st.integers(0, 3_000)), draw(st.none() | st.integers(0, 300_000))),
    )


def check_lines(quote):
    for each in quote.lines:
        rows = Counter()
        for row in each.discounts:
            assert row.amount_fen == row.brand_fen + row.store_fen + row.supplier_fen > 0
            assert min(row.brand_fen, row.store_fen, row.supplier_fen) >= 0
            rows["coupon" if row.kind == "coupon" else "discount"] += row.amount_fen
        assert (rows["coupon"], rows["discount"]) == (each.coupon_fen, each.discount_fen)
        assert each.list_fen - each.discount_fen - each.coupon_fen - each.points_fen == each.net_fen >= 0
        assert min(each.points_fen, each.points_spent, each.freight_fen) >= 0


def check_sums(quote, wanted):
    for name in ("discount_fen", "coupon_fen", "points_fen", "points_spent", "freight_fen"):
        assert getattr(quote, name) == sum(getattr(each, name) for each in quote.lines)
    assert quote.goods_fen == sum(each.list_fen for each in quote.lines)
    taken_fen = quote.discount_fen + quote.coupon_fen + quote.points_fen
    assert quote.payable_fen == quote.goods_fen - taken_fen + quote.freight_fen >= 0
    freight_saved_fen = sum(each.amount_fen for each in quote.applied if not each.line_numbers)
    assert sum(each.amount_fen for each in quote.applied) == taken_fen + freight_saved_fen
    assert quote.freight_fen + freight_saved_fen in (0, wanted.freight.base_fen)
    before_fen = sum(each.net_fen + each.coupon_fen + each.points_fen for each in quote.lines)
    # No coupon and no points make the goods of an order free.
    assert sum(each.net_fen for each in quote.lines) >= min(1, before_fen)


def check_rights(quote, wanted):
    offers = {each.number: each.offer for each in wanted.lines if each.offer}
    stacking = {each.code for each in wanted.campaigns if each.stacks}
    codes = {each.code for each in wanted.campaigns}
    for each in quote.lines:
        kinds = [row.kind for row in each.discounts]
        assert len({"member", "timed", "tier"} & set(kinds)) <= 1
        if each.number in offers:
            assert set(kinds) <= {"points_mall"}
            assert each.coupon_fen == each.points_fen == 0
            assert each.points_spent == offers[each.number].points * each.quantity
        if each.gift_of:
            assert (each.net_fen, each.freight_fen, kinds in (["gift"], [])) == (0, 0, True)
        else:
            assert len({row.source for row in each.discounts} & (codes - stacking)) <= 1
    given_away = Counter()
    for each in quote.lines:
        if each.gift_of:
            given_away[each.sku_id] += each.quantity
    assert all(count <= wanted.gifts[sku_id].quantity for sku_id, count in given_away.items())
    applied = {each.source for each in quote.applied} & codes
    refused = Counter(each.source for each in quote.not_applied if each.source in codes)
    assert applied | set(refused) == codes
    assert not applied & set(refused)
    assert max(refused.values(), default=1) == 1


def check_coupons_and_points(quote, wanted):
    assert [each.id for each in quote.coupons] == [each.id for each in wanted.coupons]
    for outcome in quote.coupons:
        assert (outcome.reason is None) == (outcome.amount_fen > 0) or outcome.amount_fen == 0
        assert (f"coupon:{outcome.id}" in {each.source for each in quote.applied}) == (outcome.reason is None)
    facts = wanted.points
    if facts is None:
        assert (quote.points_fen, quote.points_max) == (0, 0)
        return
    in_mall = sum(each.offer.points * each.quantity for each in wanted.lines if each.offer)
    used = quote.points_spent - in_mall
    assert 0 <= used <= min(facts.wanted, quote.points_max)
    assert quote.points_max <= max(0, facts.balance - in_mall)
    assert quote.points_fen == used * 100 // facts.points_per_yuan
    assert used == 0 or (used % facts.step == 0 and used >= facts.least)
    in_offers = {each.number for each in wanted.lines if each.offer}
    payable_by_points = sum(each.net_fen + each.points_fen for each in quote.lines if each.number not in in_offers)
    assert quote.points_fen * 10_000 <= payable_by_points * facts.cap_bp


@many
@given(baskets(), st.randoms(use_true_random=False))
def test_i3_all_sums_are_exact_and_nothing_is_negative_in_any_order(wanted, random):
    quote = price(basket=wanted)
    check_lines(quote)
    check_sums(quote, wanted)
    check_rights(quote, wanted)
    check_coupons_and_points(quote, wanted)
    in_other_order = replace(
        wanted,
        lines=tuple(random.sample(wanted.lines, len(wanted.lines))),
        campaigns=tuple(random.sample(wanted.campaigns, len(wanted.campaigns))),
        gifts=dict(reversed(wanted.gifts.items())),
    )
    assert price(basket=in_other_order) == quote


@some
@given(baskets())
def test_a_coupon_saves_what_it_was_said_to_save(wanted):
    judged = judge_coupons(basket=wanted, candidates=wanted.coupons)
    alone = [price(basket=replace(wanted, coupons=(each,))).coupons[0] for each in wanted.coupons]
    assert list(judged) == alone


@some
@given(baskets(), st.integers(1, 50_000))
def test_one_more_fen_of_a_coupon_never_costs_more(wanted, amount_fen):
    def payable(fen):
        given_ = coupon(amount_fen=fen)
        return price(basket=replace(wanted, coupons=(given_,), points=None, freight=FreightFacts())).payable_fen

    assert payable(amount_fen + 1) <= payable(amount_fen)


@some
@given(baskets())
def test_who_may_use_more_points_pays_less(wanted):
    most = price(basket=wanted).points_max
    if not most:
        return
    with_all = price(basket=replace(wanted, points=replace(wanted.points, wanted=most)))
    without = price(basket=replace(wanted, points=replace(wanted.points, wanted=0)))
    in_mall = without.points_spent
    assert with_all.points_spent in (in_mall + most, in_mall)
    assert with_all.payable_fen == without.payable_fen - with_all.points_fen
