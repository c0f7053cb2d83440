"""How an order shall come: pickup times, presents, what is promised; through the mall's API."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.orders import api as orders
from quanyu.platform import db, settings_tree
from tests.harness import console
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain, make_chain
from tests.harness.checkout import stock_of
from tests.harness.clients import MallClient
from tests.harness.identity import make_person

PRESENT = {"wrap": True, "card": "生日快乐,天天开心!", "sender": "小王", "hide_prices": True}


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


@pytest.fixture
def shopper() -> MallClient:
    return MallClient().sign_in()


@pytest.fixture
def settings(chain):
    """Set a setting at the store for one test."""
    node, before = f"unit:{chain.store.unit.id}", []

    def put(key, value):
        path = ["brand", node]
        before.append((key, settings_tree.get(key, path)))
        settings_tree.set_value(SYSTEM, node, key, value, system_clock.now())

    yield put
    for key, value in before:
        settings_tree.set_value(SYSTEM, node, key, value, system_clock.now())


def slots(chain, *, at=-1):
    """Return (wish, what is left) of a pickup time: the last one, which no other test takes by itself."""
    found = MallClient().get(f"/stores/{chain.store.unit.id}/pickup-slots").expect(200)
    slot = [slot for day in found["days"] for slot in day["slots"]][at]
    return {"pickup_from": slot["starts_at"], "pickup_until": slot["ends_at"]}, slot["left"]


def quoted(shopper, chain, **more):
    body = {
        "store_id": chain.store.unit.id,
        "delivery": "pickup",
        "lines": [{"sku_id": chain.milk.id, "quantity": 1}],
        **more,
    }
    return shopper.post("/quotes", body).expect(200)


def address(shopper, chain, *, east=0.0):
    body = {
        "name": "李四",
        "phone": "13900001111",
        "area_code": "440305",
        "text": "人民路 1 号",
        "longitude": chain.store.longitude + east,
        "latitude": chain.store.latitude,
    }
    return shopper.post("/addresses", body).expect(201)["id"]


def pay(order_id):
    """Take the money of an order as the store does."""
    order = orders.order(id=UUID(order_id))
    tender = checkout.TenderGiven(tender="card", amount_fen=order.payable_fen)
    checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())
    return orders.order(id=order.id)


def test_mall_04_pickup_times_follow_opening_hours_and_say_what_is_left(chain, settings):
    settings("fulfilment.slot_minutes", 120)
    settings("fulfilment.slot_capacity", 7)
    settings("fulfilment.slot_days", 2)
    now = system_clock.now()
    found = MallClient().get(f"/stores/{chain.store.unit.id}/pickup-slots").expect(200)
    times = [slot for day in found["days"] for slot in day["slots"]]
    assert len(found["days"]) in (1, 2)
    assert {slot["left"] for slot in times} == {7}
    assert all(slot["starts_at"] >= found["ready_at"] for slot in times)
    assert timedelta(minutes=29) < datetime.fromisoformat(found["ready_at"]) - now < timedelta(minutes=31)
    settings("fulfilment.slot_capacity", 0)
    assert slots(chain)[1] is None


def test_mall_04_an_order_keeps_its_pickup_time_and_takes_a_place(chain, shopper):
    wish, left = slots(chain)
    made = shopper.order(chain.store, {chain.milk.id: 1}, wishes=wish).expect(201)
    assert made["wishes"] == {**wish, "gift": None}
    assert made["promised_at"] == wish["pickup_from"]
    assert slots(chain)[1] == left - 1
    shopper.post(f"/orders/{made['id']}/cancellation", {}).expect(200)
    assert slots(chain)[1] == left


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_mall_04_a_pickup_time_at_the_ends_of_the_calendar_is_none_of_the_stores(chain, shopper, edge):
    wish = {"pickup_from": edge, "pickup_until": edge}
    assert "checkout.pickup_slot_gone" in quoted(shopper, chain, wishes=wish)["problems"]
    before = stock_of(chain.store, chain.milk)
    refused = shopper.order(chain.store, {chain.milk.id: 1}, wishes=wish)
    assert (refused.status, refused.code) == (409, "checkout.pickup_slot_gone")
    assert stock_of(chain.store, chain.milk) == before


def test_mall_04_a_full_pickup_time_is_refused_and_told_before(chain, shopper, settings):
    settings("fulfilment.slot_capacity", 1)
    wish, _ = slots(chain, at=-2)
    shopper.order(chain.store, {chain.milk.id: 1}, wishes=wish).expect(201)
    assert quoted(shopper, chain, wishes=wish)["problems"] == ["checkout.pickup_slot_full"]
    before = stock_of(chain.store, chain.milk)
    refused = shopper.order(chain.store, {chain.milk.id: 1}, wishes=wish)
    assert (refused.status, refused.code, refused.body["field"]) == (
        409,
        "checkout.pickup_slot_full",
        "wishes.pickup_from",
    )
    assert stock_of(chain.store, chain.milk) == before


@pytest.mark.parametrize(
    ("delivery", "change", "code", "status"),
    [
        ("pickup", {"pickup_until": None}, "checkout.wish_invalid", 422),
        ("in_store", {}, "checkout.wish_invalid", 422),
        ("pickup", {"pickup_from": "2020-01-01T00:00:00Z", "pickup_until": "2020-01-01T01:00:00Z"}, "gone", 409),
    ],
)
def test_mall_04_a_time_that_is_none_is_refused(chain, shopper, delivery, change, code, status):
    wish, _ = slots(chain)
    code = "checkout.pickup_slot_gone" if code == "gone" else code
    refused = shopper.order(chain.store, {chain.milk.id: 1}, delivery=delivery, wishes=wish | change)
    assert (refused.status, refused.code, refused.body["field"]) == (status, code, "wishes.pickup_from")
    assert code in quoted(shopper, chain, delivery=delivery, wishes=wish | change)["problems"]


def test_mall_04_a_time_without_its_zone_is_malformed(chain, shopper):
    wish = {"pickup_from": "2026-01-01T10:00:00", "pickup_until": "2026-01-01T11:00:00"}
    assert shopper.order(chain.store, {chain.milk.id: 1}, wishes=wish).status == 422


def test_svc_05_a_present_has_a_card_that_is_kept_sealed(chain, shopper):
    made = shopper.order(chain.store, {chain.milk.id: 1}, wishes={"gift": PRESENT}).expect(201)
    assert made["wishes"] == {"pickup_from": None, "pickup_until": None, "gift": PRESENT}
    read = shopper.get(f"/orders/{made['id']}").expect(200)
    assert read["wishes"] == made["wishes"]
    sealed = bytes(db.value("SELECT card_encrypted FROM orders_wish WHERE order_id = %s", [made["id"]]))
    assert "生日".encode() not in sealed
    assert "小王".encode() not in sealed


def test_svc_05_nothing_wished_writes_nothing(chain, shopper):
    nothing = {"wrap": False, "card": "", "sender": "", "hide_prices": False}
    made = shopper.order(chain.store, {chain.milk.id: 1}, wishes={"gift": nothing}).expect(201)
    assert made["wishes"] is None
    assert db.value("SELECT count(*) FROM orders_wish WHERE order_id = %s", [made["id"]]) == 0


def test_svc_05_a_store_that_wraps_nothing_says_so(chain, shopper, settings):
    settings("checkout.gift_wrap", False)
    refused = shopper.order(chain.store, {chain.milk.id: 1}, wishes={"gift": PRESENT})
    assert (refused.status, refused.code, refused.body["field"]) == (
        409,
        "checkout.gift_not_offered",
        "wishes.gift.wrap",
    )
    only_card = {"wrap": False, "card": "谢谢", "sender": "", "hide_prices": False}
    shopper.order(chain.store, {chain.milk.id: 1}, wishes={"gift": only_card}).expect(201)


def test_the_same_id_with_other_wishes_is_another_order(chain, shopper):
    order_id = str(uuid4())
    shopper.order(chain.store, {chain.milk.id: 1}, id=order_id, wishes={"gift": PRESENT}).expect(201)
    other = shopper.order(chain.store, {chain.milk.id: 1}, id=order_id)
    assert other.code == "checkout.key_reused"
    same = shopper.order(chain.store, {chain.milk.id: 1}, id=order_id, wishes={"gift": PRESENT})
    assert same.expect(201)["id"] == order_id


def test_svc_05_the_slip_of_a_present_says_no_price_and_the_receipt_does(chain, shopper):
    made = shopper.order(chain.store, {chain.bread.id: 1}, wishes={"gift": PRESENT}).expect(201)
    pay(made["id"])
    browser = console.signed_in(make_person("head_office"))
    address_of = f"/console/order-print/?order={made['id']}&form="
    slip = browser.get(address_of + "a4").content.decode()
    receipt = browser.get(address_of + "80").content.decode()
    price = f"{BREAD_FEN / 100:.2f}"
    assert (price in slip, price in receipt) == (False, True)
    assert PRESENT["card"] in slip
    page = browser.get(console.row_address("orders.order", UUID(made["id"]))).content.decode()
    assert PRESENT["card"] in page


def test_mall_06_the_way_says_what_is_missing_for_free_freight(chain, shopper):
    place = address(shopper, chain)
    way = quoted(shopper, chain, delivery="express", address_id=place)["way"]
    assert (way["free_from_fen"], way["missing_for_free_fen"]) == (9900, 9900 - MILK_FEN)
    assert way["distance_m"] == 0
    promised = datetime.fromisoformat(way["promised_at"]) - system_clock.now()
    assert timedelta(hours=71) < promised < timedelta(hours=73)
    enough = [{"sku_id": chain.tea.id, "quantity": 2}]
    assert (
        quoted(shopper, chain, delivery="express", address_id=place, lines=enough)["way"]["missing_for_free_fen"] == 0
    )
    fetched = quoted(shopper, chain)["way"]
    assert (fetched["free_from_fen"], fetched["missing_for_free_fen"], fetched["distance_m"]) == (None, None, None)
    assert fetched["promised_at"] == fetched["ready_at"] is not None


def test_mall_08_instant_delivery_out_of_the_radius_is_told_before_paying(chain, shopper):
    far = address(shopper, chain, east=0.5)
    found = quoted(shopper, chain, delivery="instant", address_id=far)
    assert found["problems"] == ["checkout.out_of_radius"]
    assert found["way"]["distance_m"] > 10_000
    refused = shopper.order(chain.store, {chain.milk.id: 1}, delivery="instant", address_id=far)
    assert (refused.status, refused.code, refused.body["field"]) == (409, "checkout.out_of_radius", "address_id")


def test_erasing_forgets_the_card_but_not_the_wrapping(chain, shopper):
    made = shopper.order(chain.store, {chain.milk.id: 1}, wishes={"gift": PRESENT}).expect(201)
    db.execute("SELECT orders_forget_members(%s::uuid[])", [[shopper.member_id]])
    left = orders.order(id=UUID(made["id"])).wishes
    assert left is not None
    assert (left.gift.wrap, left.gift.card, left.gift.sender) == (True, "", "")
