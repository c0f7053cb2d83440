"""Services by coupons at the till (PTS-05, SVC-05, SVC-06): found by the code, handed out once, undone."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.kernel.problem import NotFound
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Coupon, CouponUnknown, TemplateInvalid, UseScope
from quanyu.modules.members.contracts import Member
from quanyu.modules.points import api as points
from quanyu.modules.promotions.contracts import CouponKind, Shares
from quanyu.platform import db
from tests.harness import coupons as offers
from tests.harness.chain import TEA_FEN, Chain
from tests.harness.checkout import coupon_for, give_points
from tests.harness.clients import TillClient, cash
from tests.harness.console import deed_address, row_address, signed_in
from tests.harness.identity import make_person
from tests.harness.members import make_member

CHINA = ZoneInfo("Asia/Shanghai")
SERVICE = {"kind": CouponKind.SERVICE, "amount_fen": 1200, "scope": UseScope.STORE}


@pytest.fixture
def member() -> Member:
    return make_member(name="钱多多")


def period() -> Period:
    now = system_clock.now()
    return Period(now - timedelta(days=1), now + timedelta(days=30))


def code_of(coupon: Coupon) -> str:
    return coupons.code_of(coupon_id=coupon.id, member_id=coupon.member_id, now=system_clock.now()).text


def stands(coupon: Coupon) -> tuple[str, UUID | None, int, int | None]:
    row = db.row(
        "SELECT state, handed_out_id, amount_fen, used_store_id FROM coupons_coupon WHERE id = %s", [coupon.id]
    )
    assert row is not None
    return row["state"], row["handed_out_id"], row["amount_fen"], row["used_store_id"]


AVAILABLE = ("available", None, 0, None)


def test_pts05_points_buy_a_coffee_that_the_till_hands_out_once(chain: Chain, till: TillClient, member):
    offer = offers.make_template(now=system_clock.now(), claim_period=period(), points_price=200, **SERVICE)
    give_points(member, 250)
    coupon = offers.make_coupon(offer, member_id=member.id, now=system_clock.now())
    assert points.balance(member_id=member.id, now=system_clock.now()).available == 50
    payload = coupons.code_of(coupon_id=coupon.id, member_id=member.id, now=system_clock.now()).payload
    found = till.post("/services/find", {"text": payload}).expect(200)
    assert (found["coupon_id"], found["is_service"], found["refusal"]) == (str(coupon.id), True, None)
    assert found["member"]["name_masked"] == member.name_masked
    done = str(uuid7())
    handed = till.post("/services", {"id": done, "text": payload}).expect(201)
    assert (handed["id"], handed["coupon_id"], handed["name"]) == (done, str(coupon.id), coupon.name)
    assert stands(coupon) == ("redeemed", UUID(done), 1200, chain.store.unit.id)
    # The answer was lost: sent again, and asked about.
    assert till.post("/services", {"id": done, "text": payload}).expect(201) == handed
    assert till.get(f"/services/{done}").expect(200) == handed
    again = till.post("/services/find", {"text": code_of(coupon)}).expect(200)
    assert (again["refusal"], again["refusal_text"]) == ("used", "This coupon was used already")
    refused = till.post("/services", {"id": str(uuid7()), "text": code_of(coupon)})
    assert (refused.status, refused.code) == (409, "coupons.service_refused")
    assert db.value("SELECT count(*) FROM coupons_handed_out WHERE coupon_id = %s", [coupon.id]) == 1
    assert points.balance(member_id=member.id, now=system_clock.now()).available == 50


def test_svc06_a_coupon_for_purchases_is_no_service_and_a_service_buys_nothing(chain: Chain, till: TillClient, member):
    for_purchases, service = coupon_for(member), coupon_for(member, **SERVICE)
    found = till.post("/services/find", {"text": code_of(for_purchases)}).expect(200)
    assert (found["is_service"], found["refusal"], found["refusal_text"]) == (
        False,
        "not_a_service",
        "This coupon goes with a purchase",
    )
    refused = till.post("/services", {"id": str(uuid7()), "text": code_of(for_purchases)})
    assert (refused.status, refused.code) == (409, "coupons.service_refused")
    body = {"member_id": str(member.id), "lines": [{"sku_id": chain.tea.id, "quantity": 1}]}
    quote = till.post("/quotes", {**body, "coupon_ids": [str(service.id)]}).expect(200)
    told = {one["id"]: (one["usable"], one["reason"]) for one in quote["coupons"]}
    assert told[str(service.id)] == (False, "is_service")
    assert quote["payable_fen"] == TEA_FEN
    sale = till.sell({chain.tea.id: 1}, member_id=str(member.id), coupon_ids=[str(service.id)], tenders=cash(TEA_FEN))
    assert (sale.status, sale.code) == (409, "checkout.coupon_refused")
    assert (stands(service), stands(for_purchases)) == (AVAILABLE, AVAILABLE)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"hours": "others"}, "not_at_this_hour"),
        ({"weekdays": "others"}, "not_on_this_weekday"),
        ({"unit_ids": "elsewhere"}, "not_in_store"),
        ({"starts_after_days": 3}, "not_started"),
    ],
)
def test_svc06_terms_hold_without_a_basket(chain: Chain, till: TillClient, member, terms, reason):
    now = system_clock.now()
    if "hours" in terms:
        # Half a day that is not this one.
        terms = {"hours": ((0, 720),) if now.astimezone(CHINA).hour >= 12 else ((720, 1440),)}
    if "weekdays" in terms:
        terms = {"weekdays": frozenset(range(7)) - {now.astimezone(CHINA).weekday()}}
    if "unit_ids" in terms:
        terms = {"unit_ids": frozenset({chain.other_store.unit.id})}
    coupon = coupon_for(member, **(SERVICE | terms))
    found = till.post("/services/find", {"text": code_of(coupon)}).expect(200)
    assert found["refusal"] == reason
    refused = till.post("/services", {"id": str(uuid7()), "text": code_of(coupon)})
    assert (refused.status, refused.code, refused.body["params"]["reason"]) == (409, "coupons.service_refused", reason)
    assert stands(coupon) == AVAILABLE


def test_svc05_a_mistake_is_undone_by_the_stores_manager_with_a_reason_and_the_budget_gets_it_back(
    chain: Chain, till: TillClient, member
):
    offer = offers.make_template(
        now=system_clock.now(),
        claim_period=period(),
        budget_fen=1200,
        shares=Shares(brand_bp=5000, store_bp=5000),
        **SERVICE,
    )
    coupon = offers.make_coupon(offer, member_id=member.id, now=system_clock.now())
    friend = offers.make_coupon(offer, member_id=make_member().id, now=system_clock.now())
    done = uuid7()
    till.post("/services", {"id": str(done), "text": code_of(coupon)}).expect(201)
    figures = coupons.statistics(template_id=offer.id)
    assert (figures.total.used, figures.total.cost_fen, figures.total.brand_fen, figures.total.store_fen) == (
        1,
        1200,
        600,
        600,
    )
    spent = till.post("/services", {"id": str(uuid7()), "text": code_of(friend)})
    assert (spent.status, spent.body["params"]["reason"]) == (409, "budget_spent")
    assert stands(friend) == AVAILABLE

    stranger = make_person("store_manager", unit_id=chain.other_store.unit.id)
    actor = stranger.actor
    with pytest.raises(NotFound):
        coupons.put_back_service(id=done, reason="not mine", actor=actor, now=system_clock.now())
    assert stands(coupon) == ("redeemed", done, 1200, chain.store.unit.id)

    manager = signed_in(chain.manager)
    shown = manager.get(row_address("coupons.coupon", coupon.id)).content.decode()
    assert "Service handed out" in shown
    undo = deed_address("coupons.coupon", coupon.id, "put_back")
    assert manager.post(undo, {"confirm": "", "reason": ""}).status_code == 422
    assert stands(coupon) == ("redeemed", done, 1200, chain.store.unit.id)
    assert manager.post(undo, {"confirm": "", "reason": "booked twice"}).status_code == 302
    assert stands(coupon) == AVAILABLE
    row = db.row("SELECT put_back_by, reason FROM coupons_handed_out WHERE id = %s", [done])
    assert row == {"put_back_by": f"staff:{chain.manager.id}", "reason": "booked twice"}
    assert db.value(
        "SELECT count(*) FROM platform_audit WHERE action = 'coupons.put_back' AND subject_id = %s", [str(coupon.id)]
    )
    assert coupons.template(template_id=offer.id).committed_fen == 0
    assert till.get(f"/services/{done}").status == 404
    with pytest.raises(CouponUnknown):
        coupons.put_back_service(id=done, reason="again", actor=actor, now=system_clock.now())
    till.post("/services", {"id": str(uuid7()), "text": code_of(friend)}).expect(201)


def test_svc06_service_codes_cannot_be_tried_through(chain: Chain, till: TillClient, member):
    coupon = coupon_for(member, **SERVICE)
    for number in range(20):
        wrong = till.post("/services/find", {"text": f"0000-0000-0000-{number:04d}0"})
        assert (wrong.status, wrong.code) == (404, "coupons.code_refused")
    for path, body in (("/services/find", {}), ("/services", {"id": str(uuid7())})):
        refused = till.post(path, {"text": code_of(coupon), **body})
        assert (refused.status, refused.code) == (429, "rate_limited")
    assert stands(coupon) == AVAILABLE


def test_svc06_who_may_not_hand_over_hands_no_service_out(chain: Chain, member):
    coupon = coupon_for(member, **SERVICE)
    # Keeps the stock, and may look at orders.
    till = TillClient(chain.store).sign_in(make_person("warehouse", unit_id=chain.store.unit.id))
    refused = till.post("/services", {"id": str(uuid7()), "text": code_of(coupon)})
    assert refused.status == 403
    assert stands(coupon) == AVAILABLE


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("threshold_fen", {"threshold_fen": 100}),
        ("scope", {"scope": UseScope.ONLINE}),
        ("amount_fen", {"amount_fen": -1}),
    ],
)
def test_svc06_a_service_without_sense_is_refused_with_its_field(chain: Chain, field, terms):
    before = db.value("SELECT count(*) FROM coupons_template")
    with pytest.raises(TemplateInvalid) as refusal:
        offers.make_template(now=system_clock.now(), claim_period=period(), **(SERVICE | terms))
    assert refusal.value.field == field
    assert db.value("SELECT count(*) FROM coupons_template") == before
