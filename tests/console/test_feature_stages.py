"""A feature is on or off by chain, region and store; what is off is hidden, and refused by the server with one code."""

from __future__ import annotations

import pytest
from django.test import Client

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import WantedLine
from quanyu.modules.mall import api as mall
from quanyu.modules.mall.queries.settings import LIVE_STOCK
from quanyu.modules.organization import api as organization
from quanyu.modules.points import api as points
from quanyu.platform import db, features, settings_tree
from quanyu.platform.features import Feature, FeatureOff
from tests.harness import checkout as buying
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.clients import MallClient
from tests.harness.identity import Person, make_person
from tests.harness.members import make_member

PAGE = "/console/feature-stages/"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture(scope="module")
def head_office() -> Person:
    return make_person("head_office")


@pytest.fixture
def browser(head_office: Person) -> Client:
    return console.signed_in(head_office)


@pytest.fixture
def switched(chain):
    """Switch a feature at a place of this chain; everything is as above again afterwards."""
    done = []

    def switch(feature: Feature, unit_id: int, is_on: bool | None) -> None:
        node = f"unit:{unit_id}"
        done.append((feature, node))
        settings_tree.set_value(SYSTEM, node, feature.setting_key, is_on, system_clock.now())

    yield switch
    for feature, node in done:
        settings_tree.set_value(SYSTEM, node, feature.setting_key, None, system_clock.now())


def at(store) -> tuple[str, ...]:
    return organization.settings_path(unit_id=store.unit.id)


def test_the_nearest_switch_wins_from_the_chain_down_to_the_store(chain, switched):
    feature = points.POINTS_MALL
    assert features.is_on(feature, at(chain.store))
    switched(feature, chain.region.id, False)
    assert [features.is_on(feature, at(one)) for one in (chain.store, chain.other_store)] == [False, False]
    switched(feature, chain.store.unit.id, True)
    assert [features.is_on(feature, at(one)) for one in (chain.store, chain.other_store)] == [True, False]
    with pytest.raises(FeatureOff) as refusal:
        features.require(feature, at(chain.other_store))
    assert (refusal.value.code, refusal.value.status, refusal.value.params["key"]) == (
        "platform.feature_off",
        403,
        "points_mall",
    )


def test_points_do_not_pay_where_they_are_switched_off(chain, switched):
    member, now = make_member(), system_clock.now()
    buying.give_points(member, 500)
    wanted = buying.command(chain.store, (chain.milk, 2), member_id=member.id)
    most = checkout.quote(command=wanted, actor=SYSTEM, now=now).points_max
    assert most > 0
    switched(points.PAY_WITH_POINTS, chain.store.unit.id, False)
    quote = checkout.quote(command=wanted, actor=SYSTEM, now=now)
    assert (quote.points_max, quote.problems) == (0, ())
    with_points = buying.command(chain.store, (chain.milk, 2), member_id=member.id, points=100)
    with pytest.raises(FeatureOff) as refusal:
        buying.place(with_points)
    assert refusal.value.field == "points"
    assert buying.points_of(member) == 500
    elsewhere = buying.command(chain.other_store, (chain.milk, 2), member_id=member.id, points=100)
    assert buying.place(elsewhere).points_spent == 100


def test_the_points_mall_is_hidden_and_its_orders_are_refused(chain, switched):
    member, now = make_member(), system_clock.now()
    buying.give_points(member, 5000)
    offer = points.create_offer(sku_id=chain.milk.id, points=650, unit_ids={chain.store.unit.id}, actor=SYSTEM, now=now)
    shown = mall.points_offers(store_id=chain.store.unit.id, tier=None, after=0, limit=100, now=now)
    assert offer.id in [one.offer.id for one in shown]
    switched(points.POINTS_MALL, chain.store.unit.id, False)
    assert mall.points_offers(store_id=chain.store.unit.id, tier=None, after=0, limit=100, now=now) == []
    assert MallClient().get(f"/stores/{chain.store.unit.id}/points-offers").expect(200)["items"] == []
    line = WantedLine(sku_id=chain.milk.id, quantity=1, points_offer_id=offer.id)
    with pytest.raises(FeatureOff) as refusal:
        buying.place(buying.command(chain.store, lines=(line,), member_id=member.id))
    assert (refusal.value.field, buying.points_of(member)) == ("lines.0.points_offer_id", 5000)


def test_live_stock_is_refused_with_the_code(chain, switched):
    switched(LIVE_STOCK, chain.store.unit.id, False)
    answer = MallClient().get(f"/stores/{chain.store.unit.id}/stock/live")
    assert (answer.status, answer.code) == (403, "platform.feature_off")
    with pytest.raises(FeatureOff):
        mall.require_live_stock(store_id=chain.store.unit.id)
    mall.require_live_stock(store_id=chain.other_store.unit.id)


def test_the_page_switches_with_a_reason_and_shows_how_far_it_is(browser, chain, switched):
    node = f"unit:{chain.store.unit.id}"
    switched(points.POINTS_MALL, chain.store.unit.id, None)
    sent = {"feature": "points_mall", "nodes": [node], "stage": "off", "planned": "2027-01-15"}
    refused = browser.post(f"{PAGE}?change=1", {**sent, "reason": ""})
    assert (refused.status_code, features.is_on(points.POINTS_MALL, at(chain.store))) == (422, True)
    assert browser.post(f"{PAGE}?change=1", {**sent, "reason": "先试点"}).status_code == 302
    assert not features.is_on(points.POINTS_MALL, at(chain.store))
    page = browser.get(PAGE).content.decode()
    assert "planned for 2027-01-15" in page
    assert "先试点" in page
    row = db.rows(
        "SELECT reason, detail::text AS detail FROM platform_audit WHERE subject_id = 'features.points_mall' "
        "ORDER BY id DESC LIMIT 1"
    )[0]
    assert (row["reason"], '"after": false' in row["detail"]) == ("先试点", True)
    assert (
        browser.post(f"{PAGE}?change=1", {**sent, "stage": "as_above", "planned": "", "reason": "恢复"}).status_code
        == 302
    )
    assert features.is_on(points.POINTS_MALL, at(chain.store))


def test_a_store_manager_looks_but_does_not_switch(chain):
    manager = console.signed_in(chain.manager)
    page = manager.get(PAGE).content.decode()
    assert chain.other_store.unit.name_en not in page
    sent = {"feature": "points_mall", "nodes": [f"unit:{chain.store.unit.id}"], "stage": "off", "reason": "不行"}
    assert manager.post(f"{PAGE}?change=1", sent).status_code == 403
    assert features.is_on(points.POINTS_MALL, at(chain.store))
