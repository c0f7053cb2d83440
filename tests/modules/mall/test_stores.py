"""Find a store: by place, by area and name, by the entry rule (MALL-02, MALL-03, MALL-07, ALL-04)."""

from __future__ import annotations

import secrets

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.platform import settings_tree
from tests.harness import organization
from tests.harness.clients import MallClient

# A place in the sea where no other test has a store.
LONGITUDE, LATITUDE = 120.5, 20.5


def _place() -> dict[str, float]:
    shift = secrets.randbelow(10_000) / 2_000
    return {"longitude": LONGITUDE - shift, "latitude": LATITUDE + shift / 3}


def _query(place: dict[str, float], **more: object) -> str:
    return "&".join(f"{name}={value}" for name, value in {**place, **more}.items())


def test_nearby_stores_come_nearest_first_with_their_distance_and_whether_they_are_open():
    place = _place()
    near = organization.make_store(**place)
    farther = organization.make_store(
        longitude=place["longitude"] + 0.01, latitude=place["latitude"], opening_hours=(("", ""),) * 7
    )
    body = MallClient().get(f"/stores/nearby?{_query(place, within_m=5000)}").expect(200)
    assert [(one["id"], one["open_now"]) for one in body] == [(near.unit.id, True), (farther.unit.id, False)]
    assert body[0]["distance_m"] == 0
    assert 1000 <= body[1]["distance_m"] <= 1100


def test_without_a_place_stores_are_listed_by_area_and_name_page_by_page():
    word = f"银杏{secrets.token_hex(4)}"
    made = [organization.make_store(name=f"{word}{number}店", area_code="110101") for number in (1, 2, 3)]
    organization.make_store(name=f"{word}4店", area_code="440305")
    mall = MallClient()
    first = mall.get(f"/stores?area_code=110000&text={word}&limit=2").expect(200)
    assert [one["id"] for one in first["items"]] == [made[0].unit.id, made[1].unit.id]
    rest = mall.get(f"/stores?area_code=110000&text={word}&limit=2&cursor={first['next_cursor']}").expect(200)
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([made[2].unit.id], None)


def test_a_cursor_of_another_list_is_refused():
    word = f"梧桐{secrets.token_hex(4)}"
    for number in (1, 2):
        organization.make_store(name=f"{word}{number}店")
    first = MallClient().get(f"/stores?text={word}&limit=1").expect(200)
    other = MallClient().get(f"/stores?text=x&limit=1&cursor={first['next_cursor']}")
    assert (other.status, other.code) == (400, "cursor.invalid")


def test_a_warehouse_and_a_closed_store_are_no_stores():
    from quanyu.modules.organization import api

    warehouse, closed = organization.make_warehouse(), organization.make_store()
    api.close_unit(unit_id=closed.unit.id, actor=SYSTEM, now=system_clock.now())
    for unit_id in (warehouse.unit.id, closed.unit.id, 2**62):
        answer = MallClient().get(f"/stores/{unit_id}")
        assert (answer.status, answer.code) == (404, "mall.store_unknown")


def test_a_store_page_tells_hours_services_and_the_distance():
    place = _place()
    store = organization.make_store(**place, offers_instant=False)
    body = MallClient().get(f"/stores/{store.unit.id}?{_query(place)}").expect(200)
    assert (body["distance_m"], body["open_now"], body["offers_instant"], body["offers_pickup"]) == (
        0,
        True,
        False,
        True,
    )
    assert body["opening_hours"] == [["00:00", "24:00"]] * 7
    assert MallClient().get(f"/stores/{store.unit.id}").expect(200)["distance_m"] is None


def test_a_shopper_enters_the_nearest_open_store():
    place = _place()
    store = organization.make_store(**place)
    body = MallClient().get(f"/stores/entry?{_query(place, last_store_id=1)}").expect(200)
    assert (body["reason"], body["store"]["id"]) == ("nearest", store.unit.id)


def test_a_shopper_without_location_enters_the_store_visited_last():
    store = organization.make_store()
    body = MallClient().get(f"/stores/entry?last_store_id={store.unit.id}").expect(200)
    assert (body["reason"], body["store"]["id"], body["store"]["distance_m"]) == (
        "last_visited",
        store.unit.id,
        None,
    )


def test_a_shopper_nobody_knows_anything_of_enters_the_default_store_or_chooses():
    store = organization.make_store()
    assert MallClient().get("/stores/entry").expect(200) == {"store": None, "reason": "none"}
    now = system_clock.now()
    settings_tree.set_value(SYSTEM, "brand", "mall.default_store_code", store.unit.code, now)
    try:
        body = MallClient().get("/stores/entry").expect(200)
        assert (body["reason"], body["store"]["id"]) == ("default", store.unit.id)
    finally:
        settings_tree.set_value(SYSTEM, "brand", "mall.default_store_code", None, now)


def test_provinces_and_what_lies_below_them_are_listed_for_addresses():
    organization.enterprise()
    provinces = MallClient().get("/areas").expect(200)
    assert {one["level"] for one in provinces} == {1}
    cities = MallClient().get("/areas?parent_code=440000").expect(200)
    assert "深圳市" in {one["name"] for one in cities}
