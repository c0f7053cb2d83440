"""What a quote says of a member's rights: coupons with what they save or miss, points, gifts, the best choice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.coupons.contracts import UseScope
from quanyu.modules.mall import api as mall
from quanyu.modules.members import api as members
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignKind, CouponKind, Scope, Step
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import coupon_for, give_points
from tests.harness.clients import MallClient
from tests.harness.promotions import random_code


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


@pytest.fixture
def shopper() -> MallClient:
    return MallClient().sign_in()


def coupon(shopper: MallClient, **terms: Any) -> str:
    """Let the shopper have a coupon: ten yuan off unless the terms say otherwise."""
    return str(coupon_for(members.member(id=UUID(shopper.member_id)), **terms).id)


def body(chain: Chain, *goods: Any, **more: Any) -> dict[str, Any]:
    lines = [{"sku_id": sku.id, "quantity": quantity} for sku, quantity in goods]
    return {"store_id": chain.store.unit.id, "delivery": "pickup", "lines": lines, **more}


def test_each_coupon_says_what_it_saves_or_why_not_and_what_is_missing(chain: Chain, shopper: MallClient):
    good = coupon(shopper)
    percent = coupon(shopper, kind=CouponKind.PERCENT, amount_fen=0, percent_off_bp=1000, cap_fen=500)
    short = coupon(shopper, threshold_fen=10_000)
    other_goods = coupon(shopper, sku_ids=frozenset({chain.bread.id}))
    in_stores_only = coupon(shopper, scope=UseScope.STORE)
    asked = body(chain, (chain.tea, 1))
    quote = shopper.post("/quotes", asked).expect(200)
    shown = {one["id"]: one for one in quote["coupons"]}
    assert {id_: (one["usable"], one["amount_fen"]) for id_, one in shown.items()} == {
        good: (True, 1000),
        percent: (True, 500),
        short: (False, 0),
        other_goods: (False, 0),
    }
    assert in_stores_only not in shown
    assert not any(one["chosen"] for one in quote["coupons"])
    assert (shown[short]["reason"], shown[short]["params"]["missing_fen"]) == ("amount_missing", 10_000 - TEA_FEN)
    assert shown[short]["text"] == "12.00 yuan more and it applies"
    chinese = shopper.post("/quotes", asked, Accept_Language="zh-hans").expect(200)
    assert next(one["text"] for one in chinese["coupons"] if one["id"] == short) == "再买 12.00 元可享"
    chosen = shopper.post("/quotes", {**asked, "coupon_ids": [good]}).expect(200)
    assert (chosen["coupon_fen"], chosen["payable_fen"]) == (1000, TEA_FEN - 1000)
    assert [one["usable"] for one in chosen["coupons"] if one["id"] == percent] == [False]


def test_a_chosen_coupon_that_does_not_hold_is_a_problem_and_takes_nothing_off(chain: Chain, shopper: MallClient):
    short = coupon(shopper, threshold_fen=10_000)
    quote = shopper.post("/quotes", body(chain, (chain.tea, 1), coupon_ids=[short])).expect(200)
    assert (quote["coupon_fen"], quote["payable_fen"]) == (0, TEA_FEN)
    assert quote["problems"] == ["checkout.coupon_refused"]
    (shown,) = quote["coupons"]
    assert (shown["chosen"], shown["usable"], shown["reason"]) == (True, False, "amount_missing")


def test_points_say_how_many_there_are_could_pay_and_come_back(chain: Chain, shopper: MallClient):
    give_points(members.member(id=UUID(shopper.member_id)), 10_000)
    quote = shopper.post("/quotes", body(chain, (chain.tea, 1))).expect(200)
    # Half of the goods may be paid by points, a hundred to the yuan.
    assert quote["points"] == {"balance": 10_000, "most": 4400, "spent": 0, "worth_fen": 0, "earned": 88}
    paid = shopper.post("/quotes", body(chain, (chain.tea, 1), points=4400)).expect(200)
    assert (paid["points"]["worth_fen"], paid["points"]["earned"], paid["payable_fen"]) == (4400, 44, 4400)
    assert sum(line["points_fen"] for line in paid["lines"]) == 4400
    too_many = shopper.post("/quotes", body(chain, (chain.tea, 1), points=4401)).expect(200)
    assert too_many["problems"] == ["checkout.points_refused"]


def test_a_gift_is_a_line_of_its_own(chain: Chain, shopper: MallClient):
    now = system_clock.now()
    campaign = promotions.create_campaign(
        code=random_code(),
        name="满赠",
        period=Period(now - timedelta(days=1), now + timedelta(days=1)),
        kind=CampaignKind.GIFT,
        scope=Scope(unit_ids=frozenset({chain.other_store.unit.id})),
        steps=[Step(threshold_fen=1200, gift_sku_id=chain.milk.id, gift_quantity=1)],
        actor=SYSTEM,
        now=now,
    )
    asked = body(chain, (chain.bread, 1)) | {"store_id": chain.other_store.unit.id}
    bought, gift = shopper.post("/quotes", asked).expect(200)["lines"]
    assert (bought["sku_id"], bought["gift_of"], bought["net_fen"]) == (chain.bread.id, "", BREAD_FEN)
    assert (gift["sku_id"], gift["gift_of"], gift["list_fen"], gift["net_fen"]) == (
        chain.milk.id, campaign.code, MILK_FEN, 0,
    )  # fmt: skip


def test_the_best_choice_is_the_combination_that_saves_most(chain: Chain, shopper: MallClient):
    asked = body(chain, (chain.tea, 1))
    nothing = shopper.post("/quotes/best", asked).expect(200)
    assert (nothing["coupon_ids"], nothing["saved_fen"], nothing["quote"]["payable_fen"]) == ([], 0, TEA_FEN)
    alone = coupon(shopper, amount_fen=1200)
    first, second = (coupon(shopper, amount_fen=fen, stacks_with_coupons=True) for fen in (900, 700))
    both = shopper.post("/quotes/best", {**asked, "coupon_ids": [alone]}).expect(200)
    assert (both["coupon_ids"], both["saved_fen"]) == ([first, second], 1600)
    assert both["quote"]["payable_fen"] == TEA_FEN - 1600
    placed = shopper.order(
        chain.store, {chain.tea.id: 1}, coupon_ids=both["coupon_ids"], expected_payable_fen=TEA_FEN - 1600
    ).expect(201)
    assert [one["amount_fen"] for one in placed["coupons"]] == [900, 700]
    # What is reserved is chosen no more.
    assert shopper.post("/quotes/best", asked).expect(200)["coupon_ids"] == [alone]


def test_the_best_choice_may_not_be_asked_for_all_the_time(chain: Chain, shopper: MallClient):
    asked = body(chain, (chain.milk, 1))
    # Twice as often, because a new minute may begin meanwhile.
    answers = {shopper.post("/quotes/best", asked).status for _ in range(2 * mall.BEST_QUOTES_PER_MINUTE + 1)}
    assert answers == {200, 429}
    assert shopper.post("/quotes", asked).status == 200
