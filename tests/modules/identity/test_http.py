"""The staff API over HTTP: every route x who asks (S2), and the ways through it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory

from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api
from quanyu.modules.identity import http as staff_http
from quanyu.modules.identity.http.login_form import StaffLoginForm
from quanyu.platform import db
from tests.harness import identity as people
from tests.harness import organization as chain
from tests.harness.clients import Reply, sender_to
from tests.harness.identity import PASSWORD, PIN, Person

BASE = "/api/staff/v1"
PUBLIC = {("post", "/sessions"), ("post", "/devices/enrol")}
BODIES = {
    ("post", "/sessions/current/proof"): {"password": PASSWORD},
    ("post", "/me/totp/confirm"): {"code": "000000"},
    ("put", "/me/password"): {"current_password": PASSWORD, "password": "a different sentence"},
    ("put", "/me/pin"): {"current_password": PASSWORD, "pin": "7391"},
    ("post", "/staff"): {"username": "nobody", "name": "无", "unit_id": 1},
    ("patch", "/staff/{staff_id}"): {"name": "改"},
    ("put", "/staff/{staff_id}/password"): {"password": "a different sentence"},
    ("put", "/staff/{staff_id}/pin"): {"pin": "7391"},
    ("post", "/staff/{staff_id}/roles"): {"role_code": "cashier", "scope": "store", "unit_id": 1},
    ("post", "/devices"): {"kind": "pos", "unit_id": 1, "name": "x"},
    ("post", "/clients"): {"name": "x", "unit_id": 1, "permissions": ["orders.view"]},
}
# What a store manager may do in the own store and a cashier may not: 404 for another store, 403 for the cashier.
GUARDED = {
    ("post", "/staff"),
    ("get", "/staff/{staff_id}"),
    ("patch", "/staff/{staff_id}"),
    ("post", "/staff/{staff_id}/deactivate"),
    ("post", "/staff/{staff_id}/reactivate"),
    ("put", "/staff/{staff_id}/password"),
    ("put", "/staff/{staff_id}/pin"),
    ("delete", "/staff/{staff_id}/totp"),
    ("post", "/staff/{staff_id}/roles"),
    ("delete", "/staff/{staff_id}/roles/{assignment_id}"),
    ("post", "/devices"),
    ("post", "/devices/{device_id}/code"),
    ("delete", "/devices/{device_id}"),
}
HEAD_OFFICE_ONLY = {("post", "/clients"), ("delete", "/clients/{client_id}")}
# Lists are filtered, oneself is always there, and the names of roles are no secret.
FILTERED_OR_OWN = {
    ("get", "/staff"),
    ("get", "/roles"),
    ("get", "/devices"),
    ("get", "/clients"),
    ("get", "/me"),
    ("post", "/me/totp"),
    ("post", "/me/totp/confirm"),
    ("put", "/me/password"),
    ("put", "/me/pin"),
    ("delete", "/sessions/current"),
    ("post", "/sessions/current/proof"),
}


def routes() -> list[tuple[str, str]]:
    document = staff_http.api.get_openapi_schema()
    return [
        (method, path.removeprefix(BASE)) for path, operations in document["paths"].items() for method in operations
    ]


def call(token: str, method: str, path: str, body=None, **headers: str) -> Reply:
    known = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        known["Authorization"] = f"Bearer {token}"
    return sender_to(None).send(method.upper(), BASE + path, body, known)


def send(token: str, route: tuple[str, str], *, target: dict[str, object], unit_id: int = 1) -> Reply:
    """Send a well-formed request of a route at somebody's things."""
    method, path = route
    body = BODIES.get(route)
    if body is not None and "unit_id" in body:
        body = body | {"unit_id": unit_id}
    return call(token, method, path.format(**target), body, Idempotency_Key=str(uuid4()))


class Store:
    """A store with a manager, a cashier, a device, and what identifies them."""

    def __init__(self) -> None:
        self.unit = chain.make_store().unit
        self.manager = people.make_person("store_manager", unit_id=self.unit.id)
        self.cashier = people.make_person("cashier", unit_id=self.unit.id)
        self.device, self.device_token = people.make_device(store=chain.api.locations(ids=[self.unit.id])[self.unit.id])
        self.target = {
            "staff_id": self.cashier.id,
            "assignment_id": self.cashier.member.roles[0].id,
            "device_id": self.device.id,
            "client_id": str(uuid4()),
        }


