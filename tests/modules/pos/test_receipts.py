"""What stands on the paper, copies and gift receipts, and goods that come back."""

from __future__ import annotations

from typing import Any

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.platform import settings_tree
from tests.harness import identity
from tests.harness import members as people
from tests.harness.chain import MILK_FEN, TEA_FEN, Chain
from tests.harness.clients import TillClient, cash


def _back(line_number: int, quantity: int, **more: Any) -> dict[str, Any]:
    line = {"line_number": line_number, "quantity": quantity}
    return {"id": str(uuid7()), "reason": "not_wanted", "lines": [line], **more}


def _elsewhere(chain: Chain) -> TillClient:
    till = TillClient(chain.other_store).sign_in(identity.make_person("cashier", unit_id=chain.other_store.unit.id))
    till.open_shift()
    return till


def test_a_receipt_holds_everything_that_is_printed(chain: Chain, till: TillClient):
    member = people.make_member(name="赵小云")
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "pos.receipt_footer", "谢谢惠顾", system_clock.now())
    lines = [
        {"sku_id": chain.milk.id, "quantity": 2, "credited_staff_id": chain.associate.id},
        {"sku_id": chain.tea.id, "quantity": 1, "discount_fen": 300},
    ]
    payable_fen = 2 * MILK_FEN + TEA_FEN - 300
    sale = till.sale({}, member_id=str(member.id), tenders=cash(payable_fen, payable_fen + 200))
    number = till.post("/sales", {**sale, "lines": lines}).expect(201)["order"]["number"]

    paper = till.get(f"/receipts/{number}").expect(200)
    assert (paper["store_name"], paper["till_code"], paper["seq"], paper["cashier"]) == (
        chain.store.unit.name,
        till.till["code"],
        sale["seq"],
        "测试员",
    )
    assert [(line["name"], line["quantity"], line["list_fen"], line["net_fen"]) for line in paper["lines"]] == [
        ("纯牛奶", 2, 2 * MILK_FEN, 2 * MILK_FEN),
        ("龙井茶", 1, TEA_FEN, TEA_FEN - 300),
    ]
    assert [one["amount_fen"] for one in paper["promotions"]] == [300]
    assert (paper["goods_fen"], paper["discount_fen"], paper["payable_fen"], paper["change_fen"]) == (
        2 * MILK_FEN + TEA_FEN,
        300,
        payable_fen,
        200,
    )
    assert [(one["tender"], one["amount_fen"], one["tendered_fen"]) for one in paper["payments"]] == [
        ("cash", payable_fen, payable_fen + 200)
    ]
    assert (paper["member"]["name_masked"], paper["footer"]) == ("赵*云", "谢谢惠顾")


def test_every_printing_after_the_first_is_a_copy_and_gift_receipts_hide_amounts(chain: Chain, till: TillClient):
    number = till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN)).expect(201)["order"]["number"]
    printed = [till.post(f"/receipts/{number}/prints").expect(201) for _ in range(2)]
    assert [(paper["prints"], paper["is_copy"]) for paper in printed] == [(1, False), (2, True)]
    gift = till.post(f"/receipts/{number}/prints", {"gift": True}).expect(201)
    assert (gift["is_gift"], gift["is_copy"], gift["prints"]) == (True, False, 2)
    assert (gift["payable_fen"], gift["payments"], gift["lines"][0]["net_fen"], gift["lines"][0]["name"]) == (
        None,
        [],
        None,
        "纯牛奶",
    )


def test_goods_come_back_and_the_cash_goes_out_of_the_drawer(chain: Chain, till: TillClient):
    number = till.sell({chain.milk.id: 3}, tenders=cash(3 * MILK_FEN)).expect(201)["order"]["number"]
    before, _ = chain.stocked(chain.store, chain.milk).counters()
    wanted = _back(1, 2)
    done = till.post(f"/receipts/{number}/returns", wanted).expect(201)
    assert (done["amount_fen"], done["refunds"]) == (2 * MILK_FEN, [["cash", 2 * MILK_FEN]])
    assert till.post(f"/receipts/{number}/returns", wanted).expect(201) == done
    assert chain.stocked(chain.store, chain.milk).counters() == (before + 2, 0)
    too_much = till.post(f"/receipts/{number}/returns", _back(1, 2))
    assert (too_much.status, too_much.code) == (409, "aftersales.return_too_much")
    paper = till.get(f"/receipts/{number}").expect(200)
    assert (paper["refunded_fen"], paper["lines"][0]["returned_quantity"]) == (2 * MILK_FEN, 2)
    shift_id = till.get("/shifts/current").expect(200)["shift"]["id"]
    report = till.post(f"/shifts/{shift_id}/closing", {"counted_fen": 20_000 + MILK_FEN}).expect(200)
    assert report["over_short_fen"] == 0


def test_damaged_goods_come_back_but_not_for_sale(chain: Chain, till: TillClient):
    number = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN)).expect(201)["order"]["number"]
    before = chain.stocked(chain.store, chain.tea).level()
    body = _back(1, 1)
    body["lines"][0]["restock"] = "damaged"
    till.post(f"/receipts/{number}/returns", body).expect(201)
    after = chain.stocked(chain.store, chain.tea).level()
    assert (after.on_hand - before.on_hand, after.damaged - before.damaged) == (0, 1)


def test_any_store_of_the_chain_takes_back_what_another_sold(chain: Chain, till: TillClient):
    number = till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN)).expect(201)["order"]["number"]
    there = _elsewhere(chain)
    before, _ = chain.stocked(chain.other_store, chain.milk).counters()
    there.post(f"/receipts/{number}/returns", _back(1, 1)).expect(201)
    assert chain.stocked(chain.other_store, chain.milk).counters() == (before + 1, 0)


def test_a_store_may_be_told_to_take_back_only_its_own(chain: Chain, till: TillClient):
    number = till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN)).expect(201)["order"]["number"]
    there = _elsewhere(chain)
    node = f"terminal:{there.till['device_id']}"
    settings_tree.set_value(SYSTEM, node, "pos.returns_across_stores", False, system_clock.now())
    for answer in (
        there.get(f"/receipts/{number}"),
        there.post(f"/receipts/{number}/prints"),
        there.post(f"/receipts/{number}/returns", _back(1, 1)),
    ):
        assert (answer.status, answer.code) == (404, "pos.receipt_unknown")
    assert till.get(f"/receipts/{number}").expect(200)["refunded_fen"] == 0


def test_a_number_nobody_knows_has_no_receipt(chain: Chain, till: TillClient):
    assert till.get("/receipts/XS000000").code == "pos.receipt_unknown"
