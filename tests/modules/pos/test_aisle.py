"""Endless aisle and purchases that are brought home (EA-01, EA-02, EA-03, POS-08, FUL-06): by the one order path."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Invalid
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import MoneyInDrawer
from quanyu.modules.members.contracts import Member
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, State
from quanyu.modules.organization.contracts import Location
from quanyu.platform import db, settings_tree
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.clients import TillClient, cash
from tests.harness.identity import make_person
from tests.harness.members import make_member, phone

FREIGHT_FEN = 800
ADDRESS = {"name": "钱多多", "area_code": "440305", "text": "建国路 1 号 2 单元 301"}


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


@pytest.fixture
def till(chain: Chain) -> TillClient:
    made = TillClient(chain.store).sign_in(chain.cashier)
    made.open_shift()
    return made


@pytest.fixture
def member() -> Member:
    return make_member(name="钱多多")


@pytest.fixture
def home(chain: Chain) -> Iterator[None]:
    """The store brings purchases home from 99 yuan on, every day from three to six and from six to nine."""
    node, now = f"unit:{chain.store.unit.id}", system_clock.now()
    settings_tree.set_value(SYSTEM, node, "fulfilment.home_delivery", True, now)
    settings_tree.set_value(SYSTEM, node, "fulfilment.home_times", ["daily 15:00-18:00", "daily 18:00-21:00"], now)
    yield
    for key in ("fulfilment.home_delivery", "fulfilment.home_times"):
        settings_tree.set_value(SYSTEM, node, key, None, system_clock.now())


def address_of(till: TillClient, member: Member) -> str:
    added = till.post(f"/members/{member.id}/addresses", {**ADDRESS, "phone": phone()}, Idempotency_Key=str(uuid7()))
    return added.expect(201)["id"]


def stock(chain: Chain, place: Location, sku: SkuInfo) -> tuple[int, int]:
    """Return (on hand, reserved) of a SKU at a place."""
    row = db.row(
        "SELECT coalesce(sum(on_hand), 0)::int AS on_hand, coalesce(sum(reserved), 0)::int AS reserved "
        "FROM inventory_stock WHERE location_id = %s AND sku_id = %s",
        [place.unit.id, sku.id],
    )
    assert row is not None
    return row["on_hand"], row["reserved"]


def books(chain: Chain) -> dict[str, tuple[int, int]]:
    places = {"here": chain.store, "other": chain.other_store, "warehouse": chain.warehouse}
    return {name: stock(chain, place, chain.tea) for name, place in places.items()}


def order_of(sold: dict[str, Any]) -> Order:
    return orders.order(id=UUID(sold["order"]["id"]))


def express(address_id: str) -> dict[str, Any]:
    return {"delivery": "express", "address_id": address_id}


def next_window(till: TillClient, chain: Chain) -> dict[str, str]:
    found = till.post("/ways", {"lines": [{"sku_id": chain.tea.id, "quantity": 1}]}).expect(200)
    window = found["home"]["days"][-1]["windows"][0]
    return {"window_from": window["starts_at"], "window_until": window["ends_at"]}


def test_ea01_the_full_range_has_what_the_store_does_not_list_and_says_where_it_lies(chain: Chain, till: TillClient):
    catalog.set_listing(
        unit_id=chain.store.unit.id, sku_id=chain.apples.id, is_listed=False, actor=SYSTEM, now=system_clock.now()
    )
    found = till.post("/range", {"text": chain.apples.code}).expect(200)
    assert [(one["item"]["sku_id"], one["is_listed"]) for one in found] == [(chain.apples.id, False)]
    listed = till.post("/range", {"text": chain.tea.code}).expect(200)
    assert [(one["item"]["sku_id"], one["item"]["price_fen"], one["is_listed"]) for one in listed] == [
        (chain.tea.id, TEA_FEN, True)
    ]
    lies = [(one["place"]["id"], one["available"]) for one in listed[0]["places"]]
    free = {name: on_hand - reserved for name, (on_hand, reserved) in books(chain).items()}
    assert lies == [(chain.warehouse.unit.id, free["warehouse"]), (chain.other_store.unit.id, free["other"])]
    assert all(one["place"]["id"] != chain.franchise.unit.id for one in listed[0]["places"])


def test_ea01_goods_that_the_store_does_not_list_are_ordered_for_a_member(
    chain: Chain, till: TillClient, member: Member
):
    catalog.set_listing(
        unit_id=chain.store.unit.id, sku_id=chain.bread.id, is_listed=False, actor=SYSTEM, now=system_clock.now()
    )
    payable = BREAD_FEN + FREIGHT_FEN
    asked = {"member_id": str(member.id), "way": express(address_of(till, member))}
    order = order_of(till.sell({chain.bread.id: 1}, tenders=cash(payable), **asked).expect(201))
    assert (order.state, order.paid_fen) == (State.PAID, payable)


def test_ea02_an_order_at_the_till_leaves_the_warehouse_when_the_store_has_not_all_of_it(
    chain: Chain, till: TillClient, member: Member
):
    till.sell({chain.tea.id: 60}, tenders=cash(60 * TEA_FEN)).expect(201)
    before = books(chain)
    wanted = before["here"][0] - before["here"][1] + 1
    address = address_of(till, member)
    asked = {"member_id": str(member.id), "way": express(address)}
    found = till.post("/ways", {"lines": [{"sku_id": chain.tea.id, "quantity": wanted}]}).expect(200)
    assert (found["parcel_from"]["id"], found["parcel_from"]["is_here"]) == (chain.warehouse.unit.id, False)
    assert found["home"] is None
    quote = till.post("/quotes", {"lines": [{"sku_id": chain.tea.id, "quantity": wanted}], **asked}).expect(200)
    assert (quote["problems"], quote["freight_fen"], quote["payable_fen"]) == ([], 0, wanted * TEA_FEN)
    assert quote["promised_at"] is not None
    sold = till.sell({chain.tea.id: wanted}, tenders=cash(wanted * TEA_FEN), **asked).expect(201)
    order = order_of(sold)
    assert (order.state, order.delivery.value, order.channel.value) == (State.PAID, "express", "pos")
    assert {line.location_id for line in order.lines} == {chain.warehouse.unit.id}
    # Credited to this store and to whoever sold it (EA-03).
    assert order.selling_store_id == chain.store.unit.id
    assert {(line.credited_store_id, line.credited_staff_id) for line in order.lines} == {
        (chain.store.unit.id, chain.cashier.id)
    }
    after = books(chain)
    assert after["warehouse"] == (before["warehouse"][0], before["warehouse"][1] + wanted)
    assert (after["here"], after["other"]) == (before["here"], before["other"])
    assert order.promised_at == datetime.fromisoformat(quote["promised_at"])
    assert "建国路" not in str(sold)


def test_ea03_the_associate_who_is_named_is_credited_and_freight_is_paid_at_the_till(
    chain: Chain, till: TillClient, member: Member
):
    address = address_of(till, member)
    lines = [{"sku_id": chain.milk.id, "quantity": 1, "credited_staff_id": chain.associate.id}]
    body = {"lines": lines, "member_id": str(member.id), "way": express(address)}
    quote = till.post("/quotes", body).expect(200)
    assert (quote["freight_fen"], quote["payable_fen"]) == (FREIGHT_FEN, MILK_FEN + FREIGHT_FEN)
    sale = {"id": str(uuid7()), "seq": 1, **body, "tenders": cash(MILK_FEN + FREIGHT_FEN)}
    order = order_of(till.post("/sales", sale).expect(201))
    assert [line.credited_staff_id for line in order.lines] == [chain.associate.id]
    assert (order.freight_fen, order.paid_fen) == (FREIGHT_FEN, MILK_FEN + FREIGHT_FEN)
    # The answer was lost: sent again it is the same order.
    assert order_of(till.post("/sales", sale).expect(201)).id == order.id
    assert db.value("SELECT count(*) FROM orders_order WHERE id = %s", [order.id]) == 1


def test_ea01_what_is_fetched_in_another_store_is_paid_here_and_credited_here(
    chain: Chain, till: TillClient, member: Member
):
    before = books(chain)
    way = {"delivery": "pickup", "store_id": chain.other_store.unit.id}
    found = till.post("/ways", {"lines": [{"sku_id": chain.tea.id, "quantity": 2}]}).expect(200)
    assert [one["id"] for one in found["pickups"]] == [chain.other_store.unit.id]
    sold = till.sell({chain.tea.id: 2}, tenders=cash(2 * TEA_FEN), member_id=str(member.id), way=way).expect(201)
    order = order_of(sold)
    assert (len(order.pickup_code), sold["pickup_code"]) == (8, order.pickup_code)
    assert (order.state, order.selling_store_id) == (State.PAID, chain.other_store.unit.id)
    assert {(line.location_id, line.credited_store_id, line.credited_staff_id) for line in order.lines} == {
        (chain.other_store.unit.id, chain.store.unit.id, chain.cashier.id)
    }
    assert books(chain)["other"] == (before["other"][0], before["other"][1] + 2)
    # It stands at this till too, and its cash lies in this drawer.
    assert till.get(f"/sales/{order.id}").expect(200)["order"]["number"] == order.number
    there = TillClient(chain.other_store).sign_in(make_person("cashier", unit_id=chain.other_store.unit.id))
    there.open_shift()
    handed = there.post(f"/orders/{order.id}/hand-over", {"code": order.pickup_code}).expect(200)
    assert handed["state"] == "completed"
    assert books(chain)["other"] == (before["other"][0] - 2, before["other"][1])


def test_ea01_a_sale_fetched_elsewhere_waits_is_paid_or_given_up_at_the_till_that_made_it(
    chain: Chain, till: TillClient, member: Member
):
    before = books(chain)["other"]
    way = {"delivery": "pickup", "store_id": chain.other_store.unit.id}
    waiting = till.sell({chain.tea.id: 1}, member_id=str(member.id), way=way).expect(201)
    assert (waiting["order"]["state"], waiting["pickup_code"]) == ("placed", "")
    paid = till.post(f"/sales/{waiting['order']['id']}/tenders", {"tenders": cash(TEA_FEN)}).expect(200)
    assert (paid["order"]["state"], len(paid["pickup_code"])) == ("paid", 8)
    assert till.get(f"/receipts/{paid['order']['number']}").status == 200
    given_up = till.sell({chain.tea.id: 1}, member_id=str(member.id), way=way).expect(201)["order"]["id"]
    beside = TillClient(chain.other_store).sign_in(make_person("cashier", unit_id=chain.other_store.unit.id))
    assert beside.post(f"/sales/{given_up}/cancellation", {}).status == 404
    ended = till.post(f"/sales/{given_up}/cancellation", {}).expect(200)
    assert ended["order"]["state"] == "cancelled"
    assert books(chain)["other"] == (before[0], before[1] + 1)


def test_ea01_a_store_of_another_owner_and_a_member_without_the_address_are_refused_with_nothing_booked(
    chain: Chain, till: TillClient, member: Member
):
    before, count = books(chain), db.value("SELECT count(*) FROM orders_order")
    other = make_member(name="孙七")
    foreign = address_of(till, other)
    sale = {"member_id": str(member.id), "tenders": cash(TEA_FEN)}
    franchise = till.sell({chain.tea.id: 1}, way={"delivery": "pickup", "store_id": chain.franchise.unit.id}, **sale)
    assert (franchise.status, franchise.code) == (409, "checkout.delivery_not_offered")
    stolen = till.sell({chain.tea.id: 1}, way=express(foreign), **sale)
    assert (stolen.status, stolen.code) == (404, "members.address_unknown")
    nowhere = till.sell({chain.tea.id: 1}, way={"delivery": "express"}, **sale)
    assert (nowhere.status, nowhere.code) == (422, "checkout.address_missing")
    nobody = till.sell({chain.tea.id: 1}, way=express(foreign), tenders=cash(TEA_FEN))
    assert (nobody.status, nobody.code) == (422, "pos.member_missing")
    short = till.sell(
        {chain.tea.id: 500}, way=express(address_of(till, member)), **sale | {"tenders": cash(500 * TEA_FEN)}
    )
    assert (short.status, short.code) == (409, "inventory.stock_short")
    sale["tenders"] = cash(2 * TEA_FEN)
    own = {"delivery": "instant", "address_id": address_of(till, member)}
    off = till.sell({chain.tea.id: 2}, way=own, **sale)
    assert (off.status, off.code) == (409, "checkout.delivery_not_offered")
    assert (books(chain), db.value("SELECT count(*) FROM orders_order")) == (before, count)


@pytest.mark.usefixtures("home")
def test_pos08_a_purchase_is_brought_home_from_the_stores_amount_on_and_not_a_fen_below(
    chain: Chain, till: TillClient, member: Member
):
    node = f"unit:{chain.store.unit.id}"
    before = books(chain)
    window, address = next_window(till, chain), address_of(till, member)
    way = {"delivery": "instant", "address_id": address, **window}
    body = {"lines": [{"sku_id": chain.tea.id, "quantity": 1}], "member_id": str(member.id), "way": way}
    settings_tree.set_value(SYSTEM, node, "fulfilment.home_from_fen", TEA_FEN + 1, system_clock.now())
    try:
        quote = till.post("/quotes", body).expect(200)
        assert quote["problems"] == ["checkout.home_delivery_below"]
        refused = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN), member_id=str(member.id), way=way)
        assert (refused.status, refused.code) == (409, "checkout.home_delivery_below")
        assert refused.body["params"]["missing_fen"] == 1
        assert books(chain) == before
        settings_tree.set_value(SYSTEM, node, "fulfilment.home_from_fen", TEA_FEN, system_clock.now())
        quote = till.post("/quotes", body).expect(200)
        assert (quote["problems"], quote["freight_fen"], quote["payable_fen"]) == ([], 0, TEA_FEN)
        sold = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN), member_id=str(member.id), way=way).expect(201)
    finally:
        settings_tree.set_value(SYSTEM, node, "fulfilment.home_from_fen", None, system_clock.now())
    order = order_of(sold)
    assert (order.state, order.delivery.value) == (State.PAID, "instant")
    assert {line.location_id for line in order.lines} == {chain.store.unit.id}
    assert order.wishes is not None
    assert order.wishes.pickup_from == datetime.fromisoformat(window["window_from"])
    assert order.promised_at == datetime.fromisoformat(window["window_until"])
    assert books(chain)["here"] == (before["here"][0], before["here"][1] + 1)


@pytest.mark.usefixtures("home")
def test_ful06_a_time_that_the_store_does_not_come_is_refused(chain: Chain, till: TillClient, member: Member):
    before = books(chain)
    window, address = next_window(till, chain), address_of(till, member)
    start = datetime.fromisoformat(window["window_from"])
    late = {"window_from": (start + timedelta(hours=1)).isoformat(), "window_until": window["window_until"]}
    past = {
        "window_from": (start - timedelta(days=20)).isoformat(),
        "window_until": (datetime.fromisoformat(window["window_until"]) - timedelta(days=20)).isoformat(),
    }
    for times in (late, past, {}):
        way = {"delivery": "instant", "address_id": address, **times}
        refused = till.sell({chain.tea.id: 2}, tenders=cash(2 * TEA_FEN), member_id=str(member.id), way=way)
        assert (refused.status, refused.code) == (409, "checkout.home_time_gone")
    assert books(chain) == before


def test_ful06_a_fixed_time_that_nobody_can_read_is_refused_where_it_is_set(chain: Chain):
    node = f"unit:{chain.store.unit.id}"
    for text in (
        "daily 18:00-15:00",
        "daily 24:30-24:50",
        "tuesday 15:00-18:00",
        "tue 25:00-26:00",
        "tue,fry 15:00-18:00",
        "daily",
    ):
        with pytest.raises(Invalid):
            settings_tree.set_value(SYSTEM, node, "fulfilment.home_times", [text], system_clock.now())
    assert settings_tree.get("fulfilment.home_times", ("brand", node)) == []


def test_pos08_addresses_at_the_till_are_masked_and_only_for_who_may(chain: Chain, till: TillClient, member: Member):
    added = address_of(till, member)
    (shown,) = till.get(f"/members/{member.id}/addresses").expect(200)
    assert (shown["id"], shown["is_default"]) == (added, True)
    assert not [word for word in ("多多", "建国路", "301") if word in shown["masked"]]
    assert till.get("/areas").expect(200)[0]["name"] == "北京市"
    bad = till.post(f"/members/{member.id}/addresses", {**ADDRESS, "phone": "123456"}, Idempotency_Key=str(uuid7()))
    assert bad.status == 422
    assert len(till.get(f"/members/{member.id}/addresses").expect(200)) == 1


def drawer(till: TillClient) -> int:
    """Return the cash that the till's shift expects."""
    shift_id = till.get("/shifts/current").expect(200)["shift"]["id"]
    return int(till.get(f"/shifts/{shift_id}/report").expect(200)["expected_fen"])


