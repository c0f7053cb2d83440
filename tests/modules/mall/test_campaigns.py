"""What a quote says of campaigns: what they take off, and what is missing for the next one (CPN-14)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import Scope, Step
from tests.harness.chain import MILK_FEN, make_chain
from tests.harness.clients import MallClient
from tests.harness.promotions import random_code


@pytest.mark.parametrize(
    ("language", "text"), [("zh-hans", "再买 3.00 元可享"), ("en", "3.00 yuan more and it applies")]
)
def test_cpn14_a_quote_says_in_the_shoppers_language_what_is_missing(language, text):
    chain, mall = make_chain(), MallClient().sign_in()
    now = system_clock.now()
    promotions.create_campaign(
        code=random_code(),
        name="满 16 减 2",
        period=Period(now - timedelta(days=1), now + timedelta(days=1)),
        steps=[Step(threshold_fen=1600, off_fen=200)],
        scope=Scope(unit_ids=frozenset([chain.store.unit.id])),
        actor=SYSTEM,
        now=now,
    )
    body = {"store_id": chain.store.unit.id, "delivery": "pickup"}
    line = {"sku_id": chain.milk.id}
    below = mall.post("/quotes", {**body, "lines": [{**line, "quantity": 2}]}, Accept_Language=language).expect(200)
    (missing,) = below["not_applied"]
    assert (missing["reason"], missing["params"]["missing_fen"], missing["text"]) == ("amount_missing", 300, text)
    above = mall.post("/quotes", {**body, "lines": [{**line, "quantity": 3}]}).expect(200)
    assert (above["discount_fen"], above["payable_fen"]) == (200, 3 * MILK_FEN - 200)
    assert [one["amount_fen"] for one in above["lines"][0]["discounts"]] == [200]
