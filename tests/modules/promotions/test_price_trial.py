"""The price simulation on the console: every step of the chain, what is missing, who bears what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.orders.models import Order
from quanyu.modules.promotions.contracts import CampaignKind, Scope, Shares, Step
from quanyu.modules.tiers import api as tiers
from tests.harness import console, coupons
from tests.harness.chain import make_chain
from tests.harness.identity import make_person
from tests.harness.promotions import make_campaign

PAGE = "/console/price-trial/"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def chain():
    return make_chain(member_milk_fen=590)


@pytest.fixture(scope="module")
def campaigns(chain):
    now = system_clock.now()
    here = {"period": Period(now - DAY, now + DAY), "scope": Scope(unit_ids=frozenset({chain.store.unit.id}))}
    off = make_campaign(name="满减", name_en="Off", shares=Shares(6_000, 4_000, 0), **here)
    gift = make_campaign(
        name="赠面包",
        name_en="Bread",
        kind=CampaignKind.GIFT,
        steps=[Step(9_000, 0, chain.bread.id, 1)],
        stacks=True,
        shares=Shares(0, 0, 10_000),
        **here,
    )
    more = make_campaign(name="满三百", name_en="From 300", steps=[Step(30_000, 5_000)], stacks=True, **here)
    return off, gift, more


def put(browser, chain, **given):
    sent = {
        "store": chain.store.unit.id,
        "channel": "mall",
        "who": "",
        "at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "basket": f"{chain.milk.code} 5\n{chain.tea.barcodes[0]} 1",
        "coupon_kind": "amount",
        "coupon_amount": "5",
        "coupon_threshold": "50",
        "points": "200",
        "freight": "8",
        "free_from": "200",
    }
    return browser.get(PAGE, sent | given)


def texts(table):
    return [[str(cell) for cell in row] for row in table.rows]


@pytest.fixture(autouse=True)
def in_english():
    """Texts are translated when they are looked at, after the page was made."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def manager(chain):
    return console.signed_in(make_person("store_manager", unit_id=chain.store.unit.id))


def test_every_step_of_the_chain_is_shown(manager, chain, campaigns):
    # Milk 5 x 6.50 (member 5.90) and tea 88.00: 120.50, for a member 117.50; 10.00 off from 100.00, the bread of
    # 12.80 from 90.00, a coupon of 5.00, 200 points for 2.00, freight 8.00 below 200.00.
    before = Order.objects.count()
    shown = put(manager, chain).context_data
    milk, tea, bread = (sku.name for sku in (chain.milk, chain.tea, chain.bread))
    both = f"{milk}, {tea}"
    assert texts(shown["steps"]) == [
        ["Base price", "", "", "¥120.50", "¥120.50"],
        ["Member or timed price", "Member price", milk, "-¥3.00", "¥117.50"],
        ["Campaign", "Off", both, "-¥10.00", "¥107.50"],
        ["Coupon", "Coupon", both, "-¥5.00", "¥102.50"],
        ["Points as payment", "Points", both, "-¥2.00", "¥100.50"],
        ["Gift", "Bread", bread, "worth ¥12.80", "¥100.50"],
        ["Delivery fee", "", "", "¥8.00", "¥108.50"],
    ]
    assert shown["payable"] == "¥108.50"
    assert [[str(label), value] for label, value in shown["figures"]] == [
        ["Goods", "¥133.30"],
        ["Discounts", "-¥25.80"],
        ["Coupons", "-¥5.00"],
        ["Points", "-¥2.00"],
        ["Delivery fee", "¥8.00"],
    ]
    assert Order.objects.count() == before


def test_each_line_has_what_every_step_took_off_it(manager, chain, campaigns):
    lines = put(manager, chain).context_data["lines"]
    heads = ["Product", "Quantity", "Base price", "Member price", "Off", "Coupon", "Bread", "Points", "To pay"]
    assert [str(column.title) for column in lines.columns] == [*heads, "Delivery fee"]
    rows = texts(lines)
    assert rows[0][1:] == ["5 盒", "¥32.50", "-¥3.00", "-¥2.51", "-¥1.26", "–", "-¥0.50", "¥25.23", "¥2.01"]
    assert rows[1][1:] == ["1 盒", "¥88.00", "–", "-¥7.49", "-¥3.74", "–", "-¥1.50", "¥75.27", "¥5.99"]
    assert rows[2][1:] == ["1 盒", "¥12.80", "–", "–", "–", "-¥12.80", "–", "¥0.00", "–"]
    assert [str(cell) for cell in lines.foot][2:] == [
        *("¥133.30", "-¥3.00", "-¥10.00", "-¥5.00", "-¥12.80", "-¥2.00", "¥100.50", "¥8.00")
    ]


