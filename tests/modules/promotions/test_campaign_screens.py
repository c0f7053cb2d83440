"""Campaigns on the console: each kind is set up and changed in the words of a shop, products by code or barcode."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.organization import api as places
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignItem, CampaignKind, Scope, Shares, Step
from quanyu.modules.promotions.models import Campaign
from tests.harness import catalog, console, organization
from tests.harness.identity import make_person
from tests.harness.promotions import make_campaign, random_code

PLACE = "promotions.campaign"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def store():
    return organization.make_store()


@pytest.fixture(scope="module")
def manager():
    return console.signed_in(make_person("head_office"))


@pytest.fixture(scope="module")
def goods():
    return [catalog.make_sku() for _ in range(2)]


def typed(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def form(store, **given):
    starts = system_clock.now().replace(second=0, microsecond=0) + DAY
    return {
        "code": random_code(),
        "name": "试一试",
        "starts": typed(starts),
        "ends": typed(starts + DAY),
        "unit_ids": [str(store.unit.id)],
        "channels": [],
        "store_percent": "0",
        "supplier_percent": "0",
        "priority": "0",
    } | given


def make(browser, deed, sent):
    """Send the form; return the campaign, or the errors a person reads."""
    answer = browser.post(console.deed_address(PLACE, None, deed), sent)
    if answer.status_code == 302:
        return promotions.campaign(campaign_id=Campaign.objects.get(code=sent["code"]).pk)
    assert answer.status_code == 422
    assert not Campaign.objects.filter(code=sent["code"]).exists()
    return [error for errors in answer.context_data["form"].errors.values() for error in errors]


def test_a_threshold_discount_is_set_up(manager, store):
    made = make(manager, "create", form(store, steps="100 10\n200, 25", repeats="on", store_percent="40"))
    assert made.steps == (Step(10_000, 1_000), Step(20_000, 2_500))
    assert (made.kind, made.repeats, made.shares) == (CampaignKind.THRESHOLD, True, Shares(6_000, 4_000, 0))
    assert made.scope == Scope(unit_ids=frozenset({store.unit.id}))


def test_a_threshold_gift_is_set_up_by_code_or_barcode(manager, store, goods):
    one, other = goods
    sent = form(store, steps=f"100 {one.code}\n200 {other.barcodes[0]} 2", stacks="on")
    made = make(manager, "create_gift", sent)
    assert made.steps == (Step(10_000, 0, one.id, 1), Step(20_000, 0, other.id, 2))
    assert (made.kind, made.stacks) == (CampaignKind.GIFT, True)


def test_the_second_at_half_price_is_set_up(manager, store, goods):
    sent = form(store, count="2", off_bp="50", same_sku="on", repeats="on", goods=goods[0].code)
    made = make(manager, "create_nth", sent)
    assert (made.kind, made.count, made.off_bp, made.price_fen) == (CampaignKind.NTH, 2, 5_000, None)
    assert (made.same_sku, made.repeats, made.scope.sku_ids) == (True, True, frozenset({goods[0].id}))
    made = make(manager, "create_nth", form(store, count="3", off_bp="50", price_fen="0.01"))
    assert (made.count, made.off_bp, made.price_fen) == (3, 0, 1)


def test_bundles_are_set_up_as_a_set_or_as_any_so_many(manager, store, goods):
    one, other = goods
    made = make(manager, "create_bundle", form(store, price_fen="15.90", items=f"{one.code} 2\n{other.code}"))
    assert (made.price_fen, made.count) == (1_590, 0)
    assert set(made.items) == {CampaignItem(one.id, 2), CampaignItem(other.id, 1)}
    made = make(manager, "create_bundle", form(store, price_fen="99", count="3", repeats="on", excluded=one.code))
    assert (made.price_fen, made.count, made.items, made.repeats) == (9_900, 3, (), True)
    assert made.scope.excluded_sku_ids == {one.id}


def test_new_customer_prices_are_set_up(manager, store, goods):
    one, other = goods
    made = make(manager, "create_new_customer", form(store, items=f"{one.code} 1 9.90\n{other.code} 2 0.01"))
    assert made.kind is CampaignKind.NEW_CUSTOMER
    assert set(made.items) == {CampaignItem(one.id, 1, 990), CampaignItem(other.id, 2, 1)}


@pytest.mark.parametrize(
    ("deed", "given", "said"),
    [
        ("create", {"steps": "100"}, "A step is two amounts, such as: 100 10"),
        ("create", {"steps": "100 10", "store_percent": "60", "supplier_percent": "60"}, "Together more than"),
        ("create", {"steps": "10 100"}, "A discount is more than zero and less than its threshold"),
        ("create_gift", {"steps": "100 NOTHING 1"}, "Line 1: no product has the code NOTHING"),
        ("create_gift", {"steps": "ten CODE 1"}, "Line 1: ten is no amount in yuan"),
        ("create_gift", {"steps": "100 CODE 1.5"}, "Line 1: 1.5 is no quantity"),
        ("create_gift", {"steps": "100"}, "Line 1: something is missing or too much"),
        ("create_nth", {"count": "2", "off_bp": ""}, "either a discount or a price is needed"),
        ("create_bundle", {"price_fen": "9"}, "it must be from 2 to 100"),
        ("create_bundle", {"price_fen": "9", "items": "CODE 1"}, "a set has at least two pieces"),
        ("create_new_customer", {"items": "CODE 1"}, "Line 1: something is missing or too much"),
    ],
)
def test_what_is_typed_wrongly_is_said_where_it_stands(manager, store, goods, deed, given, said):
    given = {name: value.replace("CODE", goods[0].code) for name, value in given.items()}
    errors = make(manager, deed, form(store, **given))
    assert len(errors) == 1
    assert said.lower() in errors[0].lower()


def test_until_it_starts_a_campaign_is_changed_in_its_own_form(manager, store, goods):
    made = make(manager, "create_gift", form(store, steps=f"100 {goods[0].code} 1", goods=goods[1].code))
    address = console.deed_address(PLACE, made.id, "change_gift")
    page = manager.get(address).context_data["form"]
    shown = {name: page[name].initial for name in ("code", "steps", "goods", "unit_ids", "store_percent")}
    assert shown == {
        "code": made.code,
        "steps": f"100.00 {goods[0].code} 1",
        "goods": goods[1].code,
        "unit_ids": [str(store.unit.id)],
        "store_percent": 0,
    }
    answer = manager.post(address, form(store, code=made.code, name="送两份", steps=f"100 {goods[0].code} 2"))
    assert answer.status_code == 302
    changed = promotions.campaign(campaign_id=made.id)
    assert (changed.name, changed.steps, changed.scope.sku_ids) == (
        "送两份",
        (Step(10_000, 0, goods[0].id, 2),),
        frozenset(),
    )


def test_what_a_form_shows_is_what_it_sends_back(manager):
    """Shares to the basis point, and a store that has closed meanwhile: naming none would mean everywhere."""
    now = system_clock.now().replace(second=0, microsecond=0)
    closed = organization.make_store()
    made = make_campaign(
        period=Period(now + DAY, now + 2 * DAY),
        scope=Scope(unit_ids=frozenset({closed.unit.id}), tiers=frozenset({"gone"})),
        shares=Shares(3_333, 3_333, 3_334),
    )
    places.close_unit(unit_id=closed.unit.id, actor=SYSTEM, now=now)
    address = console.deed_address(PLACE, made.id, "change_threshold")
    page = manager.get(address).context_data["form"]
    sent = {name: page[name].value() for name in page.fields}
    sent = {name: value for name, value in sent.items() if value is not None and value is not False}
    sent |= {name: sent[name].strftime("%Y-%m-%dT%H:%M") for name in ("starts", "ends")}
    answer = manager.post(address, sent | {"name": "同样的"})
    assert answer.status_code == 302, answer.context_data["form"].errors
    assert promotions.campaign(campaign_id=made.id) == replace(made, name="同样的")


def test_of_a_running_campaign_the_form_asks_for_end_name_and_priority_only(manager, store):
    now = system_clock.now().replace(second=0, microsecond=0)
    scope = Scope(unit_ids=frozenset({store.unit.id}))
    running = make_campaign(scope=scope, period=Period(now - DAY, now + DAY))
    page = console.row_address(PLACE, running.id)
    offered = [deed.name for deed, _ in manager.get(page).context_data["buttons"]]
    assert [name for name in offered if name.startswith("change")] == ["change_running"]
    assert manager.get(console.deed_address(PLACE, running.id, "change_threshold")).status_code == 404
    sent = {"name": "再一天", "name_en": "", "ends": typed(now + 2 * DAY), "priority": "3", "reason": "stock is left"}
    assert manager.post(console.deed_address(PLACE, running.id, "change_running"), sent).status_code == 302
    changed = promotions.campaign(campaign_id=running.id)
    assert (changed.name, changed.priority, changed.period) == ("再一天", 3, Period(now - DAY, now + 2 * DAY))
    assert changed.steps == running.steps


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_person_reads_what_each_kind_gives(store, goods, language):
    reader = console.signed_in(make_person("store_manager", unit_id=store.unit.id), language)
    scope = {"scope": Scope(unit_ids=frozenset({store.unit.id}))}
    one, other = goods
    item = CampaignItem(one.id, 2, 990)
    nth = scope | {"kind": CampaignKind.NTH, "steps": []}
    expected = {
        make_campaign(**scope).id: ("¥10.00 off from ¥100.00", "满 ¥100.00 减 ¥10.00"),
        make_campaign(**scope, kind=CampaignKind.GIFT, steps=[Step(9_900, 0, other.id, 1)]).id: (
            f"{other.name_en or other.name} free from ¥99.00",
            f"满 ¥99.00 送 {other.name}",
        ),
        make_campaign(**nth, count=2, off_bp=5_000).id: ("Piece 2: 50% off", "第 2 件减 50%"),
        make_campaign(**nth, count=3, price_fen=0).id: ("Piece 3 for ¥0.00", "第 3 件 ¥0.00"),
        make_campaign(**scope, kind=CampaignKind.BUNDLE, steps=[], price_fen=1_500, items=(item,)).id: (
            "2 pieces for ¥15.00",
            "2 件 ¥15.00",
        ),
        make_campaign(**scope, kind=CampaignKind.NEW_CUSTOMER, steps=[], items=(item,)).id: (
            "Prices from ¥9.90",
            "价格 ¥9.90 起",
        ),
    }
    for campaign_id, texts in expected.items():
        seen = console.seen(reader.get(console.row_address(PLACE, campaign_id)).content.decode())
        assert texts[language != "en"] in seen


def test_products_are_found_by_name_and_code(manager, goods):
    def found(text):
        return [code for code, _ in manager.get("/console/goods-search/", {"q": text}).context_data["found"]]

    assert found(goods[0].code) == [goods[0].code]
    assert found("") == []
    cashier = console.signed_in(make_person("warehouse", unit_id=organization.make_store().unit.id))
    assert cashier.get("/console/goods-search/", {"q": "奶"}).status_code == 403


def test_a_gift_is_named_in_the_list(manager, store, goods):
    made = make(manager, "create_gift", form(store, steps=f"100 {goods[0].code} 2", goods=goods[1].code))
    shown = manager.get(console.list_address(PLACE), {"q": made.code}).content.decode()
    assert f"{goods[0].name_en or goods[0].name} × 2 free from ¥100.00" in shown
