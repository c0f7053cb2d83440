"""The golden cases of spec/vectors/price_chain.json, which every language that prices must meet to the fen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from quanyu.modules.promotions.api import price
from quanyu.modules.promotions.contracts import Basket, ManualDiscountTooLarge

VECTORS = msgspec.json.decode((Path(__file__).parents[3] / "spec" / "vectors" / "price_chain.json").read_bytes())


@pytest.mark.parametrize("case", VECTORS["quotes"], ids=lambda case: case["name"])
def test_the_quote_of_a_basket(case):
    quote = price(basket=msgspec.convert(case["basket"], Basket, str_keys=True))
    assert msgspec.json.decode(msgspec.json.encode(quote)) == case["quote"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_a_basket_that_is_refused(case):
    with pytest.raises(ManualDiscountTooLarge) as refusal:
        price(basket=msgspec.convert(case["basket"], Basket, str_keys=True))
    assert [refusal.value.code, refusal.value.field] == [case["code"], case["field"]]
