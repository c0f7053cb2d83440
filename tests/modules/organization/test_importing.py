"""Stores and warehouses from files: opened, corrected, moved; what stays for life is refused, with the reason."""

from __future__ import annotations

import secrets

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.modules.organization import api
from quanyu.modules.organization.contracts import Ownership, UnitKind
from tests.harness import files, organization

HEAD = [
    "门店编码",
    "门店名称",
    "类型",
    "上级编码",
    "经营方式",
    "加盟商编码",
    "区划代码",
    "详细地址",
    "经度",
    "纬度",
    "电话",
    "营业时间",
    "支持自提",
]


def code() -> str:
    """Return a code that nobody has."""
    return f"S{secrets.token_hex(4)}"


def test_stores_and_warehouses_are_opened_as_the_file_says(tmp_path):
    region, dealer = organization.make_region(), organization.make_dealer()
    own, franchise, house = code(), code(), code()
    phone, closed = "0755-26001234", ";".join(["休", *["10:00-22:00"] * 6])
    place = ["路 2 号", 113.95, 22.54]
    rows = [
        HEAD,
        [own, "一店", None, region.code, None, None, 440305, "路 1 号", None, None, phone, "9:00-21:30", "是"],
        [franchise, "二店", "门店", region.code, "加盟", dealer.code, "440305", *place, None, closed, "否"],
        [house, "仓", "仓库", region.code, None, None, "440305", "路 3 号", "113.9", "22.5", None, None, None],
    ]  # fmt: skip
    job = files.applied("stores", files.xlsx(tmp_path / "a.xlsx", rows))
    assert (job.outcome, files.errors_of(job)) == ({"written": 3}, [])
    units = api.units_by_code(codes=[own, franchise, house])
    places = {place.unit.code: place for place in api.locations(ids=[unit.id for unit in units.values()]).values()}
    one, two, three = places[own], places[franchise], places[house]
    assert (one.unit.kind, one.ownership, one.phone, one.offers_pickup) == (
        UnitKind.STORE, Ownership.DIRECT, "0755-26001234", True,
    )  # fmt: skip
    assert one.opening_hours == (("09:00", "21:30"),) * 7
    area = api.area(code="440305")
    assert (one.longitude, one.latitude) == (area.longitude, area.latitude)
    assert (two.ownership, two.owner_id, two.offers_pickup, two.longitude) == (
        Ownership.FRANCHISE,
        dealer.id,
        False,
        113.95,
    )
    assert two.opening_hours == (("", ""), *[("10:00", "22:00")] * 6)
    assert (three.unit.kind, three.unit.path[:-1]) == (UnitKind.WAREHOUSE, region.path)
    assert files.checked("stores", files.text_file(tmp_path / "a.csv", rows)).counts == {"unchanged": 3}


def test_corrections_change_one_thing_at_a_time_and_fixed_things_are_refused(tmp_path):
    store, region = organization.make_store(), organization.make_region()
    rows = [
        ["门店编码", "门店名称", "上级编码", "电话", "配送半径（米）", "类型"],
        [store.unit.code, "新店名", region.code, "-", 5000, None],
    ]
    assert files.applied("stores", files.xlsx(tmp_path / "a.xlsx", rows)).outcome == {"written": 1}
    (after,) = api.locations(ids=[store.unit.id]).values()
    assert (after.unit.name, after.unit.path[-2], after.phone, after.delivery_radius_m, after.address) == (
        "新店名", region.id, "", 5000, store.address,
    )  # fmt: skip
    fixed = [["门店编码", "类型", "经营方式"], [store.unit.code, "仓库", "加盟"]]
    job = files.checked("stores", files.xlsx(tmp_path / "b.xlsx", fixed))
    assert files.errors_of(job) == [(2, "kind", "fixed"), (2, "ownership", "fixed")]


def test_a_unit_out_of_reach_is_as_unknown_as_one_that_is_not_there(tmp_path):
    region, elsewhere = organization.make_region(), organization.make_region()
    store = organization.make_store(parent_id=elsewhere.id)
    actor = Actor(ActorKind.STAFF, "1", grants=(Grant(frozenset({"organization.edit"}), Scope.SUBTREE, region.id),))
    new = ["店", "440305", "路 1 号"]
    rows = [
        ["门店编码", "门店名称", "区划代码", "详细地址", "上级编码"],
        [store.unit.code, *new, None],
        [code(), *new, elsewhere.code],
        [code(), *new, "没有的"],
        [code(), "店", "999999", "路 1 号", region.code],
    ]
    before = api.units_of_kind()
    job = files.applied("stores", files.xlsx(tmp_path / "a.xlsx", rows), actor=actor)
    assert files.errors_of(job) == [
        (2, "code", "unknown"), (3, "parent", "unknown"), (4, "parent", "unknown"), (5, "area", "unknown"),
    ]  # fmt: skip
    assert api.units_of_kind() == before
