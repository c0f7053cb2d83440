"""What a quote says of campaigns: what they take off, and what is missing for the next one (CPN-14)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
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


def test_mall_14_quote_cart_and_order_name_goods_stores_and_offers_in_english_too():
    chain, mall = make_chain(), MallClient().sign_in()
    now = system_clock.now()
    english = catalog.update_sku(sku_id=chain.milk.id, name_en="Pure milk", actor=SYSTEM, now=now).name_en
    promotions.create_campaign(
        code=random_code(),
        name="满 6 减 1",
        name_en="1 off from 6",
        period=Period(now - timedelta(days=1), now + timedelta(days=1)),
        steps=[Step(threshold_fen=600, off_fen=100)],
        scope=Scope(unit_ids=frozenset([chain.store.unit.id])),
        actor=SYSTEM,
        now=now,
    )
    store = chain.store.unit.id
    lines = [{"sku_id": chain.milk.id, "quantity": 1}]
    (line,) = mall.post("/quotes", {"store_id": store, "delivery": "pickup", "lines": lines}).expect(200)["lines"]
    assert (line["name"], line["name_en"]) == (chain.milk.name, english)
    assert [(one["label"], one["label_en"]) for one in line["discounts"]] == [("满 6 减 1", "1 off from 6")]
    mall.post("/cart/lines", {"store_id": store, "sku_id": chain.milk.id, "quantity": 1}).expect(201)
    (kept,) = mall.get(f"/cart?store_id={store}").expect(200)["lines"]
    assert (kept["store_name"], kept["store_name_en"]) == (chain.store.unit.name, chain.store.unit.name_en)
    placed = mall.order(chain.store, {chain.milk.id: 1}).expect(201)
    for order in (placed, mall.get(f"/orders/{placed['id']}").expect(200)):
        assert (order["store_name"], order["store_name_en"]) == (chain.store.unit.name, chain.store.unit.name_en)
        assert [(one["name"], one["name_en"]) for one in order["lines"]] == [(chain.milk.name, english)]
