"""The member's own page: profile, points, timeline, the live code, a copy of all data, erasing it (MEM-04, PTS-01)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.loyalty import api as loyalty
from quanyu.modules.mall import api as mall_api
from quanyu.modules.members import api as members
from quanyu.modules.points import api as points
from quanyu.platform import db
from tests.harness import members as people
from tests.harness.chain import MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import coupon_for, give_points
from tests.harness.clients import MallClient, TillClient, cash


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


@pytest.fixture(scope="module")
def till(chain: Chain) -> TillClient:
    made = TillClient(chain.store).sign_in(chain.cashier)
    made.open_shift()
    return made


@pytest.fixture
def codes() -> people.KeptCodes:
    return people.KeptCodes()


def member_of(shopper: MallClient):
    return members.member(id=UUID(shopper.member_id))


def test_the_page_says_tier_growth_benefits_points_and_coupons():
    shopper = MallClient().sign_in()
    member = member_of(shopper)
    coupon_for(member)
    give_points(member, 120)
    me = shopper.get("/me").expect(200)
    assert (me["id"], me["standing"]["tier"]["code"], me["standing"]["growth"]) == (str(member.id), member.tier, 0)
    assert me["standing"]["next"]["missing"] == me["standing"]["next"]["threshold"]
    assert me["benefits"] == {"discount_bp": 0, "points_multiplier_bp": 10_000, "because": []}
    assert (me["coupons"], me["points"]["available"], me["points"]["pending"]) == (1, 120, 0)
    assert [one["points"] for one in me["points"]["expiring"]] == [120]


def test_one_corrects_ones_own_file_and_reads_it_masked():
    shopper = MallClient().sign_in()
    changed = shopper.call(
        "PATCH", "/me", {"name": "欧阳明月", "birthday": "1990-02-28", "lunar_birthday": True, "language": "en"}
    ).expect(200)
    assert (changed["birthday"], changed["lunar_birthday"], changed["language"]) == ("1990-02-28", True, "en")
    assert "明月" not in str(changed)
    assert changed["name_masked"] != ""
    kept = shopper.call("PATCH", "/me", {"language": "zh-hans"}).expect(200)
    assert (kept["birthday"], kept["language"], kept["name_masked"]) == (
        "1990-02-28", "zh-hans", changed["name_masked"],
    )  # fmt: skip
    for wrong in ({"birthday": "2999-01-01"}, {"language": "fr"}, {"name": ""}, {"tier": "gold"}, {"phone": "1"}):
        assert shopper.call("PATCH", "/me", wrong).status == 422, wrong
    assert shopper.get("/me").expect(200)["birthday"] == "1990-02-28"


def test_points_show_balance_lots_and_history_by_pages(chain: Chain, till: TillClient):
    shopper = MallClient().sign_in()
    member = member_of(shopper)
    give_points(member, 300)
    sold = till.sell({chain.tea.id: 1}, member_id=shopper.member_id, points=100, tenders=cash(TEA_FEN - 100)).expect(
        201
    )
    loyalty.reward_order(order_id=UUID(sold["order"]["id"]), now=system_clock.now())
    shown = shopper.get("/me/points").expect(200)
    assert {name: shown["balance"][name] for name in ("available", "pending", "debt")} == {
        "available": 200, "pending": 87, "debt": 0,
    }  # fmt: skip
    assert [(lot["state"], lot["remaining"]) for lot in shown["lots"]] == [("live", 200), ("pending", 87)]
    first = shopper.get("/me/points/history?limit=2").expect(200)
    rest = shopper.get(f"/me/points/history?limit=2&cursor={first['next_cursor']}").expect(200)
    moved = [(one["kind"], one["available"], one["pending"]) for one in first["items"] + rest["items"]]
    assert moved == [("earn", 0, 87), ("spend", -100, 0), ("give", 300, 0)]
    assert rest["next_cursor"] is None
    other = MallClient().sign_in()
    assert other.get(f"/me/points/history?cursor={first['next_cursor']}").code == "cursor.invalid"
    assert other.get("/me/points").expect(200)["lots"] == []


def test_the_timeline_tells_all_channels_by_pages(chain: Chain, till: TillClient):
    shopper = MallClient().sign_in()
    till.sell({chain.milk.id: 1}, member_id=shopper.member_id, tenders=cash(MILK_FEN)).expect(201)
    shopper.order(chain.store, {chain.milk.id: 1}).expect(201)
    coupon_for(member_of(shopper))
    seen, cursor = [], ""
    while True:
        page = shopper.get(f"/me/timeline?limit=1{cursor}").expect(200)
        seen += [(one["kind"], one["what"], one["channel"]) for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [("coupon", "issued", ""), ("order", "placed", "mall"), ("order", "completed", "pos")]
    assert MallClient().sign_in().get("/me/timeline").expect(200)["items"] == []


def test_the_points_mall_shows_offers_with_goods_and_stock(chain: Chain):
    now = system_clock.now()
    terms = {"unit_ids": {chain.store.unit.id}, "actor": SYSTEM, "now": now}
    only = points.create_offer(sku_id=chain.milk.id, points=650, per_member_limit=2, total_limit=9, **terms)
    with_cash = points.create_offer(
        sku_id=chain.bread.id, points=500, cash_fen=280, period=Period(now, now + timedelta(days=3)), **terms
    )
    path = f"/stores/{chain.store.unit.id}/points-offers"
    first = MallClient().get(f"{path}?limit=1").expect(200)
    rest = MallClient().get(f"{path}?limit=1&cursor={first['next_cursor']}").expect(200)
    assert rest["next_cursor"] is None
    shown = first["items"] + rest["items"]
    assert [(one["id"], one["points"], one["cash_fen"], one["left"]) for one in shown] == [
        (only.id, 650, 0, 9), (with_cash.id, 500, 280, None),
    ]  # fmt: skip
    assert (shown[0]["goods"]["sku_id"], shown[0]["goods"]["price"]["base_fen"]) == (chain.milk.id, MILK_FEN)
    assert shown[0]["goods"]["available"] > 0
    assert MallClient().get(f"/stores/{chain.other_store.unit.id}/points-offers").expect(200)["items"] == []


def test_the_live_code_is_the_phones_and_is_read_at_one_till(chain: Chain, till: TillClient):
    shopper = MallClient().sign_in()
    code = shopper.get("/me/code").expect(200)
    assert (len(code["text"]), code["text"][:2], code["svg"][:4]) == (24, "88", "<svg")
    assert 0 <= code["seconds_left"] <= 60
    scanned = till.post("/rights/scan", {"text": code["text"]}).expect(200)
    assert (scanned["kind"], scanned["rights"]["member"]["id"]) == ("member_code", shopper.member_id)
    assert scanned["rights"]["code_scanned"] is True
    # The other entrances of the same till read it as well.
    assert till.post("/scans", {"code": code["text"]}).expect(200)["member"]["id"] == shopper.member_id
    (found,) = till.post("/members/search", {"text": code["text"]}).expect(200)
    assert found["member"]["id"] == shopper.member_id
    elsewhere = TillClient(chain.store).sign_in(chain.cashier)
    refused = elsewhere.post("/rights/scan", {"text": code["text"]})
    assert (refused.status, refused.code) == (422, "members.member_code_refused")
    assert elsewhere.get(f"/members/{shopper.member_id}/rights").expect(200)["code_scanned"] is False


def test_a_phone_may_make_its_codes_itself_and_gets_the_secret_once(till: TillClient):
    shopper = MallClient().sign_in()
    before = shopper.get("/me/code").expect(200)["text"]
    device = shopper.post("/me/code-devices", {"label": "小米 15"}).expect(201)
    assert (len(device["handle"]), len(device["secret"])) == (8, 44)
    shown = shopper.get("/me/code").expect(200)["text"]
    assert shown[2:10] == device["handle"]
    assert till.post("/rights/scan", {"text": before}).code == "members.member_code_refused"
    assert till.post("/rights/scan", {"text": shown}).expect(200)["kind"] == "member_code"


def test_a_copy_of_all_data_is_for_its_member(chain: Chain):
    members.hold_data(holder=mall_api.data_holder())
    phone = people.phone()
    shopper = MallClient().sign_in(phone)
    shopper.post("/cart/lines", {"store_id": chain.store.unit.id, "sku_id": chain.milk.id, "quantity": 3}).expect(201)
    copy = shopper.post("/me/copies").expect(201)
    assert phone in str(copy["content"])
    (line,) = copy["content"]["mall"]["cart"]
    assert (line["name"], line["quantity"]) == ("纯牛奶", 3)
    assert copy["page"].startswith("<!doctype html>")
    for _ in range(2):
        shopper.post("/me/copies").expect(201)
    assert shopper.post("/me/copies").code == "rate_limited"


def test_erasing_needs_a_fresh_code_to_ones_own_phone(chain: Chain, codes: people.KeptCodes):
    members.hold_data(holder=mall_api.data_holder())
    phone, others_phone = people.phone(), people.phone()
    shopper = MallClient().sign_in(phone)
    members.use_code_sender(codes)
    shopper.post("/cart/lines", {"store_id": chain.store.unit.id, "sku_id": chain.milk.id, "quantity": 3}).expect(201)

    def erase(number: str, code: str):
        return shopper.call("DELETE", "/me", {"phone": number, "code": code})

    assert shopper.call("DELETE", "/me").status == 422
    assert erase(phone, "000000").code == "mall.confirmation_refused"
    MallClient().sign_in(others_phone)
    members.use_code_sender(codes)
    later = system_clock.now() + timedelta(minutes=2)
    members.send_login_code(phone=others_phone, now=later)
    assert erase(others_phone, codes.codes[others_phone]).code == "mall.confirmation_refused"
    assert shopper.get("/me").status == 200
    members.send_login_code(phone=phone, now=later)
    assert erase(phone, codes.codes[phone]).status == 204
    assert shopper.get("/me").status == 401
    again = people.sign_in(phone_number=phone, now=later + timedelta(minutes=2))
    assert str(again.member.id) != shopper.member_id
    assert db.value("SELECT count(*) FROM mall_cart_line WHERE member_id = %s", [shopper.member_id]) == 0