@pytest.fixture(scope="module")
def here() -> Store:
    return Store()


@pytest.fixture(scope="module")
def there() -> Store:
    return Store()


def signed_in(person: Person) -> str:
    """Return a token whose person was proved just now."""
    token = people.token_for(person)
    if person.secret is None:
        api.step_up(token=token, actor=person.actor, password=PASSWORD, now=system_clock.now())
    return token


def test_s2_every_route_is_in_the_matrix():
    assert set(routes()) == PUBLIC | GUARDED | HEAD_OFFICE_ONLY | FILTERED_OR_OWN


@pytest.mark.parametrize("route", sorted(set(routes()) - PUBLIC), ids=" ".join)
def test_s2_no_route_answers_without_a_live_sign_in_of_a_person(route, here):
    ended = people.token_for(here.cashier)
    api.sign_out(token=ended, now=system_clock.now())
    expired = people.token_for(here.cashier, now=system_clock.now() - timedelta(hours=13))
    for token in ("", "qs_made_up", ended, expired, here.device_token):
        reply = send(token, route, target=here.target)
        assert (reply.status, reply.code) == (401, "unauthenticated")


@pytest.mark.parametrize("route", sorted(GUARDED), ids=" ".join)
def test_s2_things_of_another_store_are_404_and_a_cashier_gets_403(route, here, there):
    before = fingerprint(there, here)
    manager, cashier = signed_in(here.manager), signed_in(here.cashier)
    assert send(manager, route, target=there.target, unit_id=there.unit.id).status == 404
    # A cashier may not do it in the own store either.
    others = here.target | {"staff_id": here.manager.id, "assignment_id": here.manager.member.roles[0].id}
    assert send(cashier, route, target=others, unit_id=here.unit.id).status == 403
    assert fingerprint(there, here) == before


@pytest.mark.parametrize("route", sorted(HEAD_OFFICE_ONLY), ids=" ".join)
def test_s2_other_software_is_let_in_by_head_office_alone(route, here):
    before = db.value("SELECT count(*) FROM identity_api_client")
    reply = send(signed_in(here.manager), route, target=here.target, unit_id=here.unit.id)
    assert reply.status in {403, 404}
    assert db.value("SELECT count(*) FROM identity_api_client") == before


def fingerprint(*stores: Store) -> list[dict[str, object]]:
    units = [store.unit.id for store in stores]
    return [
        *db.rows(
            "SELECT id, name, unit_id, password, pin_hash, is_active, totp_confirmed_at FROM identity_staff "
            "WHERE unit_id = ANY(%s) ORDER BY id",
            [units],
        ),
        *db.rows("SELECT * FROM identity_assignment WHERE unit_id = ANY(%s) ORDER BY id", [units]),
        *db.rows(
            "SELECT id, revoked_at, enrolment_hash IS NULL AS idle FROM identity_device "
            "WHERE unit_id = ANY(%s) ORDER BY id",
            [units],
        ),
    ]


def test_sign_in_show_oneself_and_sign_out(here):
    session = call("", "post", "/sessions", {"username": here.cashier.username, "password": PASSWORD}).expect(201)
    assert set(session) == {"token", "expires_at", "verified", "staff"}
    me = call(session["token"], "get", "/me").expect(200)
    assert me["staff"]["id"] == here.cashier.id
    assert "pos.sell" in me["grants"][0]["permissions"]
    assert (me["grants"][0]["scope"], me["grants"][0]["unit_id"]) == ("store", here.unit.id)
    call(session["token"], "delete", "/sessions/current").expect(204)
    assert call(session["token"], "get", "/me").status == 401


def test_a_refused_sign_in_says_so_in_the_readers_language(here):
    body = {"username": here.cashier.username, "password": "no"}
    reply = call("", "post", "/sessions", body, Accept_Language="zh-hans")
    assert (reply.status, reply.code) == (401, "identity.sign_in_refused")
    assert reply.body["title"] == "登录名、密码或 PIN 不正确。"


