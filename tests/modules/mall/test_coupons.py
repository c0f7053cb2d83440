"""Coupons on the phone: the centre, claims, the wallet with its codes, gifts (CPN-03, 07, 09)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Template, UseScope
from tests.harness import coupons as offers
from tests.harness.chain import Chain, make_chain
from tests.harness.clients import MallClient


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


def make_offer(chain: Chain, **given: Any) -> Template:
    """Make an offer that is open now at the chain's store alone, so that other tests' offers stay apart."""
    now = system_clock.now()
    period = Period(now - timedelta(hours=1), now + timedelta(days=30))
    return offers.make_template(
        now=now, **{"claim_period": period, "unit_ids": frozenset({chain.store.unit.id}), **given}
    )


def claim(shopper: MallClient, offer: Template, **more: Any):
    return shopper.post("/me/coupons", {"id": str(uuid7()), "template_code": offer.code, **more})


def centre(shopper: MallClient, chain: Chain, query: str = "") -> dict[str, dict[str, Any]]:
    found = shopper.get(f"/stores/{chain.store.unit.id}/coupon-offers{query}").expect(200)
    return {offer["template_code"]: offer for offer in found}


def test_the_centre_shows_what_can_be_had_and_why_not_and_strangers_may_look(chain):
    offer = make_offer(chain, per_person_limit=1, total_limit=5)
    shopper = MallClient().sign_in()
    stranger = centre(MallClient(), chain)[offer.code]
    assert (stranger["kind"], stranger["amount_fen"], stranger["left"], stranger["refusal"]) == (
        "amount",
        1000,
        5,
        None,
    )
    claim(shopper, offer).expect(201)
    mine = centre(shopper, chain)[offer.code]
    assert (mine["left"], mine["held"], mine["refusal"]) == (4, 1, "limit")
    assert mine["refusal_text"] == "you have had as many as one person may have"
    shown = shopper.get(f"/stores/{chain.store.unit.id}/coupon-offers", Accept_Language="zh-hans").expect(200)
    texts = {one["template_code"]: one["refusal_text"] for one in shown}
    assert texts[offer.code] not in ("", mine["refusal_text"])
    assert offer.code not in centre_of_other_store(shopper, chain)


def centre_of_other_store(shopper: MallClient, chain: Chain) -> set[str]:
    found = shopper.get(f"/stores/{chain.other_store.unit.id}/coupon-offers").expect(200)
    return {offer["template_code"] for offer in found}


def test_offers_are_found_by_words_and_by_category(chain):
    dairy = make_offer(chain, name="牛奶专享券", category_ids=frozenset({chain.category.id}))
    anything = make_offer(chain, name="全场通用券")
    shopper = MallClient()
    assert set(centre(shopper, chain, "?text=牛奶专享")) == {dairy.code}
    of_category = set(centre(shopper, chain, f"?category_id={chain.category.id}"))
    assert {dairy.code, anything.code} <= of_category
    elsewhere = set(centre(shopper, chain, "?category_id=999999999"))
    assert dairy.code not in elsewhere
    assert anything.code in elsewhere


def test_a_claim_is_the_phones_own_id_and_makes_one_coupon(chain):
    offer, shopper = make_offer(chain, per_person_limit=None), MallClient().sign_in()
    body = {"id": str(uuid7()), "template_code": offer.code}
    first = shopper.post("/me/coupons", body).expect(201)
    again = shopper.post("/me/coupons", body).expect(201)
    assert first == again
    assert (first["id"], first["state"], first["channels"], first["saved_fen"]) == (
        body["id"], "available", ["assistant", "kiosk", "mall", "pos"], 0,
    )  # fmt: skip
    stolen = MallClient().sign_in().post("/me/coupons", body)
    assert (stolen.status, stolen.code, stolen.body["params"]["reason"]) == (409, "coupons.claim_refused", "id_taken")


def test_an_offer_of_the_staff_needs_their_code(chain):
    offer, shopper = make_offer(chain, needs_staff_code=True), MallClient().sign_in()
    refused = claim(shopper, offer, staff_code="1111-1111-1111")
    assert (refused.status, refused.code, refused.body["field"]) == (422, "coupons.unlock_refused", "staff_code")
    code = coupons.unlock_code(
        template_code=offer.code,
        store_id=chain.store.unit.id,
        actor=chain.associate.actor,
        now=system_clock.now(),
    )
    assert claim(shopper, offer, staff_code=code.text).expect(201)["template_code"] == offer.code
    used = claim(MallClient().sign_in(), offer, staff_code=code.text)
    assert used.code == "coupons.unlock_refused"


def test_the_wallet_is_paged_and_asked_by_state(chain):
    shopper = MallClient().sign_in()
    claimed = [claim(shopper, make_offer(chain)).expect(201)["id"] for _ in range(3)]
    first = shopper.get("/me/coupons?limit=2").expect(200)
    rest = shopper.get(f"/me/coupons?limit=2&cursor={first['next_cursor']}").expect(200)
    assert [one["id"] for one in first["items"] + rest["items"]] == claimed[::-1]
    assert rest["next_cursor"] is None
    assert len(shopper.get("/me/coupons?state=available").expect(200)["items"]) == 3
    assert shopper.get("/me/coupons?state=redeemed").expect(200)["items"] == []
    assert shopper.get(f"/me/coupons?state=redeemed&cursor={first['next_cursor']}").code == "cursor.invalid"
    assert shopper.get("/me/coupons?state=lost").code == "request.invalid"


def test_a_coupon_shows_its_code_to_its_holder_and_nowhere_else(chain):
    shopper, other = MallClient().sign_in(), MallClient().sign_in()
    coupon = claim(shopper, make_offer(chain, scope=UseScope.STORE, threshold_fen=2000)).expect(201)
    assert (coupon["channels"], coupon["threshold_fen"]) == (["kiosk", "pos"], 2000)
    shown = shopper.get(f"/me/coupons/{coupon['id']}").expect(200)
    assert len(shown["code"]["text"].replace("-", "").replace(" ", "")) == 17
    assert shown["code"]["svg"].startswith("<svg")
    assert shown["code"]["text"] not in str(shopper.get("/me/coupons").body)
    nothing = other.get(f"/me/coupons/{uuid7()}")
    for refused in (
        other.get(f"/me/coupons/{coupon['id']}"),
        other.post(f"/me/coupons/{coupon['id']}/gift", Idempotency_Key=str(uuid4())),
        other.call("DELETE", f"/me/coupons/{coupon['id']}/gift"),
    ):
        assert (refused.status, refused.code, refused.body["title"]) == (404, nothing.code, nothing.body["title"])


def test_a_gift_is_out_of_use_until_somebody_accepts_it_and_then_the_others(chain):
    giver, receiver = MallClient().sign_in(), MallClient().sign_in()
    coupon = claim(giver, make_offer(chain, transferable=True)).expect(201)
    before = giver.get(f"/me/coupons/{coupon['id']}").expect(200)["code"]["text"]
    key = str(uuid4())
    gift = giver.post(f"/me/coupons/{coupon['id']}/gift", Idempotency_Key=key).expect(201)
    # A lost answer: the token is told again.
    assert giver.post(f"/me/coupons/{coupon['id']}/gift", Idempotency_Key=key).expect(201) == gift
    on_its_way = giver.get(f"/me/coupons/{coupon['id']}").expect(200)
    assert (on_its_way["offered_until"], on_its_way["code"]) == (gift["expires_at"], None)

    token = {"token": gift["token"]}
    preview = receiver.post("/gifts/preview", token).expect(200)
    assert (preview["amount_fen"], preview["expires_at"]) == (1000, gift["expires_at"])
    accepted = receiver.post("/gifts/acceptance", token).expect(201)
    assert (accepted["id"], accepted["is_gift"]) == (coupon["id"], True)
    assert receiver.post("/gifts/acceptance", token).expect(201)["id"] == coupon["id"]
    assert receiver.get(f"/me/coupons/{coupon['id']}").expect(200)["code"]["text"] != before
    assert giver.get(f"/me/coupons/{coupon['id']}").status == 404
    late = MallClient().sign_in().post("/gifts/acceptance", token)
    assert (late.status, late.code, late.body["params"]["reason"]) == (409, "coupons.gift_refused", "gone")


def test_a_gift_can_be_taken_back_before(chain):
    giver = MallClient().sign_in()
    coupon = claim(giver, make_offer(chain, transferable=True)).expect(201)
    gift = giver.post(f"/me/coupons/{coupon['id']}/gift", Idempotency_Key=str(uuid4())).expect(201)
    back = giver.call("DELETE", f"/me/coupons/{coupon['id']}/gift").expect(200)
    assert (back["state"], back["offered_until"]) == ("available", None)
    assert MallClient().sign_in().post("/gifts/acceptance", {"token": gift["token"]}).status == 409
    kept = claim(giver, make_offer(chain, transferable=False)).expect(201)
    refused = giver.post(f"/me/coupons/{kept['id']}/gift", Idempotency_Key=str(uuid4()))
    assert (refused.code, refused.body["params"]["reason"]) == ("coupons.gift_refused", "not_transferable")
    assert refused.body["title"].endswith("this kind of coupon stays with its holder")


def test_consents_are_given_and_withdrawn_by_purpose():
    shopper = MallClient().sign_in()
    assert shopper.get("/me/consents").expect(200) == []
    given = shopper.call("PUT", "/me/consents/marketing.sms", {"policy_version": "2026-11"}).expect(200)
    assert [(one["purpose"], one["is_given"], one["channel"]) for one in given] == [("marketing.sms", True, "mall")]
    withdrawn = shopper.call("DELETE", "/me/consents/marketing.sms").expect(200)
    assert [(one["purpose"], one["is_given"], one["policy_version"]) for one in withdrawn] == [
        ("marketing.sms", False, "2026-11")
    ]
    assert shopper.call("PUT", "/me/consents/X", {"policy_version": "1"}).code == "request.invalid"
    long = shopper.call("PUT", "/me/consents/marketing.sms", {"policy_version": "1" * 21}).expect(422)
    assert [fault["field"] for fault in long["errors"]] == ["policy_version"]
    assert MallClient().sign_in().get("/me/consents").expect(200) == []


def test_the_wallet_and_the_centre_take_as_many_statements_for_many_coupons_as_for_one(chain):
    shopper = MallClient().sign_in()

    def statements() -> list[int]:
        counts = []
        for path in ("/me/coupons", f"/stores/{chain.store.unit.id}/coupon-offers"):
            with CaptureQueriesContext(connection) as asked:
                shopper.get(path).expect(200)
            counts.append(len(asked))
        return counts

    claim(shopper, make_offer(chain)).expect(201)
    statements()
    one = statements()
    for _ in range(3):
        claim(shopper, make_offer(chain)).expect(201)
    assert statements() == one