def test_what_did_not_apply_says_why_and_how_much_is_missing(manager, chain, campaigns):
    assert texts(put(manager, chain, coupon_threshold="110").context_data["missed"]) == [
        ["From 300", "192.50 yuan more and it applies"],
        ["Free delivery", "92.50 yuan more and it applies"],
        ["Coupon", "2.50 yuan more and it applies"],
    ]


def test_who_bears_what(manager, chain, campaigns):
    bearers = put(manager, chain).context_data["bearers"]
    # The supplier gives the bread; it has supplied nothing else.
    assert texts(bearers) == [
        ["Member price", "¥3.00", "¥3.00", "–", "–"],
        ["Off", "¥10.00", "¥6.00", "¥4.00", "–"],
        ["Coupon", "¥5.00", "¥5.00", "–", "–"],
        ["Bread", "¥12.80", "–", "–", "¥12.80"],
    ]
    assert [str(cell) for cell in bearers.foot] == ["Together", "¥30.80", "¥14.00", "¥4.00", "¥12.80"]
    assert "200" in bearers.note


def test_who_is_no_member_pays_the_base_price_and_the_till_may_take_something_off(manager, chain, campaigns):
    shown = put(manager, chain, who="-", basket=f"{chain.milk.code} 2 1.50", coupon_kind="", points="", freight="")
    assert texts(shown.context_data["steps"]) == [
        ["Base price", "", "", "¥13.00", "¥13.00"],
        ["At the till", "Discount at the till", chain.milk.name, "-¥1.50", "¥11.50"],
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"basket": "NOTHING 1"}, "no product has the code NOTHING"),
        ({"basket": ""}, "required"),
        ({"coupon_amount": ""}, "Say how much it takes off."),
        ({"basket": "MILK 1 100"}, "larger than its amount"),
    ],
)
def test_a_basket_that_cannot_be_priced_is_said_in_the_form(manager, chain, given, said):
    given = {name: value.replace("MILK", chain.milk.code) for name, value in given.items()}
    answer = put(manager, chain, **given)
    assert "payable" not in answer.context_data
    assert said in str(answer.context_data["form"].errors)


def test_only_stores_within_reach_can_be_tried(manager, chain):
    answer = put(manager, chain, store=chain.other_store.unit.id)
    assert "store" in answer.context_data["form"].errors
    warehouse = console.signed_in(make_person("warehouse", unit_id=chain.warehouse.unit.id))
    assert warehouse.get(PAGE).status_code == 403


def test_the_page_is_chinese_for_who_reads_chinese(chain, campaigns):
    reader = console.signed_in(make_person("store_manager", unit_id=chain.store.unit.id), "zh-hans")
    seen = console.seen(put(reader, chain).content.decode())
    for text in ("价格试算", "逐步计算", "满减", "赠面包", "再买 192.50 元可享", "优惠承担方", "应付"):
        assert text in seen


def test_a_tier_a_coupon_template_and_the_rule_for_points_are_those_of_the_chain(manager, chain, campaigns):
    # What gold takes off two breads of 12.80, then the template's 10.00, then 100 points for a yuan.
    now = system_clock.now()
    template = coupons.make_template(
        now=now, claim_period=Period(now - DAY, now + DAY), sku_ids=frozenset({chain.bread.id})
    )
    given = {"who": "gold", "templates": [template.code], "coupon_kind": "", "freight": "", "points": "100"}
    shown = put(manager, chain, basket=f"{chain.bread.code} 2", **given).context_data
    assert shown["form"].fields["who"].choices[2:] == [(tier.code, tier.name_en) for tier in tiers.tiers()]
    gold_bp = tiers.tier(code="gold").discount_bp
    tier_fen = (2 * 1_280 * gold_bp + 5_000) // 10_000
    left = [2_560, 2_560 - tier_fen, 1_560 - tier_fen, 1_460 - tier_fen]
    assert [row[4] for row in texts(shown["steps"])] == [f"¥{fen // 100}.{fen % 100:02d}" for fen in left]
    assert [row[1] for row in texts(shown["steps"])] == ["", "Tier discount", "Ten yuan off", "Points"]
