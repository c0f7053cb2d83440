"""A member's rights at the counter: one scan, coupons, points, staff codes, the paper (CPN-08, PTS-01, POS-03, -04)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Coupon, CouponCode, UseScope
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Member
from quanyu.modules.points import api as points
from quanyu.platform import db, settings_tree
from tests.harness import coupons as offers
from tests.harness import identity as people
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain
from tests.harness.checkout import coupon_for, coupon_state, give_points
from tests.harness.clients import TillClient, cash
from tests.harness.members import make_member, phone, sign_in


@pytest.fixture
def member() -> Member:
    return make_member(name="赵敏敏")


def balance(member: Member) -> int:
    return points.balance(member_id=member.id, now=system_clock.now()).available


def code_of(coupon: Coupon) -> CouponCode:
    return coupons.code_of(coupon_id=coupon.id, member_id=coupon.member_id, now=system_clock.now())


def test_one_scan_of_a_coupon_gives_member_and_coupon_and_the_sale_takes_it(chain: Chain, till: TillClient, member):
    coupon = coupon_for(member, scope=UseScope.STORE, threshold_fen=2000)
    for text in (code_of(coupon).payload, code_of(coupon).text, code_of(coupon).text.lower().replace("-", " ")):
        scanned = till.post("/rights/scan", {"text": text}).expect(200)
        assert (scanned["kind"], scanned["coupon"]["id"], scanned["coupon"]["refusal"]) == (
            "coupon",
            str(coupon.id),
            None,
        )
    rights = scanned["rights"]
    assert (rights["member"]["id"], rights["member"]["name_masked"]) == (str(member.id), member.name_masked)
    assert [one["id"] for one in rights["coupons"]] == [str(coupon.id)]
    assert code_of(coupon).text not in str(scanned)
    asked = {"member_id": rights["member"]["id"], "coupon_ids": [scanned["coupon"]["id"]]}
    quote = till.post("/quotes", {"lines": [{"sku_id": chain.tea.id, "quantity": 1}], **asked}).expect(200)
    assert (quote["coupon_fen"], quote["payable_fen"], quote["problems"]) == (1000, TEA_FEN - 1000, [])
    assert [(one["id"], one["chosen"], one["amount_fen"]) for one in quote["coupons"]] == [(str(coupon.id), True, 1000)]
    sold = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN - 1000), **asked).expect(201)["order"]
    assert (sold["state"], sold["coupon_fen"], sold["payable_fen"]) == ("completed", 1000, TEA_FEN - 1000)
    assert coupon_state(coupon)[0] == "redeemed"
    again = till.post("/rights/scan", {"text": code_of(coupon).text}).expect(200)
    assert (again["coupon"]["refusal"], again["coupon"]["refusal_text"]) == ("used", "This coupon was used already")
    assert again["rights"]["coupons"] == []


def test_a_quote_says_what_a_coupon_misses_in_the_askers_language(chain: Chain, till: TillClient, member):
    coupon = coupon_for(member, threshold_fen=10_000)
    body = {"member_id": str(member.id), "lines": [{"sku_id": chain.tea.id, "quantity": 1}]}
    (shown,) = till.post("/quotes", body).expect(200)["coupons"]
    assert (shown["usable"], shown["chosen"], shown["amount_fen"], shown["reason"]) == (
        False,
        False,
        0,
        "amount_missing",
    )
    assert "12.00" in shown["text"]
    (chinese,) = till.post("/quotes", body, Accept_Language="zh-hans").expect(200)["coupons"]
    assert "12.00" in chinese["text"]
    assert chinese["text"] != shown["text"]
    refused = till.sell({chain.tea.id: 1}, member_id=str(member.id), coupon_ids=[str(coupon.id)], tenders=cash(TEA_FEN))
    assert (refused.status, refused.code, refused.body["field"]) == (409, "checkout.coupon_refused", "coupon_ids.0")
    assert coupon_state(coupon)[0] == "available"


def test_a_card_is_a_member_and_goods_are_none_of_ours(chain: Chain, till: TillClient, member):
    give_points(member, 250)
    scanned = till.post("/rights/scan", {"text": member.card_number}).expect(200)
    assert (scanned["kind"], scanned["coupon"], scanned["rights"]["points"]["available"]) == ("card", None, 250)
    assert scanned["rights"]["tier"]["code"] == member.tier
    assert scanned["rights"]["code_scanned"] is False
    looked_up = till.get(f"/members/{member.id}/rights").expect(200)
    assert looked_up == scanned["rights"]
    goods = till.post("/rights/scan", {"text": chain.milk.barcodes[0]}).expect(200)
    assert goods == {"kind": "product", "rights": None, "coupon": None}
    assert till.post("/rights/scan", {"text": "nothing of ours"}).code == "pos.scan_unknown"
    assert till.get(f"/members/{uuid7()}/rights").code == "members.unknown"


def test_coupon_codes_cannot_be_tried_through(chain: Chain, till: TillClient, member):
    coupon = coupon_for(member)
    right = code_of(coupon).text
    for number in range(20):
        wrong = till.post("/rights/scan", {"text": f"0000-0000-0000-{number:04d}0"})
        assert (wrong.status, wrong.code) == (404, "coupons.code_refused")
    refused = till.post("/rights/scan", {"text": right})
    assert (refused.status, refused.code) == (429, "rate_limited")
    # Goods and cards are still read.
    assert till.post("/rights/scan", {"text": chain.milk.barcodes[0]}).expect(200)["kind"] == "product"


def test_points_pay_at_the_till_and_the_paper_says_so(chain: Chain, till: TillClient, member):
    give_points(member, 900)
    body = {"member_id": str(member.id), "points": 500}
    quote = till.post("/quotes", {"lines": [{"sku_id": chain.tea.id, "quantity": 1}], **body}).expect(200)
    assert quote["points"] == {"balance": 900, "most": 900, "spent": 500, "worth_fen": 500, "earned": 83}
    assert quote["payable_fen"] == TEA_FEN - 500
    sold = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN - 500), **body).expect(201)["order"]
    assert (sold["points_spent"], sold["points_fen"], sold["payable_fen"]) == (500, 500, TEA_FEN - 500)
    assert balance(member) == 400
    paper = till.post(f"/receipts/{sold['number']}/prints").expect(201)
    assert paper["points"] == {
        "spent": 500,
        "worth_fen": 500,
        "restored": 0,
        "earned": 83,
        "taken_back": 0,
        "is_pending": True,
        "balance": 400,
    }
    assert paper["member"]["name_masked"] == member.name_masked
    # The paper is printed again, and earns nothing again.
    assert till.post(f"/receipts/{sold['number']}/prints").expect(201)["points"]["earned"] == 83
    gift = till.post(f"/receipts/{sold['number']}/prints", {"gift": True}).expect(201)
    assert (gift["points"], gift["coupons"], gift["member"]) == (None, [], None)


def test_too_many_points_are_refused_and_nothing_is_sold(chain: Chain, till: TillClient, member):
    give_points(member, 100)
    before = chain.stocked(chain.store, chain.tea).counters()
    refused = till.sell({chain.tea.id: 1}, member_id=str(member.id), points=101, tenders=cash(TEA_FEN - 101))
    assert (refused.status, refused.code, refused.body["field"]) == (409, "checkout.points_refused", "points")
    assert (balance(member), chain.stocked(chain.store, chain.tea).counters()) == (100, before)


def test_a_guest_has_neither_coupons_nor_points(chain: Chain, till: TillClient, member):
    coupon = coupon_for(member)
    for rights in ({"coupon_ids": [str(coupon.id)]}, {"points": 10}):
        refused = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN), **rights)
        assert (refused.status, refused.code, refused.body["field"]) == (422, "pos.member_missing", "member_id")
    guest = till.post("/quotes", {"lines": [{"sku_id": chain.tea.id, "quantity": 1}]}).expect(200)
    assert (guest["coupons"], guest["points"]["balance"], guest["payable_fen"]) == ([], 0, TEA_FEN)
    sold = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN)).expect(201)["order"]
    assert till.get(f"/receipts/{sold['number']}").expect(200)["points"] is None


def test_another_members_coupon_is_not_taken(chain: Chain, till: TillClient, member):
    coupon = coupon_for(make_member())
    refused = till.sell(
        {chain.tea.id: 1}, member_id=str(member.id), coupon_ids=[str(coupon.id)], tenders=cash(TEA_FEN - 1000)
    )
    assert (refused.code, refused.body["field"]) == ("checkout.coupon_refused", "coupon_ids.0")
    assert coupon_state(coupon)[0] == "available"


@pytest.fixture
def lost_discounts_are_charged(chain: Chain) -> Iterator[None]:
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "aftersales.below_threshold", "charge", system_clock.now())
    yield
    settings_tree.set_value(SYSTEM, node, "aftersales.below_threshold", None, system_clock.now())


@pytest.mark.usefixtures("lost_discounts_are_charged")
def test_a_return_says_first_and_then_does_what_becomes_of_points_and_coupon(chain: Chain, till: TillClient, member):
    coupon = coupon_for(member, threshold_fen=5000)
    give_points(member, 300)
    rights = {"member_id": str(member.id), "coupon_ids": [str(coupon.id)], "points": 300}
    payable_fen = TEA_FEN + BREAD_FEN - 1000 - 300
    sold = till.sell({chain.tea.id: 1, chain.bread.id: 1}, tenders=cash(payable_fen), **rights).expect(201)["order"]
    till.post(f"/receipts/{sold['number']}/prints").expect(201)
    by_sku = {line["sku_id"]: line for line in sold["lines"]}
    tea = by_sku[chain.tea.id]
    back = [{"line_number": tea["number"], "quantity": 1}]
    path = f"/receipts/{sold['number']}/returns"
    preview = till.post(f"{path}/preview", {"lines": back}).expect(200)
    # What stays (the bread) does not reach the coupon's threshold: what it took off the bread is withheld.
    kept_coupon_fen = by_sku[chain.bread.id]["coupon_fen"]
    assert [(one["kind"], one["threshold_fen"], one["amount_fen"]) for one in preview["withheld"]] == [
        ("coupon", 5000, kept_coupon_fen)
    ]
    assert preview["amount_fen"] == tea["net_fen"] - kept_coupon_fen
    assert (preview["points_restored"], preview["coupons_returned"]) == (tea["points_spent"], 0)
    assert balance(member) == 0
    body = {"id": str(uuid7()), "lines": back, "reason": "quality"}
    done = till.post(path, body).expect(201)
    assert {name: done[name] for name in preview} == preview
    assert done["refunds"] == [["cash", preview["amount_fen"]]]
    assert done["points_taken_back"] > 0
    assert balance(member) == tea["points_spent"]
    assert till.post(path, body).expect(201) == done

    rest = {"id": str(uuid7()), "lines": [{"line_number": 3 - tea["number"], "quantity": 1}], "reason": "quality"}
    whole = till.post(path, rest).expect(201)
    assert whole["coupons_returned"] == 1
    assert done["amount_fen"] + whole["amount_fen"] == payable_fen
    assert done["points_restored"] + whole["points_restored"] == 300
    assert coupon_state(coupon)[0] == "available"
    assert balance(member) == 300
    paper = till.get(f"/receipts/{sold['number']}").expect(200)
    assert paper["points"]["earned"] == paper["points"]["taken_back"]


def test_a_staff_code_is_made_at_the_till_and_counts_for_who_is_signed_in(chain: Chain):
    now = system_clock.now()
    offer = offers.make_template(
        now=now, claim_period=Period(now - timedelta(hours=1), now + timedelta(days=1)), needs_staff_code=True
    )
    guide = TillClient(chain.store).sign_in(chain.associate)
    key = str(uuid4())
    made = guide.post("/coupons/unlock-codes", {"template_code": offer.code}, Idempotency_Key=key).expect(201)
    assert (made["template_code"], made["uses"]) == (offer.code, 1)
    coupon = coupons.claim(
        claim_id=uuid7(),
        template_code=offer.code,
        staff_code=made["text"],
        actor=offers.actor_of(make_member().id),
        now=system_clock.now(),
    )
    assert coupon.via == "staff"
    credited = coupons.statistics(template_id=offer.id).by_staff
    assert {staff_id: figures.claimed for staff_id, figures in credited.items()} == {chain.associate.id: 1}
    unknown = guide.post("/coupons/unlock-codes", {"template_code": "NOTHING"}, Idempotency_Key=str(uuid4()))
    assert unknown.code == "coupons.template_unknown"


def note_scan(till: TillClient, member: Member, *, minutes_ago: int) -> None:
    """Do what a scan of the live code does: the member was here."""
    db.execute(
        "INSERT INTO pos_member_shown (terminal_id, member_id, shown_at) VALUES (%s, %s, %s) "
        "ON CONFLICT (terminal_id, member_id) DO UPDATE SET shown_at = excluded.shown_at",
        [till.till["device_id"], member.id, system_clock.now() - timedelta(minutes=minutes_ago)],
    )


def test_many_points_need_the_members_live_code_at_this_till_just_now(chain: Chain, till: TillClient, member):
    give_points(member, 5000)

    def sell(used: int):
        return till.sell({chain.tea.id: 1}, member_id=str(member.id), points=used, tenders=cash(TEA_FEN - used))

    sell(1000).expect(201)
    refused = sell(1001)
    assert (refused.status, refused.code, refused.body["field"]) == (403, "pos.member_code_needed", "points")
    assert refused.body["params"] == {"limit": 1000}
    note_scan(till, member, minutes_ago=11)
    assert sell(1001).code == "pos.member_code_needed"
    note_scan(till, member, minutes_ago=9)
    assert till.get(f"/members/{member.id}/rights").expect(200)["code_scanned"] is True
    sell(1001).expect(201)
    elsewhere = TillClient(chain.store).sign_in(people.make_person("cashier", unit_id=chain.store.unit.id))
    elsewhere.open_shift()
    there = elsewhere.sell({chain.tea.id: 1}, member_id=str(member.id), points=1001, tenders=cash(TEA_FEN - 1001))
    assert there.code == "pos.member_code_needed"
    assert balance(member) == 5000 - 1000 - 1001


def test_the_scan_of_one_member_is_none_of_another(chain: Chain, till: TillClient, member):
    other = make_member()
    give_points(member, 3000)
    note_scan(till, other, minutes_ago=0)
    refused = till.sell({chain.tea.id: 1}, member_id=str(member.id), points=1001, tenders=cash(TEA_FEN - 1001))
    assert refused.code == "pos.member_code_needed"
    assert balance(member) == 3000


def test_who_was_at_the_till_is_forgotten_after_a_day(till: TillClient, member):
    terminal_id = till.till["device_id"]
    note_scan(till, make_member(), minutes_ago=24 * 60 + 1)
    note_scan(till, make_member(), minutes_ago=24 * 60 - 1)
    shown = sign_in()
    code = members.member_code(token=shown.token, now=system_clock.now()).text
    assert till.post("/rights/scan", {"text": code}).expect(200)["rights"]["code_scanned"] is True
    assert db.value("SELECT count(*) FROM pos_member_shown WHERE terminal_id = %s", [terminal_id]) == 2


def test_rights_take_as_many_statements_for_many_coupons_as_for_one(till: TillClient, member):
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            till.get(f"/members/{member.id}/rights").expect(200)
        return len(asked)

    coupon_for(member)
    statements()
    one = statements()
    for _ in range(3):
        coupon_for(member)
    assert statements() == one


def test_a_member_is_found_by_a_coupons_code_too(till: TillClient, member):
    coupon = coupon_for(member)
    (found,) = till.post("/members/search", {"text": code_of(coupon).text}).expect(200)
    assert (found["member"]["id"], found["needs_confirmation"]) == (str(member.id), False)
    assert [one["id"] for one in found["rights"]["coupons"]] == [str(coupon.id)]
    number = phone()
    known = make_member(phone_number=number)
    (found,) = till.post("/members/search", {"text": known.card_number}).expect(200)
    assert (found["member"]["id"], found["rights"]["member"]["id"]) == (str(known.id), str(known.id))
    # Four digits are a doubt: rights are not told before it is settled.
    for one in till.post("/members/search", {"text": number[-4:]}).expect(200):
        assert (one["needs_confirmation"], one["rights"]) == (True, None)


def test_a_points_mall_line_at_the_till_takes_points_and_cash(chain: Chain, till: TillClient, member):
    offer = points.create_offer(
        sku_id=chain.milk.id,
        points=200,
        cash_fen=300,
        unit_ids={chain.store.unit.id},
        actor=SYSTEM,
        now=system_clock.now(),
    )
    give_points(member, 450)
    body = till.sale({}, member_id=str(member.id), tenders=cash(600 + MILK_FEN))
    body["lines"] = [
        {"sku_id": chain.milk.id, "quantity": 2, "points_offer_id": offer.id},
        {"sku_id": chain.milk.id, "quantity": 1},
    ]
    sold = till.post("/sales", body).expect(201)["order"]
    assert [(line["net_fen"], line["points_spent"]) for line in sold["lines"]] == [(600, 400), (MILK_FEN, 0)]
    assert balance(member) == 50
