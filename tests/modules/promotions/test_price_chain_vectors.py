"""The golden cases of spec/vectors/price_chain.json, which every language that prices must meet to the fen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from quanyu.kernel.problem import Problem
from quanyu.modules.promotions.api import judge_coupons, price
from quanyu.modules.promotions.contracts import Basket, CouponFacts, DiscountKind, Reason

VECTORS = msgspec.json.decode((Path(__file__).parents[3] / "spec" / "vectors" / "price_chain.json").read_bytes())


def basket_of(case):
    return msgspec.convert(case["basket"], Basket, str_keys=True)


def plain(answer):
    return msgspec.json.decode(msgspec.json.encode(answer))


@pytest.mark.parametrize("case", VECTORS["quotes"], ids=lambda case: case["name"])
def test_the_quote_of_a_basket(case):
    assert plain(price(basket=basket_of(case))) == case["quote"]


@pytest.mark.parametrize("case", VECTORS["judged"], ids=lambda case: case["name"])
def test_what_coupons_would_save(case):
    candidates = msgspec.convert(case["candidates"], list[CouponFacts])
    assert plain(judge_coupons(basket=basket_of(case), candidates=candidates)) == case["outcomes"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_a_basket_that_is_refused(case):
    with pytest.raises(Problem) as refusal:
        price(basket=basket_of(case))
    assert [refusal.value.code, refusal.value.field] == [case["code"], case["field"]]


def test_the_cases_know_every_kind_and_every_reason():
    quotes = [case["quote"] for case in VECTORS["quotes"]]
    kinds = {row["kind"] for quote in quotes for line in quote["lines"] for row in line["discounts"]}
    assert kinds == {kind.value for kind in DiscountKind}
    reasons = {row["reason"] for quote in quotes for row in quote["not_applied"]}
    reasons |= {outcome["reason"] for quote in quotes for outcome in quote["coupons"]}
    assert reasons - {None} == {reason.value for reason in Reason}
