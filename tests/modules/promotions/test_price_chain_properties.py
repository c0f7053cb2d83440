"""What holds for every basket (I3): sums are exact, nothing is negative, order does not matter."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.kernel.apportion import apportion
from quanyu.modules.promotions.api import price
from quanyu.modules.promotions.contracts import FreightFacts
from tests.harness.promotions import basket, campaign, line, member

fen = st.integers(0, 200_000)
maybe_fen = st.none() | fen


@st.composite
def lines(draw):
    made = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        scale = draw(st.sampled_from([1, 1, 1000]))
        made.append(
            line(
                number,
                draw(fen),
                quantity=draw(st.integers(1, 5_000 if scale == 1000 else 20)),
                scale=scale,
                member_fen=draw(maybe_fen),
                timed_fen=draw(maybe_fen),
                supplier_id=draw(st.sampled_from([None, 4])),
                category_path=tuple(draw(st.lists(st.integers(1, 3), max_size=2, unique=True))),
                sku_id=draw(st.integers(1, 6)),
            )
        )
    return made


@st.composite
def campaigns(draw):
    made = []
    for id_ in range(1, draw(st.integers(0, 5)) + 1):
        threshold = draw(st.integers(2, 100_000))
        off = draw(st.integers(1, threshold - 1))
        brand = draw(st.integers(0, 10_000))
        store = draw(st.integers(0, 10_000 - brand))
        made.append(
            campaign(
                (threshold, off),
                (threshold * 2, off * 2),
                id=id_,
                repeats=draw(st.booleans()),
                priority=draw(st.integers(0, 2)),
                shares={"brand_bp": brand, "store_bp": store, "supplier_bp": 10_000 - brand - store},
                scope={
                    "sku_ids": frozenset(draw(st.lists(st.integers(1, 6), max_size=3))),
                    "category_ids": frozenset(draw(st.lists(st.integers(1, 3), max_size=2))),
                    "excluded_sku_ids": frozenset(draw(st.lists(st.integers(1, 6), max_size=1))),
                    "members_only": draw(st.booleans()),
                },
            )
        )
    return made


@st.composite
def baskets(draw):
    return basket(
        *draw(lines()),
        campaigns=tuple(draw(campaigns())),
        member=draw(st.sampled_from([None, member()])),
        freight=FreightFacts("express", draw(st.integers(0, 3_000)), draw(st.none() | st.integers(0, 300_000))),
    )


@settings(max_examples=300, deadline=None)
@given(baskets())
def test_i3_all_sums_are_exact_and_nothing_is_negative(wanted):
    quote = price(basket=wanted)
    for each in quote.lines:
        assert each.list_fen - sum(discount.amount_fen for discount in each.discounts) == each.net_fen >= 0
        assert each.freight_fen >= 0
        for discount in each.discounts:
            assert discount.amount_fen > 0
            assert discount.brand_fen + discount.store_fen + discount.supplier_fen == discount.amount_fen
            assert min(discount.brand_fen, discount.store_fen, discount.supplier_fen) >= 0
    assert quote.goods_fen == sum(each.list_fen for each in quote.lines)
    assert quote.discount_fen == sum(each.discount_fen for each in quote.lines)
    assert quote.discount_fen == sum(each.amount_fen for each in quote.applied)
    assert quote.freight_fen == sum(each.freight_fen for each in quote.lines)
    assert quote.payable_fen == quote.goods_fen - quote.discount_fen + quote.freight_fen >= 0
    assert quote.freight_fen in (0, wanted.freight.base_fen)


@settings(max_examples=200, deadline=None)
@given(baskets(), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_campaigns_does_not_matter(wanted, random):
    shuffled_lines, shuffled_campaigns = list(wanted.lines), list(wanted.campaigns)
    random.shuffle(shuffled_lines)
    random.shuffle(shuffled_campaigns)
    settings_kept = {"member": wanted.member, "freight": wanted.freight, "campaigns": tuple(shuffled_campaigns)}
    assert price(basket=basket(*shuffled_lines, **settings_kept)) == price(basket=wanted)


@settings(max_examples=200, deadline=None)
@given(baskets())
def test_every_campaign_is_applied_once_or_says_why_not(wanted):
    quote = price(basket=wanted)
    applied = [each.source for each in quote.applied if each.kind == "threshold"]
    refused = [each.source for each in quote.not_applied if each.source != "freight"]
    assert sorted(applied + refused) == sorted(each.code for each in wanted.campaigns)
    in_campaigns = [number for each in quote.applied if each.kind == "threshold" for number in each.line_numbers]
    assert len(in_campaigns) == len(set(in_campaigns))


@settings(max_examples=200, deadline=None)
@given(baskets())
def test_i3_the_refunds_of_all_parts_are_the_whole(wanted):
    """A line's net, freight and every bearer's part split over its pieces add up again, in any order of returns."""
    for asked, each in zip(wanted.lines, price(basket=wanted).lines, strict=True):
        pieces = [1] * min(asked.quantity, 20)
        amounts = [each.net_fen, each.freight_fen]
        for discount in each.discounts:
            amounts += [discount.brand_fen, discount.store_fen, discount.supplier_fen]
        for amount in amounts:
            parts = apportion(amount, pieces)
            assert sum(parts) == amount
            assert max(parts) - min(parts) <= 1
