"""Sell at the till: cash, card, split, weight, discounts, members; once, and only what is there (POS-01)."""

from __future__ import annotations

import pytest

from quanyu.kernel.ids import uuid7
from quanyu.modules.orders import api as orders
from quanyu.platform import db
from tests.harness import catalog, pricing
from tests.harness import members as people
from tests.harness.chain import APPLES_FEN, BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain, put
from tests.harness.clients import MallClient, TillClient, cash
from tests.harness.identity import PIN


def test_a_sale_for_cash_is_done_at_once_and_says_the_change(chain: Chain, till: TillClient):
    before, _ = chain.stocked(chain.store, chain.milk).counters()
    body = till.sell({chain.milk.id: 2, chain.bread.id: 1}, tenders=cash(2 * MILK_FEN + BREAD_FEN, 5000)).expect(201)
    assert (body["order"]["state"], body["order"]["channel"], body["order"]["delivery"]) == (
        "completed",
        "pos",
        "carry_out",
    )
    assert body["change_fen"] == 5000 - 2 * MILK_FEN - BREAD_FEN
    assert [line["credited_staff_id"] for line in body["order"]["lines"]] == [chain.cashier.id] * 2
    assert chain.stocked(chain.store, chain.milk).counters() == (before - 2, 0)
    assert till.get("/till").expect(200)["last_seq"] == 1


def test_cash_and_card_together_pay_one_sale(chain: Chain, till: TillClient):
    tenders = [
        {"tender": "cash", "amount_fen": 3000, "tendered_fen": 3000},
        {"tender": "card", "amount_fen": TEA_FEN - 3000, "reference": "POS-7788"},
    ]
    body = till.sell({chain.tea.id: 1}, tenders=tenders).expect(201)
    assert [(one["tender"], one["amount_fen"]) for one in body["payments"]] == [
        ("cash", 3000),
        ("card", TEA_FEN - 3000),
    ]


def test_tenders_that_do_not_cover_the_sale_exactly_are_refused_and_nothing_is_sold(chain: Chain, till: TillClient):
    before = chain.stocked(chain.store, chain.milk).counters()
    for amount_fen in (MILK_FEN - 1, MILK_FEN + 1):
        refused = till.sell({chain.milk.id: 1}, tenders=cash(amount_fen))
        assert (refused.status, refused.code) == (422, "payments.tender_invalid")
    assert chain.stocked(chain.store, chain.milk).counters() == before


def test_weighed_goods_are_sold_by_the_gram(chain: Chain, till: TillClient):
    body = till.sell({chain.apples.id: 525}, tenders=cash(1045)).expect(201)
    assert (body["order"]["payable_fen"], body["order"]["lines"][0]["unit_price_fen"]) == (1045, APPLES_FEN)


def test_the_same_sale_sent_again_is_the_same_sale(chain: Chain, till: TillClient):
    sale = till.sale({chain.milk.id: 1}, tenders=cash(MILK_FEN))
    first = till.post("/sales", sale).expect(201)
    before = chain.stocked(chain.store, chain.milk).counters()
    assert till.post("/sales", sale).expect(201) == first
    assert chain.stocked(chain.store, chain.milk).counters() == before
    # Also when the shift in which it was made is closed.
    shift_id = till.get("/shifts/current").expect(200)["shift"]["id"]
    till.post(f"/shifts/{shift_id}/closing", {"counted_fen": 20_000 + MILK_FEN}).expect(200)
    assert till.post("/sales", sale).expect(201) == first


def test_an_id_or_a_number_does_not_stand_for_two_sales(chain: Chain, till: TillClient):
    sale = till.sale({chain.milk.id: 1}, tenders=cash(MILK_FEN))
    till.post("/sales", sale).expect(201)
    same_number = till.post("/sales", {**sale, "id": str(uuid7())})
    assert (same_number.status, same_number.code, same_number.body["field"]) == (422, "pos.key_reused", "seq")
    same_id = till.post("/sales", {**sale, "seq": 99})
    assert (same_id.status, same_id.code, same_id.body["field"]) == (422, "pos.key_reused", "id")
    other_contents = till.post("/sales", {**sale, "lines": [{"sku_id": chain.milk.id, "quantity": 2}]})
    assert (other_contents.status, other_contents.code) == (422, "checkout.key_reused")