def test_pos08_a_paid_order_is_given_up_at_a_till_of_the_store_that_has_the_money_and_nowhere_else(
    chain: Chain, member: Member
):
    till = TillClient(chain.store).sign_in(chain.manager)
    till.open_shift()
    way = {"delivery": "pickup", "store_id": chain.other_store.unit.id}
    before, cash_before = books(chain), drawer(till)
    sold = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN), member_id=str(member.id), way=way).expect(201)
    order = order_of(sold)
    assert drawer(till) == cash_before + TEA_FEN
    # Neither its member on the phone nor the store that hands out gives back cash that lies here.
    with pytest.raises(MoneyInDrawer):
        checkout.cancel_order(
            order_id=order.id,
            reason="changed_mind",
            actor=Actor(kind=ActorKind.MEMBER, id=str(member.id)),
            now=system_clock.now(),
        )
    there = TillClient(chain.other_store).sign_in(make_person("store_manager", unit_id=chain.other_store.unit.id))
    there.open_shift()
    assert there.post(f"/sales/{order.id}/cancellation", {}).status == 404
    # Who hands out does not learn the code.
    assert there.get(f"/sales/{order.id}").expect(200)["pickup_code"] == ""
    assert (order_of(sold).state, drawer(till)) == (State.PAID, cash_before + TEA_FEN)
    ended = till.post(f"/sales/{order.id}/cancellation", {}).expect(200)
    assert (ended["order"]["state"], ended["order"]["refunded_fen"], ended["pickup_code"]) == (
        "cancelled",
        TEA_FEN,
        "",
    )
    assert (drawer(till), books(chain)) == (cash_before, before)


@pytest.mark.usefixtures("home")
def test_ful06_the_store_brings_nothing_to_another_city(chain: Chain, till: TillClient, member: Member):
    before, window = books(chain), next_window(till, chain)
    far = till.post(
        f"/members/{member.id}/addresses",
        {**ADDRESS, "area_code": "110105", "phone": phone()},
        Idempotency_Key=str(uuid7()),
    ).expect(201)["id"]
    way = {"delivery": "instant", "address_id": far, **window}
    refused = till.sell({chain.tea.id: 2}, tenders=cash(2 * TEA_FEN), member_id=str(member.id), way=way)
    assert (refused.status, refused.code) == (409, "checkout.home_too_far")
    assert books(chain) == before
