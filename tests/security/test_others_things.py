"""Object by object: another member's and another store's things do not exist (S3)."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import pytest

from quanyu.kernel.ids import uuid7
from quanyu.modules.members import api as members
from tests.harness import identity as people
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN
from tests.harness.checkout import coupon_for, give_points
from tests.harness.clients import cash
from tests.harness.identity import PIN
from tests.security.conftest import World

ADDRESS = {"name": "李四", "phone": "13900001111", "area_code": "110101", "text": "长安街 1 号"}


@pytest.fixture(scope="module")
def anns_order(world: World) -> dict[str, Any]:
    order: dict[str, Any] = world.ann.order(world.chain.store, {world.chain.milk.id: 1}).expect(201)
    return order


@pytest.fixture(scope="module")
def anns_address(world: World) -> dict[str, Any]:
    address: dict[str, Any] = world.ann.post("/addresses", ADDRESS).expect(201)
    return address


def test_another_members_order_does_not_exist(world, anns_order):
    path = f"/orders/{anns_order['id']}"
    tries = [
        world.bob.get(path),
        world.bob.post(f"{path}/payments", {"tender": "wechat", "way": "native"}),
        world.bob.get(f"{path}/payments"),
        world.bob.post(f"{path}/payments/check"),
        world.bob.post(f"{path}/cancellation", {"reason": "mine"}),
    ]
    nothing = world.bob.get(f"/orders/{uuid7()}")
    for refused in tries:
        assert (refused.status, refused.code, refused.body["title"]) == (404, nothing.code, nothing.body["title"])
    assert world.ann.get(path).expect(200)["state"] == "placed"
    assert world.ann.get(f"{path}/payments").expect(200)["payments"] == []
    assert anns_order["id"] not in str(world.bob.get("/orders").expect(200))


def test_another_members_order_id_is_no_way_into_his_order(world, anns_order):
    refused = world.bob.order(world.chain.store, {world.chain.milk.id: 1}, id=anns_order["id"])
    assert (refused.status, refused.code) == (422, "checkout.key_reused")
    assert anns_order["number"] not in str(refused.body)


def test_another_members_idempotency_key_replays_nothing(world):
    key = "the-same-key-of-two"
    mine = world.ann.order(world.chain.store, {world.chain.milk.id: 1}, key=key).expect(201)
    his = world.bob.order(world.chain.store, {world.chain.milk.id: 1}, key=key)
    assert "Idempotency-Replayed" not in his.headers
    assert his.expect(201)["id"] != mine["id"]


def test_another_members_address_does_not_exist(world, anns_address):
    path = f"/addresses/{anns_address['id']}"
    assert world.bob.call("DELETE", path).status == 404
    assert world.bob.post(f"{path}/default").status == 404
    order = {"delivery": "express", "address_id": anns_address["id"]}
    refused = world.bob.order(world.chain.store, {world.chain.milk.id: 1}, **order)
    assert refused.status == 404
    quoted = world.bob.post(
        "/quotes",
        {"store_id": world.chain.store.unit.id, "lines": [{"sku_id": world.chain.milk.id, "quantity": 1}], **order},
    )
    assert ADDRESS["text"] not in str(quoted.body)
    assert [one["id"] for one in world.ann.get("/addresses").expect(200)] == [anns_address["id"]]


def test_a_cart_is_its_members_own(world):
    line = {"store_id": world.chain.store.unit.id, "sku_id": world.chain.milk.id}
    world.ann.post("/cart/lines", {**line, "quantity": 2}).expect(201)
    path = f"/cart/lines/{line['store_id']}/{line['sku_id']}"
    assert world.bob.call("PATCH", path, {"quantity": 9}).status == 404
    world.bob.post("/cart/removals", {"store_id": line["store_id"], "sku_ids": [line["sku_id"]]}).expect(200)
    world.bob.post("/cart/selection", {"store_id": line["store_id"], "is_selected": False}).expect(200)
    (kept,) = world.ann.get(f"/cart?store_id={line['store_id']}").expect(200)["lines"]
    assert (kept["quantity"], kept["is_selected"]) == (2, True)


def test_another_members_coupons_do_not_exist(world):
    coupon = coupon_for(members.member(id=UUID(world.ann.member_id)), transferable=True)
    path = f"/me/coupons/{coupon.id}"
    nothing = world.bob.get(f"/me/coupons/{uuid7()}")
    for refused in (
        world.bob.get(path),
        world.bob.post(f"{path}/gift", Idempotency_Key="bobs-gift-1"),
        world.bob.call("DELETE", f"{path}/gift"),
    ):
        assert (refused.status, refused.code, refused.body["title"]) == (404, nothing.code, nothing.body["title"])
    assert str(coupon.id) not in str(world.bob.get("/me/coupons").expect(200))
    lines = [{"sku_id": world.chain.tea.id, "quantity": 1}]
    asked = {"store_id": world.chain.store.unit.id, "delivery": "pickup", "lines": lines}
    quote = world.bob.post("/quotes", {**asked, "coupon_ids": [str(coupon.id)]}).expect(200)
    assert (quote["coupon_fen"], quote["payable_fen"]) == (0, TEA_FEN)
    assert coupon.template_code not in str(quote)
    refused = world.bob.order(world.chain.store, {world.chain.tea.id: 1}, coupon_ids=[str(coupon.id)])
    made_up = world.bob.order(world.chain.store, {world.chain.tea.id: 1}, coupon_ids=[str(uuid7())])
    for told in (refused, made_up):
        assert (told.status, told.code, told.body["params"]["reason"]) == (409, "checkout.coupon_refused", "unknown")
    assert world.ann.get(path).expect(200)["state"] == "available"


def test_another_members_points_page_and_timeline_are_not_to_be_had(world):
    give_points(members.member(id=UUID(world.ann.member_id)), 4321)
    for path in ("/me", "/me/points", "/me/points/history", "/me/timeline?limit=100"):
        assert "4321" in str(world.ann.get(path).expect(200)), path
        assert "4321" not in str(world.bob.get(path).expect(200)), path
    refused = world.bob.order(world.chain.store, {world.chain.tea.id: 1}, points=100)
    assert (refused.status, refused.code) == (409, "checkout.points_refused")
    assert world.ann.get("/me/points").expect(200)["balance"]["available"] == 4321
    ours, his = (one.get("/me/code").expect(200)["text"] for one in (world.ann, world.bob))
    assert ours[2:10] != his[2:10]


def test_rights_are_for_who_may_see_members(world):
    from tests.harness.clients import TillClient

    worker = TillClient(world.chain.store).sign_in(people.make_person("warehouse", unit_id=world.chain.store.unit.id))
    for refused in (
        worker.post("/rights/scan", {"text": world.ann.get("/me/code").expect(200)["text"]}),
        worker.get(f"/members/{world.ann.member_id}/rights"),
        worker.post("/coupons/unlock-codes", {"template_code": "ANY"}, Idempotency_Key="unlock-by-worker"),
    ):
        assert (refused.status, refused.code) == (403, "forbidden")


def test_a_cursor_leads_on_in_its_own_list_only(world):
    for _ in range(2):
        world.ann.order(world.chain.store, {world.chain.milk.id: 1}).expect(201)
    cursor = world.ann.get("/orders?limit=1").expect(200)["next_cursor"]
    world.ann.get(f"/orders?limit=1&cursor={cursor}").expect(200)
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[-5] ^= 1
    forged = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    for stranger, path in (
        (world.bob, f"/orders?cursor={cursor}"),
        (world.ann, f"/orders?cursor={forged}"),
        (world.ann, f"/stores?cursor={cursor}"),
        (world.ann, "/orders?cursor=..%2F..%2Fetc"),
        (world.ann, "/orders?cursor=%E2%82%AC"),
    ):
        refused = stranger.get(path)
        assert (refused.status, refused.code) == (400, "cursor.invalid"), path
    assert world.till.get(f"/orders?cursor={cursor}").code == "cursor.invalid"


def test_another_stores_orders_do_not_exist_at_a_till(world, anns_order):
    sale = world.till.sell({world.chain.milk.id: 1}).expect(201)["order"]
    for order_id in (sale["id"], anns_order["id"]):
        for refused in (
            world.other_till.get(f"/orders/{order_id}"),
            world.other_till.get(f"/sales/{order_id}"),
            world.other_till.post(f"/sales/{order_id}/tenders", {"tenders": cash(MILK_FEN)}),
            world.other_till.post(f"/sales/{order_id}/charges", {"auth_code": "134567890123456789"}),
            world.other_till.post(f"/sales/{order_id}/charges/check"),
            world.other_till.post(f"/sales/{order_id}/cancellation", {"reason": "x"}),
            world.other_till.post(f"/orders/{order_id}/hand-over", {"code": "12345678"}),
        ):
            assert (refused.status, refused.code) == (404, "orders.order_unknown")
        assert order_id not in str(world.other_till.get("/orders").expect(200))
        assert world.till.get(f"/orders/{order_id}").expect(200)["state"] == "placed"


def test_another_tills_shift_does_not_exist(world):
    shift_id = world.till.get("/shifts/current").expect(200)["shift"]["id"]
    for refused in (
        world.other_till.get(f"/shifts/{shift_id}/report"),
        world.other_till.post(f"/shifts/{shift_id}/closing", {"counted_fen": 0}),
    ):
        assert refused.status == 404
    moved = {"id": str(uuid7()), "amount_fen": -10_000, "reason": "mine"}
    assert world.other_till.post(f"/shifts/{shift_id}/cash-moves", moved).status in (404, 409)
    assert world.till.get("/shifts/current").expect(200)["shift"]["closed_at"] is None


def test_a_cashier_gives_no_paid_order_back_and_an_associate_takes_no_money(world, provider):
    order = world.ann.order(world.chain.store, {world.chain.bread.id: 1}).expect(201)
    payment = world.ann.pay(order["id"]).expect(201)
    number = next(iter(provider.prepaid))
    provider.pay(number)
    world.ann.post(f"/orders/{order['id']}/payments/check").expect(200)
    assert payment["amount_fen"] == BREAD_FEN
    refused = world.till.post(f"/sales/{order['id']}/cancellation", {"reason": "for a friend"})
    assert refused.status in (403, 404)
    shown = world.ann.get(f"/orders/{order['id']}").expect(200)
    assert (shown["state"], provider.refunds) == ("paid", {})
    from tests.harness.clients import TillClient

    guide = TillClient(world.chain.store).sign_in(world.chain.associate)
    waiting = world.till.sell({world.chain.milk.id: 1}).expect(201)["order"]
    for path, body in (
        ("/sales", guide.sale({world.chain.milk.id: 1}, tenders=cash(MILK_FEN))),
        (f"/sales/{waiting['id']}/tenders", {"tenders": cash(MILK_FEN)}),
        (f"/sales/{waiting['id']}/charges", {"auth_code": "134567890123456789"}),
        ("/shifts", {"id": str(uuid7()), "float_fen": 0}),
        ("/members", {"phone": "13912345678"}),
    ):
        refused = guide.post(path, body)
        assert (refused.status, refused.code) == (403, "forbidden"), path


def test_a_staff_member_sees_the_people_of_his_own_store_only(world):
    from tests.harness.clients import InProcess

    manager = {"Authorization": f"Bearer {people.token_for(world.chain.manager)}"}
    ask = InProcess().send
    other = world.other_cashier.id
    for method, path, body in (
        ("GET", f"/staff/{other}", None),
        ("PATCH", f"/staff/{other}", {"name": "x"}),
        ("POST", f"/staff/{other}/deactivate", {}),
        ("POST", f"/staff/{other}/reactivate", {}),
    ):
        assert ask(method, f"/api/staff/v1{path}", body, manager).status == 404, path
    for method, path, body in (
        ("PUT", f"/staff/{other}/password", {"password": "correct horse battery 2"}),
        ("PUT", f"/staff/{other}/pin", {"pin": "8642"}),
        ("DELETE", f"/staff/{other}/totp", None),
        (
            "POST",
            f"/staff/{other}/roles",
            {"role_code": "cashier", "scope": "store", "unit_id": world.chain.store.unit.id},
        ),
    ):
        assert ask(method, f"/api/staff/v1{path}", body, manager).status in (403, 404), path
    listed = ask("GET", "/api/staff/v1/staff?limit=100", None, manager).expect(200)["items"]
    assert other not in {one["id"] for one in listed}
    world.other_till.post("/staff-sessions", {"username": world.other_cashier.username, "pin": PIN}).expect(201)
