"""Property by property, and deed by deed: prices, quantities and money are not the caller's to say (S4, API6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.members import api as members
from quanyu.modules.points import api as points_api
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, TEA_FEN
from tests.harness.checkout import coupon_for, coupon_state, give_points
from tests.harness.clients import cash
from tests.harness.identity import PIN
from tests.harness.parallel import parallel

# Escape, printer's feed and cut, bell, delete, C1, line separator, right-to-left override, isolate.
CONTROLS = ["\x1b", "\x1d", "\x07", "\x7f", "\x9b", "\u2028", "\u202e", "\u2066"]


def stock(world) -> tuple[int, int]:
    counters: tuple[int, int] = world.chain.stocked(world.chain.store, world.chain.milk).counters()
    return counters


def mall_order(world, **changed: Any):
    line = {"sku_id": world.chain.milk.id, "quantity": 1}
    body = {"id": str(uuid7()), "store_id": world.chain.store.unit.id, "delivery": "pickup", "lines": [line]}
    return world.ann.post("/orders", body | changed, Idempotency_Key=str(uuid4()))


@pytest.mark.parametrize("field", [
    "member_id", "channel", "tenders", "payable_fen", "staff_id", "state", "price_fen", "till", "placed_at", "paid_fen",
    "goods_fen", "discount_fen", "freight_fen", "pickup_code", "number", "source", "coupon_fen", "points_fen",
    "points_spent", "points_max", "coupons", "gifts", "tier",
])  # fmt: skip
def test_an_order_has_no_field_but_its_own(world, field):
    before = stock(world)
    refused = mall_order(world, **{field: 1})
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "extra_forbidden")
    assert stock(world) == before


@pytest.mark.parametrize("field", [
    "unit_price_fen", "manual_discount_fen", "discount_fen", "location_id", "owner_id", "net_fen", "journal",
    "credited_staff_id", "credited_store_id", "cost_fen", "coupon_fen", "points_fen", "points_spent", "gift_of",
])  # fmt: skip
def test_a_shoppers_line_says_what_and_how_much_only(world, field):
    line = {"sku_id": world.chain.milk.id, "quantity": 1, field: 1}
    refused = mall_order(world, lines=[line])
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "extra_forbidden")


@pytest.mark.parametrize("quantity", [0, -1, 2**31, 2**63, 10**30, True, "1", 1.5, None, [1]])
def test_a_quantity_is_a_positive_number_of_a_sane_size(world, quantity):
    before = stock(world)
    assert mall_order(world, lines=[{"sku_id": world.chain.milk.id, "quantity": quantity}]).status == 422
    assert world.till.sell({world.chain.milk.id: quantity}).status == 422
    assert stock(world) == before


@pytest.mark.parametrize("points", [-1, 10**10, 2**63, True, "100", 1.5, None])
def test_points_are_a_number_that_one_can_have(world, points):
    before = stock(world)
    assert mall_order(world, points=points).status == 422
    assert world.till.sell({world.chain.milk.id: 1}, member_id=world.ann.member_id, points=points).status == 422
    assert stock(world) == before


def test_one_coupon_is_not_used_twice_in_one_order(world):
    coupon = coupon_for(members.member(id=UUID(world.ann.member_id)), stacks_with_coupons=True)
    before = stock(world)
    refused = mall_order(world, coupon_ids=[str(coupon.id)] * 2)
    assert (refused.status, refused.body["field"]) == (409, "coupon_ids.1")
    assert mall_order(world, coupon_ids=[str(coupon.id)] * 21).status == 422
    assert stock(world) == before
    assert coupon_state(coupon)[0] == "available"


def test_an_offer_of_the_points_mall_is_for_its_own_goods_at_its_own_place(world):
    offer = points_api.create_offer(
        sku_id=world.chain.milk.id,
        points=1,
        unit_ids={world.chain.other_store.unit.id},
        actor=SYSTEM,
        now=system_clock.now(),
    )
    give_points(members.member(id=UUID(world.ann.member_id)), 50)
    for line in (
        {"sku_id": world.chain.milk.id, "quantity": 1, "points_offer_id": offer.id},
        {"sku_id": world.chain.tea.id, "quantity": 1, "points_offer_id": offer.id},
        {"sku_id": world.chain.milk.id, "quantity": 1, "points_offer_id": 999_999_999},
    ):
        refused = mall_order(world, lines=[line])
        assert (refused.status, refused.code, refused.body["params"]["reason"]) == (
            409, "checkout.points_refused", "offer_gone",
        )  # fmt: skip


def test_the_amount_agreed_to_is_compared_and_never_taken_over(world):
    refused = mall_order(world, expected_payable_fen=1)
    assert (refused.status, refused.code) == (409, "checkout.price_changed")
    assert mall_order(world).expect(201)["payable_fen"] == MILK_FEN


def test_nobody_shops_at_what_is_no_shop(world):
    for unit_id in (world.chain.warehouse.unit.id, world.chain.region.id, world.chain.supplier.id, 10**12):
        assert mall_order(world, store_id=unit_id).status == 404
    assert mall_order(world, delivery="carry_out").status == 422


@pytest.mark.parametrize("control", CONTROLS)
def test_what_people_write_gives_no_orders_to_a_printer(world, control):
    text = f"门口{control}p0"
    assert mall_order(world, note=text).code == "request.invalid"
    address = {"name": "李四", "phone": "13900001111", "area_code": "110101", "text": "长安街 1 号"}
    for field in ("name", "text"):
        assert world.ann.post("/addresses", {**address, field: text}).code == "request.invalid"
    for refused in (
        world.till.sell({world.chain.milk.id: 1}, note=text),
        world.till.sell(
            {world.chain.milk.id: 1}, tenders=[{"tender": "card", "amount_fen": MILK_FEN, "reference": text}]
        ),
        world.till.post("/members", {"phone": "13911112222", "name": text}),
    ):
        assert refused.code == "request.invalid"


def test_a_note_may_have_lines_and_any_script(world):
    note = "放门口,谢谢!\n二楼 👍 ‘quoted’ <b>&amp;"
    assert mall_order(world, note=note).expect(201)["note"] == note


@pytest.mark.parametrize("number", ["4111111111111111", "6222 0212 3456 7890 128", "4111-1111-1111-1111"])
def test_the_number_of_a_card_is_never_kept(world, number):
    before = stock(world)
    refused = world.till.sell(
        {world.chain.milk.id: 1}, tenders=[{"tender": "card", "amount_fen": MILK_FEN, "reference": number}]
    )
    assert (refused.status, refused.code) == (422, "payments.tender_invalid")
    assert stock(world) == before


def discounted(world, fen: int, **more: Any):
    line = {"sku_id": world.chain.milk.id, "quantity": 1, "discount_fen": fen}
    return world.till.post("/sales", {**world.till.sale({}), "lines": [line], **more})


def test_a_discount_above_the_limit_needs_a_manager_and_never_exceeds_the_price(world):
    manager = {"username": world.chain.manager.username, "pin": PIN}
    cashier = {"username": world.chain.cashier.username, "pin": PIN}
    assert discounted(world, MILK_FEN // 10).expect(201)["order"]["payable_fen"] == MILK_FEN - MILK_FEN // 10
    before = stock(world)
    for fen, more, code in (
        (MILK_FEN // 10 + 1, {}, "pos.approval_needed"),
        (MILK_FEN, {}, "pos.approval_needed"),
        (MILK_FEN // 2, {"approval": cashier}, "pos.approval_refused"),
        (MILK_FEN // 2, {"approval": {**manager, "pin": "9753"}}, "identity.sign_in_refused"),
        (MILK_FEN + 1, {"approval": manager}, "promotions.manual_discount_too_large"),
        (-1, {"approval": manager}, "request.invalid"),
    ):
        assert discounted(world, fen, **more).code == code, (fen, more)
    assert stock(world) == before


def test_an_approval_is_for_one_sale_as_it_was_shown(world):
    manager = {"username": world.chain.manager.username, "pin": PIN}
    line = {"sku_id": world.chain.milk.id, "quantity": 1, "discount_fen": MILK_FEN // 2}
    sale = {**world.till.sale({}), "lines": [line], "approval": manager}
    world.till.post("/sales", sale).expect(201)
    # The same number again with a deeper discount, without the manager: neither the sale nor the approval is his.
    deeper = {**sale, "lines": [{**line, "discount_fen": MILK_FEN}], "approval": None}
    assert world.till.post("/sales", deeper).code == "checkout.key_reused"
    another = {**deeper, "id": str(uuid7()), "seq": 900_001}
    assert world.till.post("/sales", another).code == "pos.approval_needed"
    assert "2580" not in str(db.rows("SELECT detail::text FROM platform_audit WHERE subject_id = %s", [sale["id"]]))


def test_a_return_gives_back_what_was_paid_and_once(world):
    sale = world.till.sell({world.chain.tea.id: 2}, tenders=cash(2 * TEA_FEN)).expect(201)["order"]

    def take_back(*lines: tuple[int, int], **more: Any):
        body = {
            "id": str(uuid7()),
            "reason": "quality",
            "lines": [{"line_number": number, "quantity": quantity} for number, quantity in lines],
        }
        return world.till.post(f"/receipts/{sale['number']}/returns", body | more)

    for refused in (
        take_back((1, 3)),
        take_back((2, 1)),
        take_back((1, 1), (1, 1)),
        take_back((1, -1)),
        take_back((1, 1), amount_fen=10**9),
        take_back((1, 1), tender="cash"),
    ):
        assert refused.status in (409, 422)
    outcomes = [take_back((1, 1)) for _ in range(3)]
    assert [one.status for one in outcomes] == [201, 201, 409]
    assert [one.body["amount_fen"] for one in outcomes[:2]] == [TEA_FEN, TEA_FEN]
    shown = world.till.get(f"/receipts/{sale['number']}").expect(200)
    assert shown["refunded_fen"] == 2 * TEA_FEN


def test_returns_at_once_give_no_more_back_than_was_sold(world):
    sale = world.till.sell({world.chain.tea.id: 1}, tenders=cash(TEA_FEN)).expect(201)["order"]

    def take_back(index: int) -> int:
        body = {"id": str(uuid7()), "reason": "quality", "lines": [{"line_number": 1, "quantity": 1}]}
        return int(world.till.post(f"/receipts/{sale['number']}/returns", body).status)

    assert sorted(parallel(6, take_back)) == [201, 409, 409, 409, 409, 409]


def test_money_of_a_provider_is_never_said_by_a_till(world):
    for tender in ("wechat", "alipay", "points", "stored_value", ""):
        refused = world.till.sell({world.chain.milk.id: 1}, tenders=[{"tender": tender, "amount_fen": MILK_FEN}])
        assert refused.code == "request.invalid"


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE orders_order;--", "%", "_", "\\", "' OR '1'='1", "*:*&|!()", "$1", "%%", "{}"]
)
def test_a_search_is_a_search(world, text):
    from urllib.parse import quote

    store = world.chain.store.unit.id
    for path in (f"/stores?text={quote(text)}", f"/stores/{store}/products?text={quote(text)}"):
        assert world.ann.get(path).expect(200)["items"] == []
    assert world.ann.get(f"/stores/{store}/scan?code={quote(text)}").status in (404, 422)
    assert world.till.post("/scans", {"code": text}).status in (404, 422)
    assert world.till.post("/members/search", {"text": text * 4}).status in (200, 422)
