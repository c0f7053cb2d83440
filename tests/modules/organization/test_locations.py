"""Stores and warehouses: addresses, owners, services, opening hours, and which is nearest (MALL-07, ALL-04)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.problem import Invalid
from quanyu.modules.organization import api, contracts
from quanyu.modules.organization.contracts import Offer, Ownership, Tier, UnitKind
from quanyu.modules.organization.rules.coordinates import Point
from quanyu.platform import db
from tests.harness import organization as chain


def count_locations() -> int:
    return int(db.value("SELECT count(*) FROM organization_location"))


def test_a_store_carries_the_names_of_its_district_and_belongs_to_the_enterprise():
    store = chain.make_store()
    assert (store.area_code, store.area_name) == ("440305", "广东省深圳市南山区")
    assert (store.tier, store.ownership, store.owner_id) == (Tier.STORE, Ownership.DIRECT, chain.enterprise().id)
    assert api.locations(ids=[store.unit.id, -1]) == {store.unit.id: store}


def test_inv_11_a_warehouse_may_be_central_or_regional_but_a_store_is_of_the_store_tier():
    assert chain.make_warehouse(tier=Tier.REGIONAL).tier is Tier.REGIONAL
    before = count_locations()
    with pytest.raises(Invalid) as refusal:
        chain.make_store(tier=Tier.CENTRAL)
    assert refusal.value.field == "tier"
    assert count_locations() == before


def test_the_stock_of_a_franchise_store_is_its_dealers():
    dealer = chain.make_dealer()
    assert chain.make_franchise_store(dealer=dealer).owner_id == dealer.id
    before = count_locations()
    for owner_id in (None, chain.enterprise().id, chain.make_supplier().id):
        with pytest.raises(contracts.OwnerInvalid):
            chain.make_store(ownership=Ownership.FRANCHISE, owner_id=owner_id)
    with pytest.raises(contracts.OwnerInvalid):
        chain.make_store(owner_id=dealer.id)
    assert count_locations() == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"area_code": "999999"}, "area_code"),
        ({"area_code": "440000"}, "area_code"),
        ({"address": " "}, "address"),
        ({"longitude": 2.35, "latitude": 48.85}, "longitude"),
        ({"opening_hours": [["09:00", "21:00"]]}, "opening_hours"),
        ({"opening_hours": [["09:00", "09:00"], *chain.ALL_DAY[1:]]}, "opening_hours.0"),
        ({"delivery_radius_m": -1}, "delivery_radius_m"),
    ],
)
def test_a_bad_address_is_refused_and_nothing_is_made(given, field):
    chain.enterprise()
    before = (count_locations(), db.value("SELECT count(*) FROM organization_unit"))
    with pytest.raises(Invalid) as refusal:
        chain.make_store(**given)
    assert refusal.value.field == field
    assert (count_locations(), db.value("SELECT count(*) FROM organization_unit")) == before


@pytest.mark.parametrize("code", ["441900", "810000", "429004"])
def test_cities_without_districts_and_provinces_without_cities_are_addresses(code):
    assert chain.make_store(area_code=code).area_code == code


def test_a_changed_location_says_which_fields_changed():
    store = chain.make_store()
    changed = api.update_location(
        unit_id=store.unit.id,
        phone="0755-12345678",
        delivery_radius_m=5000,
        offers_express=True,
        actor=SYSTEM,
        now=chain.NOW,
    )
    assert (changed.phone, changed.delivery_radius_m, changed.address) == ("0755-12345678", 5000, store.address)
    events = db.rows(
        "SELECT payload ->> 'fields' AS fields FROM platform_outbox WHERE topic = 'organization.location_changed.1' "
        "AND aggregate = %s",
        [str(store.unit.id)],
    )
    assert events == [{"fields": '["delivery_radius_m", "phone"]'}]


def test_a_refused_change_changes_nothing():
    store = chain.make_store()
    with pytest.raises(contracts.AddressInvalid):
        api.update_location(unit_id=store.unit.id, phone="1", longitude=0.0, actor=SYSTEM, now=chain.NOW)
    assert api.locations(ids=[store.unit.id]) == {store.unit.id: store}
    with pytest.raises(contracts.UnitUnknown):
        api.update_location(unit_id=chain.enterprise().id, phone="1", actor=SYSTEM, now=chain.NOW)


def test_mall_07_hours_follow_the_stores_own_clock_when_stores_are_listed():
    # Monday 10:00 to 02:00 of Tuesday, closed on Tuesday.
    hours = [["10:00", "02:00"], ["", ""], *[["10:00", "20:00"]] * 5]
    store = chain.make_store(opening_hours=hours)

    def open_at(*when: int) -> bool | None:
        moment = datetime(*when, tzinfo=UTC)
        return api.locations(ids=[store.unit.id], at=moment)[store.unit.id].open_now

    assert open_at(2026, 3, 2, 1, 59) is False  # Monday 09:59 in Shanghai
    assert open_at(2026, 3, 2, 2, 0) is True
    assert open_at(2026, 3, 2, 17, 59) is True  # Tuesday 01:59
    assert open_at(2026, 3, 2, 18, 0) is False
    assert open_at(2026, 3, 3, 4, 0) is False  # Tuesday noon
    assert chain.make_store(opening_hours=[]).open_now is None


def test_mall_07_the_nearest_stores_come_in_one_query_nearest_first():
    # A corner of the country that no other test uses.
    near = chain.make_store(longitude=75.10, latitude=50.00)
    far = chain.make_store(longitude=75.30, latitude=50.00, offers_pickup=False)
    closed = chain.make_store(longitude=75.101, latitude=50.00)
    chain.make_warehouse(longitude=75.10, latitude=50.001)
    api.close_unit(unit_id=closed.unit.id, actor=SYSTEM, now=chain.NOW)
    with CaptureQueriesContext(connection) as queries:
        found = api.nearest_stores(longitude=75.09, latitude=50.00, within_m=30_000, now=chain.NOW)
    assert len(queries) == 1
    assert [store.unit.id for store in found] == [near.unit.id, far.unit.id]
    assert [(store.distance_m, store.open_now) for store in found] == [(715, True), (15010, True)]
    pickup = api.nearest_stores(longitude=75.09, latitude=50.0, within_m=30_000, offers=Offer.PICKUP, now=chain.NOW)
    assert [store.unit.id for store in pickup] == [near.unit.id]
    assert [s.unit.id for s in api.nearest_stores(longitude=75.09, latitude=50.0, limit=1, now=chain.NOW)] == [
        near.unit.id
    ]
    assert api.nearest_stores(longitude=75.09, latitude=50.0, limit=0, now=chain.NOW) == []


@pytest.fixture(scope="module")
def scattered() -> dict[int, Point]:
    """Eighty stores from the far south to the far north, some of them on one spot."""
    places = [(80 + (index * 37 % 500) / 10, 4 + (index * 53 % 490) / 10) for index in range(78)]
    places += [(100.0, 30.0), (100.0, 30.0)]
    made = {chain.make_store(longitude=x, latitude=y).unit.id: Point(x, y) for x, y in places}
    return {
        **made,
        **{
            store.unit.id: Point(store.longitude, store.latitude)
            for store in api.locations().values()
            if store.unit.kind is UnitKind.STORE
        },
    }


@settings(max_examples=60, deadline=None)
@given(
    longitude=st.floats(73, 136),
    latitude=st.floats(3, 54),
    within_m=st.one_of(st.none(), st.integers(0, 4_000_000)),
    limit=st.integers(1, 100),
)
def test_mall_07_nearest_equals_measuring_every_store(scattered, longitude, latitude, within_m, limit):
    here = Point(longitude, latitude)
    measured = sorted((chain.distance_m(here, place), unit_id) for unit_id, place in scattered.items())
    wanted = [(round(metres), unit_id) for metres, unit_id in measured if within_m is None or metres <= within_m]
    found = api.nearest_stores(longitude=longitude, latitude=latitude, within_m=within_m, limit=limit, now=chain.NOW)
    assert [store.distance_m for store in found] == [metres for metres, _ in wanted[:limit]]
    # Stores on one spot may come in either order only beyond the precision of the last bit.
    assert {s.unit.id for s in found} <= {unit_id for metres, unit_id in wanted if metres <= wanted[:limit][-1][0]}


def test_settings_hang_on_the_path_from_the_brand_to_the_terminal():
    region = chain.make_region()
    store = chain.make_store(parent_id=region.id)
    root = chain.enterprise()
    nodes = ("brand", f"unit:{root.id}", f"unit:{region.id}", f"unit:{store.unit.id}")
    assert api.settings_path(unit_id=store.unit.id) == nodes
    assert api.settings_path(unit_id=store.unit.id, terminal_id="0190") == (*nodes, "terminal:0190")
    with pytest.raises(contracts.UnitUnknown):
        api.settings_path(unit_id=-1)


def test_the_areas_of_china_load_once_and_again_without_a_change():
    chain.enterprise()
    assert api.load_reference() == 0
    assert db.value("SELECT count(*) FROM organization_area") == 3511
    provinces = api.areas()
    assert (len(provinces), provinces[0].name, provinces[0].level) == (34, "北京市", 1)
    assert api.area(code="110105").full_name == "北京市朝阳区"
    assert api.area(code="429004").full_name == "湖北省仙桃市"
    assert [area.name for area in api.areas(parent_code="330100")][:2] == ["市辖区", "上城区"]
    db.execute("UPDATE organization_area SET name = 'x' WHERE code = '330110'")
    assert api.load_reference() == 1
    assert api.area(code="330110").full_name == "浙江省杭州市余杭区"
    with pytest.raises(contracts.AreaUnknown):
        api.area(code="000000")
