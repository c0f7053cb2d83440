"""Every address of the console, for every role, at the own and at another store: derived from what is declared."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.test import Client

from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.orders.models import Order
from quanyu.platform.console import registry
from tests.harness import console
from tests.harness import organization as places
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_device, make_person

ROLES = (
    "head_office",
    "region_manager",
    "store_manager",
    "cashier",
    "associate",
    "warehouse",
    "supplier",
    "dealer",
    "auditor",
)
# Open to everybody who is signed in, or to nobody in particular: no rows behind them.
WITHOUT_PERMISSION = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "jsi18n",
    "account_language",
    "account_password",
    "account_two_step",
}
# Django's and unfold's own, answered with 404 by this site.
CLOSED = {"autocomplete": "/console/autocomplete/", "search": "/console/search/?s=a", "view_on_site": "/console/r/1/1/"}
ROWS_LOOKED_AT = 12
# What is made for a place holds for those below it: who may see it there is tested in its own module.
HOLD_BELOW = {"pricing.pricebook", "pricing.pricechange", "promotions.campaign", "coupons.template"}


@dataclass(frozen=True)
class World:
    """A chain with life at two stores, and a person of each role at the first."""

    chain: Chain
    own: console.Life
    other: console.Life
    people: dict[str, Person]
    browsers: dict[str, Client]


@pytest.fixture(scope="module")
def world() -> World:
    chain = make_chain()
    own = console.live_a_little(chain, chain.store)
    other = console.live_a_little(chain, chain.other_store)
    make_device(store=chain.store)
    make_device(store=chain.other_store)
    make_person("cashier", unit_id=chain.other_store.unit.id)
    at = {
        "region_manager": chain.region.id,
        "supplier": chain.supplier.id,
        "dealer": chain.dealer.id,
        "warehouse": chain.warehouse.unit.id,
    }
    people = {
        role: make_person(
            role, unit_id=None if role in ("head_office", "auditor") else at.get(role, chain.store.unit.id)
        )
        for role in ROLES
    }
    return World(chain, own, other, people, {role: console.signed_in(person) for role, person in people.items()})


def test_every_address_has_a_declared_permission():
    names = {getattr(pattern, "name", None) for pattern in admin.site.get_urls()}
    for pattern in admin.site.get_urls():
        names |= {inner.name for inner in getattr(pattern, "url_patterns", [])}
    known = WITHOUT_PERMISSION | set(CLOSED) | {page.name for page in registry.pages()}
    for place in console.lists():
        base = place.replace(".", "_")
        known |= {f"{base}_changelist", f"{base}_change", f"{base}_act", f"{base}_act_on"}
    # `app_list` and the catch-all have no permission: they answer 404.
    unlisted = {name for name in names if name} - known - {"app_list"}
    assert unlisted == set()


@pytest.mark.parametrize("role", ROLES)
def test_lists_and_pages_open_exactly_with_their_permission(world: World, role: str):
    actor, browser = world.people[role].actor, world.browsers[role]
    wrong = []
    for place, listed in console.lists().items():
        expected = 200 if actor.reaches(listed.view_permission) else 403
        if (got := browser.get(console.list_address(place)).status_code) != expected:
            wrong.append((place, got, expected))
        for deed in listed.all_list_deeds():
            allowed = expected == 200 and actor.reaches(deed.permission)
            if (got := browser.get(console.deed_address(place, None, deed.name)).status_code) != (
                200 if allowed else 403
            ):
                wrong.append((place, deed.name, got, allowed))
    for page in registry.pages():
        expected = 200 if not page.permission or actor.reaches(page.permission) else 403
        if (got := browser.get(f"/console/{page.path}/").status_code) != expected:
            wrong.append((page.name, got, expected))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_rows_open_exactly_within_the_reach_of_the_permission(world: World, role: str):
    actor, browser = world.people[role].actor, world.browsers[role]
    wrong, tried = [], 0
    for place, listed in console.lists().items():
        if not listed.unit_lookups:
            continue
        units = identity.visible_unit_ids(actor=actor, permission=listed.view_permission)
        reaches = actor.reaches(listed.view_permission)
        for row in listed.model._default_manager.order_by("-pk")[:ROWS_LOOKED_AT]:
            of_row = listed.units_of_row(row)
            visible = units is None or bool(units & of_row)
            expected = 403 if not reaches else 200 if visible else 404
            if role == "dealer" and expected == 404 and world.chain.franchise.unit.id in of_row:
                expected = 200  # the dealer's own franchise store
            if place in HOLD_BELOW and expected == 404:
                continue
            got = browser.get(console.row_address(place, row.pk)).status_code
            tried += 1
            if got != expected:
                wrong.append((place, row.pk, got, expected))
    assert wrong == []
    assert tried > 50


@pytest.mark.parametrize("role", ["store_manager", "cashier", "associate"])
def test_staff_of_one_store_do_not_learn_of_another_stores_orders(world: World, role: str):
    browser = world.browsers[role]
    assert browser.get(console.row_address("orders.order", world.own.paid.id)).status_code == 200
    assert browser.get(console.row_address("orders.order", world.other.paid.id)).status_code == 404
    shown = browser.get(console.list_address("orders.order")).content.decode()
    assert world.own.paid.number in shown
    assert world.other.paid.number not in shown
    # A search and a filter by the other store find nothing either.
    found = browser.get(console.list_address("orders.order"), {"q": world.other.paid.number}).content.decode()
    assert str(world.other.paid.id) not in found
    filtered = browser.get(
        console.list_address("orders.order"), {"selling_store__id__exact": world.chain.other_store.unit.id}
    ).content.decode()
    assert str(world.other.paid.id) not in filtered
    assert world.chain.other_store.unit.name not in shown


def test_deeds_on_an_order_are_offered_by_permission_and_refused_by_address(world: World):
    expected = {
        "store_manager": ({"hand-over", "cancel"}, 200),
        "cashier": ({"hand-over"}, 403),
        "associate": ({"hand-over"}, 403),
        "auditor": (set(), 403),
        "head_office": ({"hand-over", "cancel"}, 200),
    }
    for role, (offered, cancelling) in expected.items():
        browser = world.browsers[role]
        page = browser.get(console.row_address("orders.order", world.own.paid.id)).content.decode()
        known = ("hand-over", "ship", "cancel", "return")
        assert {name for name in known if f"/act/{name}/" in page} == offered, role
        address = console.deed_address("orders.order", world.own.paid.id, "cancel")
        assert browser.get(address).status_code == cancelling, role
    other = console.deed_address("orders.order", world.other.paid.id, "cancel")
    assert world.browsers["store_manager"].post(other, {"reason": "不要了"}).status_code == 404
    assert Order.objects.get(pk=world.other.paid.id).state == "paid"


def test_a_warehouse_sees_the_orders_it_fulfils_and_no_others(world: World):
    browser = world.browsers["warehouse"]
    assert browser.get(console.row_address("orders.order", world.own.paid.id)).status_code == 404


def test_a_dealer_sees_his_franchise_store_and_head_offices_stores_not(world: World):
    life = console.live_a_little(world.chain, world.chain.franchise)
    browser = world.browsers["dealer"]
    assert browser.get(console.row_address("orders.order", life.paid.id)).status_code == 200
    assert browser.get(console.row_address("orders.order", world.own.paid.id)).status_code == 404


def test_a_person_without_a_role_gets_in_and_sees_nothing(world: World):
    nobody = console.signed_in(make_person(None, home_id=world.chain.store.unit.id))
    home = nobody.get("/console/")
    assert home.status_code == 200
    assert "data-tile" not in home.content.decode()
    assert nobody.get(console.list_address("orders.order")).status_code == 403
    assert nobody.get("/console/audit/").status_code == 403


def test_a_stranger_is_led_to_the_sign_in():
    stranger = Client()
    for address in ("/console/", console.list_address("orders.order"), "/console/settings/"):
        answer = stranger.get(address)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/console/login/")
    assert stranger.post("/console/account/language/", {"language": "en"}).status_code == 302


def test_djangos_own_doors_are_closed(world: World):
    browser = world.browsers["head_office"]
    for address in (*CLOSED.values(), "/console/orders/", "/console/auth/group/", "/console/axes/accessattempt/"):
        assert browser.get(address).status_code in (403, 404), address


def test_a_role_that_needs_two_steps_opens_nothing_before_they_are_set_up():
    person = make_person(None, home_id=places.enterprise().id)
    identity_assign(person, "auditor")
    browser = console.signed_in(person)
    answer = browser.get("/console/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/account/two-step/")
    assert "<svg" in browser.get("/console/account/two-step/").content.decode()


def identity_assign(person: Person, role: str) -> None:
    identity.assign_role(staff_id=person.id, role_code=role, scope=Scope.ALL, actor=SYSTEM, now=system_clock.now())
