"""Every operation of every API asks who comes, and each kind of token opens its own house only (S2)."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import DeviceKind
from tests.harness import identity as people
from tests.security.routes import PUBLIC, Route, every_route

ROUTES = list(every_route())
# A till asks these before anybody has signed in at it.
DEVICE_ALONE = {
    "GET /till", "POST /staff-sessions", "GET /catalogue", "POST /catalogue/differences", "GET /rules",
    "GET /stock/live", "POST /advice/differences", "POST /advice/stock", "GET /members/kept",
    "PUT /set-aside",
}  # fmt: skip
CLOSED = [route for route in ROUTES if not route.is_public]


def knock(route: Route, **headers: str):
    sent = {"Idempotency-Key": "knock-1", **{name.replace("_", "-"): value for name, value in headers.items()}}
    content = json.dumps({}) if route.method in ("POST", "PUT", "PATCH") else ""
    return Client(raise_request_exception=False).generic(
        route.method, route.path(), content, content_type="application/json", headers=sent
    )


@pytest.fixture(scope="module")
def tokens(world) -> dict[str, str]:
    client = identity.create_client(
        name=f"partner {world.chain.store.unit.code}",
        unit_id=world.chain.region.id,
        permissions=["*"],
        actor=SYSTEM,
        now=system_clock.now(),
    )
    _, kiosk = people.make_device(store=world.chain.store, kind=DeviceKind.KIOSK)
    return {
        "member": world.ann.token,
        "till": world.till.token,
        "staff": people.token_for(world.chain.manager),
        "at_till": world.till.staff_token,
        "client": client.token,
        "kiosk": kiosk,
    }


def test_the_public_operations_are_these_and_no_others():
    documented = {api: {r.name for r in ROUTES if r.api == api and not r.document.get("security")} for api in PUBLIC}
    assert documented == PUBLIC


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: f"{route.api} {route.name}")
def test_a_stranger_is_asked_for_a_token(route):
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer "}, {"Authorization": "Basic eDp5"}):
        refused = knock(route, **headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated"), headers


@pytest.mark.parametrize(("api", "kinds"), [
    ("mall", ("till", "staff", "at_till", "client", "kiosk")),
    ("pos", ("member", "staff", "at_till", "client", "kiosk")),
    ("kiosk", ("member", "till", "staff", "at_till", "client")),
    ("staff", ("member", "till", "client", "kiosk")),
])  # fmt: skip
def test_a_token_of_another_house_opens_nothing(api, kinds, tokens):
    for route in CLOSED:
        if route.api != api:
            continue
        for kind in kinds:
            refused = knock(route, Authorization=f"Bearer {tokens[kind]}", X_Staff_Token=tokens["at_till"])
            assert refused.status_code == 401, (route.name, kind)


def test_a_cashiers_token_is_worth_nothing_at_another_till(world):
    for route in CLOSED:
        if route.api != "pos" or route.name in DEVICE_ALONE:
            continue
        for staff_token in ("", world.till.staff_token, people.token_for(world.other_cashier), world.other_till.token):
            refused = knock(route, Authorization=f"Bearer {world.other_till.token}", X_Staff_Token=staff_token)
            assert refused.status_code == 401, route.name


def test_nobody_signs_in_by_pin_at_a_store_where_he_does_not_work(world):
    refused = world.other_till.post("/staff-sessions", {"username": world.chain.cashier.username, "pin": people.PIN})
    assert (refused.status, refused.code) == (401, "identity.sign_in_refused")


def test_a_revoked_till_and_a_dismissed_cashier_are_out_at_once(world):
    from tests.harness.clients import TillClient

    leaving = people.make_person("cashier", unit_id=world.chain.store.unit.id)
    till = TillClient(world.chain.store).sign_in(leaving)
    till.get("/shifts/current").expect(200)
    identity.deactivate_staff(staff_id=leaving.id, actor=SYSTEM, now=system_clock.now())
    till.get("/shifts/current").expect(401)
    till.sign_in(world.chain.cashier).get("/shifts/current").expect(200)
    identity.revoke_device(device_id=str(till.till["device_id"]), actor=SYSTEM, now=system_clock.now())
    till.get("/shifts/current").expect(401)
    till.get("/catalogue").expect(401)


def test_a_token_that_was_signed_out_is_dead():
    from tests.harness.clients import MallClient

    shopper = MallClient().sign_in()
    shopper.call("DELETE", "/session").expect(204)
    shopper.get("/me").expect(401)


def test_an_unknown_permission_reaches_nobody_but_who_holds_everything(world):
    for person in (world.chain.cashier, world.chain.manager, world.chain.associate):
        assert not person.actor.reaches("nobody.knows")
    assert people.make_actor("head_office").reaches("nobody.knows")
    assert not people.make_person(None).actor.reaches("pos.view")
