"""The mini-program at the mall's door, associates, one's own address in clear, and the way back from a wallet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.members import api as members
from quanyu.modules.members.api import LoggedCodes
from quanyu.modules.members.simulators.book import FaultKind
from quanyu.modules.payments.providers.gateway import PrepayRequest
from quanyu.platform import db
from tests.harness import chain as chains
from tests.harness import identity as staff
from tests.harness import members as people
from tests.harness import organization
from tests.harness.clients import MallClient
from tests.harness.gateway import MemoryGateway, memory_gateway
from tests.harness.wechat import Wechat, wechat

ADDRESS = {
    "name": "李小四", "phone": "13900001111", "area_code": organization.NANSHAN, "text": "科技路 1 号 302 室",
    "longitude": 113.94, "latitude": 22.53,
}  # fmt: skip


@pytest.fixture
def there() -> Iterator[Wechat]:
    with wechat() as found:
        yield found


def demo(*, is_demo: bool):
    return override_settings(CONFIG=settings.CONFIG.model_copy(update={"demo": is_demo, "debug": not is_demo}))


def test_the_mini_program_signs_in_with_the_phone_and_the_second_time_without(there):
    mall, holder, number, store = MallClient(), f"holder-{people.phone()}", people.phone(), organization.make_store()
    begun = mall.post("/session/wechat", {"code": there.code(holder)}).expect(200)
    assert begun["session"] is None
    body = {"ticket": begun["ticket"], "code": there.code(number), "store_id": store.unit.id}
    made = mall.post("/session/wechat/phone", body).expect(201)
    assert made["member"]["phone_masked"] == f"{number[:3]}****{number[-4:]}"
    again = mall.post("/session/wechat", {"code": there.code(holder)}).expect(200)
    assert (again["ticket"], again["session"]["member"]) == (None, made["member"])


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (FaultKind.EXPIRED_CODE, 401, "members.wechat_code_refused"),
        (FaultKind.WRONG_JSON, 503, "members.wechat_unavailable"),
    ],
)
def test_what_wechat_refuses_is_a_problem_with_a_remedy(there, kind, status, code):
    there.fails(kind)
    refused = MallClient().post("/session/wechat", {"code": there.code()})
    assert (refused.status, refused.code) == (status, code)
    assert refused.body["remedy"]


def test_a_forged_ticket_is_refused(there):
    refused = MallClient().post("/session/wechat/phone", {"ticket": "w_" + "A" * 43, "code": there.code("13900001234")})
    assert (refused.status, refused.code) == (401, "members.wechat_ticket_refused")


def test_gde_01_registering_with_a_staff_code_binds_and_a_wrong_one_keeps_nobody_out(there):
    store, mall, other = organization.make_store(), MallClient(), MallClient()
    person = staff.make_person("associate", unit_id=store.unit.id)
    code = members.promotion_code(staff_id=person.id, actor=SYSTEM, now=datetime.now(UTC))
    ticket = mall.post("/session/wechat", {"code": there.code()}).expect(200)["ticket"]
    body = {"ticket": ticket, "code": there.code(people.phone()), "staff_code": code.token}
    mall.token = mall.post("/session/wechat/phone", body).expect(201)["token"]
    mine = mall.get("/me/associate").expect(200)
    assert (mine["store_id"], mine["staff_code"], mine["picture"]) == (store.unit.id, code.staff_code, None)
    ticket = other.post("/session/wechat", {"code": there.code()}).expect(200)["ticket"]
    body = {"ticket": ticket, "code": there.code(people.phone()), "staff_code": "nobody-at-all"}
    other.token = other.post("/session/wechat/phone", body).expect(201)["token"]
    assert other.get("/me/associate").expect(200) is None
    assert other.call("PUT", "/me/associate", {"staff_code": code.staff_code}).expect(200) == {
        **mine, "since": other.get("/me/associate").body["since"],
    }  # fmt: skip
    refused = other.call("PUT", "/me/associate", {"staff_code": "nobody-at-all"})
    assert (refused.status, refused.code) == (404, "members.associate_unknown")
    assert other.get("/me/associate").body["staff_code"] == code.staff_code


def test_the_numbers_of_associates_cannot_be_walked_through():
    mall = MallClient().sign_in()
    tries = [mall.call("PUT", "/me/associate", {"staff_code": f"x{number:06d}"}).status for number in range(21)]
    assert tries == [404] * 20 + [429]


def test_a_demo_shows_the_code_to_who_asked_for_it():
    members.use_code_sender(LoggedCodes(shows_codes=True))
    number, mall = people.phone(), MallClient()
    with demo(is_demo=True):
        shown = mall.post("/session/codes", {"phone": number}).expect(200)["demo_code"]
    mall.post("/session", {"phone": number, "code": shown}).expect(201)


@pytest.mark.parametrize(
    ("sender", "is_demo"),
    [
        (LoggedCodes(shows_codes=True), False),
        (LoggedCodes(), False),
        (LoggedCodes(), True),
        (people.KeptCodes(), False),
        (people.KeptCodes(), True),
    ],
)
def test_outside_of_a_demo_or_with_another_sender_no_code_is_ever_shown(sender, is_demo):
    members.use_code_sender(sender)
    with demo(is_demo=is_demo):
        answer = MallClient().post("/session/codes", {"phone": people.phone()})
    assert (answer.status, answer.body) == (204, None)


def test_ones_own_address_is_shown_in_clear_for_editing_and_kept_by_nobody():
    mall = MallClient().sign_in()
    made = mall.post("/addresses", ADDRESS).expect(201)
    answer = mall.get(f"/addresses/{made['id']}")
    found = answer.expect(200)
    assert {name: found[name] for name in ADDRESS} == ADDRESS
    assert (found["is_default"], answer.headers["Cache-Control"]) == (True, "no-store")
    rows = db.value(
        "SELECT count(*) FROM platform_audit WHERE action = 'members.address_show' AND subject_id = %s",
        [mall.member_id],
    )
    assert rows == 1
    stranger = MallClient().sign_in()
    for refused in (stranger.get(f"/addresses/{made['id']}"), mall.get(f"/addresses/{uuid4()}")):
        assert (refused.status, refused.code) == (404, "members.address_unknown")


def test_an_address_in_clear_is_shown_sixty_times_an_hour():
    mall = MallClient().sign_in()
    path = f"/addresses/{mall.post('/addresses', ADDRESS).expect(201)['id']}"
    assert [mall.get(path).status for _ in range(61)] == [200] * 60 + [429]


def test_an_address_is_written_anew_and_somebody_elses_is_not():
    mall, stranger = MallClient().sign_in(), MallClient().sign_in()
    first = mall.post("/addresses", ADDRESS).expect(201)
    second = mall.post("/addresses", {**ADDRESS, "text": "海岸城 2 座"}).expect(201)
    changed = {**ADDRESS, "name": "王五", "text": "后海大道 8 号", "is_default": True}
    assert stranger.call("PUT", f"/addresses/{second['id']}", changed).status == 404
    assert mall.get(f"/addresses/{second['id']}").body["text"] == "海岸城 2 座"
    answer = mall.call("PUT", f"/addresses/{second['id']}", changed).expect(200)
    assert (answer["id"], answer["is_default"]) == (second["id"], True)
    assert mall.get(f"/addresses/{second['id']}").body["text"] == "后海大道 8 号"
    assert [one["is_default"] for one in mall.get("/addresses").body if one["id"] == first["id"]] == [False]
    refused = mall.call("PUT", f"/addresses/{second['id']}", {**changed, "phone": "12345678"})
    assert (refused.status, refused.code) == (422, "members.phone_invalid")
    assert mall.get(f"/addresses/{second['id']}").body["phone"] == ADDRESS["phone"]


@pytest.fixture
def asked(monkeypatch) -> list[PrepayRequest]:
    """What the provider was asked for."""
    found: list[PrepayRequest] = []
    before = MemoryGateway.prepay
    monkeypatch.setattr(MemoryGateway, "prepay", lambda self, request: found.append(request) or before(self, request))
    return found


def test_a_wallet_in_the_browser_leads_back_to_the_page_of_the_mall_that_was_asked_for(asked):
    chain, mall = chains.make_chain(), MallClient().sign_in()
    order = mall.order(chain.store, {chain.milk.id: 1}).expect(201)
    path = f"/mall/#/order/paying/index?id={order['id']}"
    with memory_gateway():
        mall.post(f"/orders/{order['id']}/payments", {"tender": "wechat", "way": "h5", "return_path": path}).expect(201)
    assert [one.return_url for one in asked] == [settings.CONFIG.site_url + path]


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/mall/",
        "/console/",
        "/mall/../console/",
        "/mall/\\evil",
        "mall/",
        "/mall",
    ],
)
def test_a_wallet_leads_to_no_other_place(asked, path):
    chain, mall = chains.make_chain(), MallClient().sign_in()
    order = mall.order(chain.store, {chain.milk.id: 1}).expect(201)
    with memory_gateway():
        refused = mall.post(f"/orders/{order['id']}/payments", {"tender": "wechat", "way": "h5", "return_path": path})
    assert refused.status == 422
    assert asked == []


def test_a_payment_in_the_mini_program_is_made_by_the_sessions_openid(there, asked):
    chain, mall = chains.make_chain(), MallClient()
    ticket = mall.post("/session/wechat", {"code": there.code("demo-openid-9002")}).expect(200)["ticket"]
    made = mall.post("/session/wechat/phone", {"ticket": ticket, "code": there.code(people.phone())}).expect(201)
    mall.token, mall.member_id = made["token"], made["member"]["id"]
    assert UUID(mall.member_id)
    order = mall.order(chain.store, {chain.milk.id: 1}).expect(201)
    with memory_gateway():
        mall.post(f"/orders/{order['id']}/payments", {"tender": "wechat", "way": "jsapi"}).expect(201)
    assert [one.payer_id for one in asked] == ["demo-openid-9002"]