def test_the_reason_of_a_refusal_is_in_the_readers_language_too(here):
    token = people.token_for(here.cashier)
    body = {"current_password": PASSWORD, "pin": "1111"}
    reply = call(token, "put", "/me/pin", body, Accept_Language="zh-hans")
    assert (reply.status, reply.code, reply.body["field"]) == (422, "invalid", "pin")
    assert "不能是相同数字或连续数字" in reply.body["title"]


def test_two_step_sign_in_from_the_first_secret_to_the_next_sign_in():
    person = people.make_person(None)
    api.assign_role(staff_id=person.id, role_code="head_office", scope=Scope.ALL, actor=SYSTEM, now=system_clock.now())
    token = people.token_for(person)
    assert call(token, "get", "/me").expect(200)["grants"] == []
    secret = call(token, "post", "/me/totp").expect(201)["secret"]
    assert call(token, "post", "/me/totp/confirm", {"code": "000000"}).code == "identity.code_wrong"
    earlier = system_clock.now() - timedelta(seconds=30)
    call(token, "post", "/me/totp/confirm", {"code": people.totp_code(secret, earlier)}).expect(204)
    assert call(token, "get", "/me").expect(200)["grants"] == [{"permissions": ["*"], "scope": "all", "unit_id": None}]
    body = {"username": person.username, "password": PASSWORD}
    assert call("", "post", "/sessions", body).code == "identity.code_required"
    code = people.totp_code(secret, system_clock.now())
    assert call("", "post", "/sessions", body | {"code": code}).expect(201)["verified"] is True


def test_a_manager_takes_somebody_on_gives_a_role_and_lets_him_go(here):
    token = signed_in(here.manager)
    body = {"username": f"New-{uuid4().hex[:8]}", "name": "新来的", "unit_id": here.unit.id, "pin": PIN}
    key = str(uuid4())
    made = call(token, "post", "/staff", body, Idempotency_Key=key).expect(201)
    again = call(token, "post", "/staff", body, Idempotency_Key=key)
    assert (again.expect(201), again.headers["Idempotency-Replayed"]) == (made, "true")
    assert (made["username"], made["roles"]) == (body["username"].lower(), [])
    path = f"/staff/{made['id']}"
    role = {"role_code": "cashier", "scope": "store", "unit_id": here.unit.id}
    given = call(token, "post", f"{path}/roles", role).expect(201)
    assert call(token, "get", path).expect(200)["roles"] == [given]
    beyond = call(token, "post", f"{path}/roles", {"role_code": "head_office", "scope": "all"})
    assert (beyond.status, beyond.code) == (403, "identity.beyond_authority")
    call(token, "delete", f"{path}/roles/{given['id']}").expect(204)
    call(token, "post", f"{path}/deactivate").expect(204)
    assert call(token, "get", path).expect(200)["is_active"] is False


def test_s13_giving_a_role_needs_a_fresh_proof(here):
    token = people.token_for(here.manager)
    body = {"role_code": "associate", "scope": "store", "unit_id": here.unit.id}
    path = f"/staff/{here.cashier.id}/roles"
    before = db.value("SELECT count(*) FROM identity_assignment")
    assert call(token, "post", path, body).code == "identity.step_up_required"
    assert db.value("SELECT count(*) FROM identity_assignment") == before
    assert call(token, "post", "/sessions/current/proof", {"password": "no"}).code == "identity.sign_in_refused"
    call(token, "post", "/sessions/current/proof", {"password": PASSWORD}).expect(204)
    given = call(token, "post", path, body).expect(201)
    call(token, "delete", f"{path}/{given['id']}").expect(204)