def test_a_refused_sale_may_be_tried_again_when_the_goods_are_there():
    chain = make_chain(stock=1)
    till = TillClient(chain.store).sign_in(chain.cashier)
    till.open_shift()
    sale = till.sale({chain.milk.id: 2}, tenders=cash(2 * MILK_FEN))
    refused = till.post("/sales", sale)
    assert (refused.status, refused.code, refused.body["field"]) == (409, "inventory.stock_short", "lines.0.quantity")
    put(chain.store, chain.milk, 1)
    till.post("/sales", sale).expect(201)
    assert chain.stocked(chain.store, chain.milk).counters() == (0, 0)


def test_a_cashiers_discount_ends_at_the_limit_and_a_managers_pin_goes_beyond(chain: Chain, till: TillClient):
    def sale(discount_fen: int, **more: object) -> dict:
        line = {"sku_id": chain.tea.id, "quantity": 1, "discount_fen": discount_fen}
        return {**till.sale({}, tenders=cash(TEA_FEN - discount_fen), **more), "lines": [line]}

    within = till.post("/sales", sale(TEA_FEN // 10)).expect(201)
    assert within["order"]["discount_fen"] == TEA_FEN // 10
    beyond = sale(TEA_FEN // 10 + 1)
    refused = till.post("/sales", beyond)
    assert (refused.status, refused.code, refused.body["field"]) == (
        403,
        "pos.approval_needed",
        "lines.0.discount_fen",
    )
    assert refused.body["title"] == "This discount is above the limit of 10 %."
    by_cashier = {**beyond, "approval": {"username": chain.cashier.username, "pin": PIN}}
    assert till.post("/sales", by_cashier).code == "pos.approval_refused"
    wrong_pin = {**beyond, "approval": {"username": chain.manager.username, "pin": "0000"}}
    assert till.post("/sales", wrong_pin).code == "identity.sign_in_refused"
    approved = {**beyond, "approval": {"username": chain.manager.username, "pin": PIN}}
    assert till.post("/sales", approved).expect(201)["order"]["payable_fen"] == TEA_FEN - TEA_FEN // 10 - 1
    audited = db.row(
        "SELECT actor_id, detail->>'cashier' AS cashier FROM platform_audit "
        "WHERE action = 'pos.approve_discount' "
        "AND subject_id = (SELECT id::text FROM pos_discount_approval WHERE sale_id = %s)",
        [beyond["id"]],
    )
    assert audited == {"actor_id": str(chain.manager.id), "cashier": str(chain.cashier.id)}
    # The manager's approval was for one sale: the cashier is still the one who is signed in.
    assert till.post("/sales", sale(TEA_FEN // 2)).code == "pos.approval_needed"


def test_a_manager_needs_nobodys_approval(chain: Chain, till: TillClient):
    till.sign_in(chain.manager)
    line = {"sku_id": chain.tea.id, "quantity": 1, "discount_fen": TEA_FEN // 2}
    sale = {**till.sale({}, tenders=cash(TEA_FEN - TEA_FEN // 2)), "lines": [line]}
    till.post("/sales", sale).expect(201)


def test_a_line_is_credited_to_the_associate_who_is_named(chain: Chain, till: TillClient):
    line = {"sku_id": chain.milk.id, "quantity": 1, "credited_staff_id": chain.associate.id}
    body = till.post("/sales", {**till.sale({}, tenders=cash(MILK_FEN)), "lines": [line]}).expect(201)
    assert body["order"]["lines"][0]["credited_staff_id"] == chain.associate.id
    unknown = {**till.sale({}, tenders=cash(MILK_FEN)), "lines": [{**line, "credited_staff_id": 999_999_999}]}
    refused = till.post("/sales", unknown)
    assert (refused.status, refused.code) == (422, "pos.associate_unknown")


def test_a_member_pays_the_member_price_and_the_sale_is_in_the_members_orders():
    chain = make_chain(member_milk_fen=600)
    till = TillClient(chain.store).sign_in(chain.cashier)
    till.open_shift()
    phone = people.phone()
    member = till.post("/members", {"phone": phone, "name": "李四光"}).expect(201)
    assert (member["name_masked"], member["phone_masked"]) == ("李*光", f"{phone[:3]}****{phone[-4:]}")
    quote = till.post(
        "/quotes", {"lines": [{"sku_id": chain.milk.id, "quantity": 1}], "member_id": member["id"]}
    ).expect(200)
    assert (quote["payable_fen"], quote["problems"]) == (600, [])
    sold = till.sell({chain.milk.id: 1}, member_id=member["id"], tenders=cash(600)).expect(201)
    (mine,) = orders.of_member(member_id=people.make_member(phone_number=phone).id)
    assert str(mine.id) == sold["order"]["id"]


def test_a_sale_for_a_member_who_does_not_exist_is_refused(chain: Chain, till: TillClient):
    refused = till.sell({chain.milk.id: 1}, member_id=str(uuid7()), tenders=cash(MILK_FEN))
    assert (refused.status, refused.code) == (404, "members.unknown")


def test_a_sale_that_waited_for_a_code_can_be_paid_in_cash(chain: Chain, till: TillClient):
    waiting = till.sell({chain.milk.id: 1}).expect(201)["order"]
    assert waiting["state"] == "placed"
    paid = till.post(f"/sales/{waiting['id']}/tenders", {"tenders": cash(MILK_FEN, 1000)}).expect(200)
    assert (paid["order"]["state"], paid["change_fen"]) == ("completed", 1000 - MILK_FEN)
    shift_id = till.get("/shifts/current").expect(200)["shift"]["id"]
    report = till.post(f"/shifts/{shift_id}/closing", {"counted_fen": 20_000 + MILK_FEN}).expect(200)
    assert report["over_short_fen"] == 0


def test_money_for_a_sale_is_taken_where_it_was_begun_so_that_it_lies_in_the_right_drawer(
    chain: Chain, till: TillClient
):
    waiting = till.sell({chain.milk.id: 1}).expect(201)["order"]["id"]
    beside = TillClient(chain.store).sign_in(chain.cashier)
    beside.open_shift()
    ordered = MallClient().sign_in().order(chain.store, {chain.milk.id: 1}).expect(201)["id"]
    for order_id in (waiting, ordered):
        beside.get(f"/orders/{order_id}").expect(200)
        for answer in (
            beside.post(f"/sales/{order_id}/tenders", {"tenders": cash(MILK_FEN)}),
            beside.post(f"/sales/{order_id}/charges", {"auth_code": "130000000000000000"}),
        ):
            assert (answer.status, answer.code) == (404, "orders.order_unknown")
    assert till.get(f"/sales/{waiting}").expect(200)["payments"] == []


def test_another_stores_orders_do_not_exist_at_this_till(chain: Chain, till: TillClient):
    mine = till.sell({chain.milk.id: 1}).expect(201)["order"]["id"]
    other = TillClient(chain.other_store)
    from tests.harness import identity

    other.sign_in(identity.make_person("cashier", unit_id=chain.other_store.unit.id))
    other.open_shift()
    asked = [
        other.get(f"/orders/{mine}"),
        other.get(f"/sales/{mine}"),
        other.post(f"/sales/{mine}/tenders", {"tenders": cash(MILK_FEN)}),
        other.post(f"/sales/{mine}/charges", {"auth_code": "130000000000000000"}),
        other.post(f"/sales/{mine}/charges/check"),
        other.post(f"/sales/{mine}/cancellation"),
        other.post(f"/orders/{mine}/hand-over", {"code": "12345678"}),
    ]
    assert [(answer.status, answer.code) for answer in asked] == [(404, "orders.order_unknown")] * 7
    assert mine not in [order["id"] for order in other.get("/orders").expect(200)["items"]]
    assert mine in [order["id"] for order in till.get("/orders?state=placed").expect(200)["items"]]


@pytest.fixture
def scales() -> tuple[Chain, TillClient]:
    chain = make_chain(stock=0)
    return chain, TillClient(chain.store).sign_in(chain.cashier)


def test_a_scanned_barcode_proposes_a_line(chain: Chain, till: TillClient):
    body = till.post("/scans", {"code": chain.bread.barcodes[0]}).expect(200)
    assert body["member"] is None
    assert (body["line"]["item"]["sku_id"], body["line"]["quantity"], body["line"]["item"]["price_fen"]) == (
        chain.bread.id,
        1,
        BREAD_FEN,
    )


def test_a_scale_label_with_an_amount_proposes_its_weight(scales: tuple[Chain, TillClient]):
    from quanyu.modules.catalog.rules import barcodes

    chain, till = scales
    plu = str(people._random.randrange(10_000, 99_999))
    sku = catalog.make_sku(name="散装核桃", is_weighed=True, plu=plu, category_id=chain.category.id)
    pricing.make_book(unit_id=chain.store.unit.id, prices={sku.id: 4000})
    label = f"21{plu}01045"
    body = till.post("/scans", {"code": f"{label}{barcodes.check_digit(label)}"}).expect(200)
    # 10.45 yuan at 40 yuan a kilogram.
    assert (body["line"]["label_fen"], body["line"]["quantity"]) == (1045, 261)
    typed = till.post("/scans", {"code": plu}).expect(200)
    assert (typed["line"]["item"]["sku_id"], typed["line"]["quantity"]) == (sku.id, None)


def test_a_scanned_member_card_is_the_member_masked(chain: Chain, till: TillClient):
    member = people.make_member(name="王大锤")
    body = till.post("/scans", {"code": member.card_number}).expect(200)
    assert body["line"] is None
    assert (body["member"]["id"], body["member"]["name_masked"]) == (str(member.id), "王*锤")


def test_a_code_nobody_knows_is_said_to_be_unknown(chain: Chain, till: TillClient):
    refused = till.post("/scans", {"code": "6999999999993"})
    assert (refused.status, refused.code) == (404, "pos.scan_unknown")


def test_four_digits_of_a_phone_find_candidates_that_need_confirmation(chain: Chain, till: TillClient):
    phone = people.phone()
    member = people.make_member(phone_number=phone)
    (found,) = till.post("/members/search", {"text": phone}).expect(200)
    assert (found["member"]["id"], found["needs_confirmation"]) == (str(member.id), False)
    tail = till.post("/members/search", {"text": phone[-4:]}).expect(200)
    assert (str(member.id), True) in {(one["member"]["id"], one["needs_confirmation"]) for one in tail}


def test_the_catalogue_comes_page_by_page_under_one_version():
    chain = make_chain()
    till = TillClient(chain.store)
    first = till.get("/catalogue?limit=3").expect(200)
    found, cursor = first["items"], first["next_cursor"]
    while cursor:
        page = till.get(f"/catalogue?limit=500&cursor={cursor}").expect(200)
        assert page["version"] == first["version"]
        found, cursor = found + page["items"], page["next_cursor"]
    mine = {item["sku_id"]: item for item in found if item["sku_id"] in {sku.id for sku in chain.skus}}
    assert {sku_id: item["price_fen"] for sku_id, item in mine.items()} == {
        chain.milk.id: MILK_FEN,
        chain.bread.id: BREAD_FEN,
        chain.tea.id: TEA_FEN,
        chain.apples.id: APPLES_FEN,
    }
    assert mine[chain.milk.id]["barcodes"] == list(chain.milk.barcodes)
    pricing.make_book(unit_id=chain.store.unit.id, prices={chain.milk.id: 1})
    assert till.get("/catalogue?limit=1").expect(200)["version"] != first["version"]
