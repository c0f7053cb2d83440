"""Sign in by phone and code, the H5 way; looking needs no sign-in, everything else a token (MALL-10)."""

from __future__ import annotations

import pytest

from quanyu.modules.members import api as members
from tests.harness import members as people
from tests.harness import organization
from tests.harness.clients import MallClient


@pytest.fixture
def codes() -> people.KeptCodes:
    kept = people.KeptCodes()
    members.use_code_sender(kept)
    return kept


def test_a_phone_signs_in_with_its_code_and_becomes_a_member_of_the_store(codes):
    phone, store, mall = people.phone(), organization.make_store(), MallClient()
    mall.post("/session/codes", {"phone": phone}).expect(204)
    body = mall.post("/session", {"phone": phone, "code": codes.codes[phone], "store_id": store.unit.id}).expect(201)
    mall.token = body["token"]
    me = mall.get("/me").expect(200)
    assert {name: me[name] for name in body["member"]} == body["member"]
    assert (me["tier"], me["phone_masked"]) == ("basic", f"{phone[:3]}****{phone[-4:]}")
    assert mall.get("/me/card").expect(200)["number"] == me["card_number"]


def test_a_wrong_code_signs_nobody_in(codes):
    phone, mall = people.phone(), MallClient()
    mall.post("/session/codes", {"phone": phone}).expect(204)
    wrong = "000000" if codes.codes[phone] != "000000" else "111111"
    refused = mall.post("/session", {"phone": phone, "code": wrong})
    assert (refused.status, refused.code) == (401, "members.code_refused")


def test_a_store_that_is_none_is_refused_before_the_code_is_used(codes):
    phone, mall = people.phone(), MallClient()
    mall.post("/session/codes", {"phone": phone}).expect(204)
    sign_in = {"phone": phone, "code": codes.codes[phone]}
    assert mall.post("/session", {**sign_in, "store_id": 999_999_999}).status == 404
    mall.post("/session", sign_in).expect(201)


def test_after_signing_out_the_token_is_worth_nothing():
    mall = MallClient().sign_in()
    mall.get("/me").expect(200)
    mall.call("DELETE", "/session").expect(204)
    answer = mall.get("/me")
    assert (answer.status, answer.code, answer.headers["WWW-Authenticate"]) == (401, "unauthenticated", "Bearer")


@pytest.mark.parametrize("path", ["/me", "/cart?store_id=1", "/orders", "/addresses"])
def test_everything_of_ones_own_needs_a_token(path):
    assert MallClient().get(path).status == 401


def test_a_refusal_speaks_the_readers_language():
    asked = MallClient().call("GET", "/stores/999999999", Accept_Language="zh-CN")
    assert asked.body["title"] == "没有这家门店。"


def test_addresses_are_kept_in_clear_and_shown_masked():
    organization.enterprise()
    mall = MallClient().sign_in()
    written = {"name": "张小三", "phone": "13800138000", "area_code": "440305", "text": "科技园路 2 号 301"}
    first = mall.post("/addresses", written).expect(201)
    assert first["is_default"]
    assert "科技园路" not in first["masked"]
    second = mall.post("/addresses", {**written, "text": "科技园路 3 号"}).expect(201)
    chosen = mall.post(f"/addresses/{second['id']}/default").expect(200)
    assert [(one["id"], one["is_default"]) for one in chosen] == [(second["id"], True), (first["id"], False)]
    stranger = MallClient().sign_in()
    assert stranger.call("DELETE", f"/addresses/{first['id']}").status == 404
    mall.call("DELETE", f"/addresses/{first['id']}").expect(204)
    assert [one["id"] for one in mall.get("/addresses").expect(200)] == [second["id"]]