def test_lists_of_people_go_on_page_by_page(here):
    for _ in range(3):
        people.make_person("cashier", unit_id=here.unit.id, with_pin=False)
    token = people.token_for(here.manager)
    seen: list[int] = []
    cursor = ""
    while True:
        page = call(token, "get", f"/staff?limit=2{cursor}").expect(200)
        seen += [member["id"] for member in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    homes = db.rows("SELECT id FROM identity_staff WHERE unit_id = %s ORDER BY id", [here.unit.id])
    assert seen == [row["id"] for row in homes]
    assert call(token, "get", f"/staff?text=x{cursor}").code == "cursor.invalid"


def test_a_device_is_prepared_enrolled_and_revoked(here):
    token = people.token_for(here.manager)
    body = {"kind": "pos", "unit_id": here.unit.id, "name": "2 号收银台"}
    code = call(token, "post", "/devices", body, Idempotency_Key=str(uuid4())).expect(201)
    enrolled = call("", "post", "/devices/enrol", {"code": code["code"]}).expect(201)
    assert (enrolled["device_id"], enrolled["unit_id"]) == (code["device_id"], here.unit.id)
    assert call("", "post", "/devices/enrol", {"code": code["code"]}).code == "identity.enrolment_code_unknown"
    listed = {device["id"]: device for device in call(token, "get", "/devices").expect(200)}
    assert listed[code["device_id"]]["revoked_at"] is None
    call(token, "delete", f"/devices/{code['device_id']}").expect(204)
    assert api.actor_for_token(token=enrolled["token"], now=system_clock.now()) is None


def test_head_office_lets_software_in_and_locks_it_out():
    boss = people.make_person("head_office")
    token = people.token_for(boss)
    body = {"name": chain.random_code("erp"), "unit_id": chain.enterprise().id, "permissions": ["orders.view"]}
    issued = call(token, "post", "/clients", body, Idempotency_Key=str(uuid4())).expect(201)
    assert issued["client_id"] in {client["id"] for client in call(token, "get", "/clients").expect(200)}
    # It is software, not a person: the staff API stays closed to it.
    assert call(issued["token"], "get", "/me").status == 401
    call(token, "delete", f"/clients/{issued['client_id']}").expect(204)
    assert api.actor_for_token(token=issued["token"], now=system_clock.now()) is None


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/sessions", {"username": "x", "password": "y", "is_superuser": True}, "is_superuser"),
        ("/sessions", {"username": "x"}, "password"),
        ("/devices/enrol", {"code": 12345678}, "code"),
    ],
)
def test_s4_a_request_with_a_field_too_many_or_of_another_kind_is_refused(path, body, field):
    reply = call("", "post", path, body)
    assert reply.status == 422
    assert [error["field"] for error in reply.body["errors"]] == [field]


def form_for(person: Person, **given: str) -> StaffLoginForm:
    request = RequestFactory().post("/console/login/")
    return StaffLoginForm(request, data={"username": person.username.upper(), "password": PASSWORD, **given})


def test_the_consoles_form_asks_for_the_code_where_it_is_on(here):
    assert form_for(here.manager).is_valid()
    boss = people.make_person("head_office")
    without = form_for(boss)
    assert not without.is_valid()
    assert without.errors.as_data()["__all__"][0].code == "identity.code_required"
    code = boss.code(system_clock.now())
    assert form_for(boss, code=code).is_valid()
    replayed = form_for(boss, code=code)
    assert not replayed.is_valid()
    assert replayed.errors.as_data()["__all__"][0].code == "identity.code_wrong"


def test_the_consoles_page_shows_the_field_for_the_code(here):
    from django.template.loader import render_to_string

    page = render_to_string(
        "identity/login.html",
        {"form": StaffLoginForm(None), "app_path": "/console/login/", "site_title": "Quanyu"},
        request=RequestFactory().get("/console/login/"),
    )
    assert 'name="code"' in page
    assert 'name="password"' in page


def test_a_console_session_ends_when_two_step_sign_in_is_turned_on(here):
    client = Client()
    from quanyu.modules.identity.models import Staff

    person = people.make_person("store_manager", unit_id=here.unit.id)
    client.force_login(Staff.objects.get(pk=person.id), backend="quanyu.modules.identity.backend.StaffBackend")
    session_user = client.session["_auth_user_hash"]
    people.turn_totp_on(person.id, now=system_clock.now())
    assert Staff.objects.get(pk=person.id).get_session_auth_hash() != session_user
