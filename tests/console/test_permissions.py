"""Every address of the console, for every role, at the own and at another store: derived from what is declared."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client

from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.orders.models import Order
from quanyu.platform.console import registry
from tests.harness import console
from tests.harness import console_matrix as matrix
from tests.harness import organization as places
from tests.harness.chain import Chain, make_chain
from tests.harness.console_matrix import Visitor
from tests.harness.identity import Person, make_device, make_person

ROLES = tuple(sorted(matrix.permissions()))
# Whoever gets past the gate could do something with this.
SENT = {
    "reason": "试一试",
    "purpose": "试一试看",
    "amount": "1",
    "quantity": "1",
    "confirm": "1",
    "text": "1",
    "name": "x",
}


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Each refusal would be logged with its trace: thousands of them are what this file is about."""
    logger = logging.getLogger("django.request")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)


@dataclass(frozen=True)
class World:
    """A chain with life at two stores, one in another region, and a person of each role at the first store."""

    chain: Chain
    far: Chain
    own: console.Life
    other: console.Life
    away: console.Life
    people: dict[str, Person]
    browsers: dict[str, Client]
    visitors: dict[str, Visitor]

    @property
    def places(self) -> list[int]:
        """Own store, other store, the dealer's, the warehouse, those above them, and a store of another region."""
        near, units = self.chain, [self.chain.store, self.chain.other_store, self.chain.franchise, self.chain.warehouse]
        above = [near.region.id, near.dealer.id, near.supplier.id, places.enterprise().id]
        return [*(one.unit.id for one in units), *above, self.far.store.unit.id]


@pytest.fixture(scope="module")
def world() -> World:
    chain, far = make_chain(), make_chain()
    own = console.live_a_little(chain, chain.store)
    other = console.live_a_little(chain, chain.other_store)
    away = console.live_a_little(far, far.store)
    for place in (chain.store, chain.other_store, far.store):
        make_device(store=place)
        make_person("cashier", unit_id=place.unit.id)
    at = {
        "region_manager": chain.region.id,
        "supplier": chain.supplier.id,
        "dealer": chain.dealer.id,
        "warehouse": chain.warehouse.unit.id,
    }
    reach = {"region_manager": matrix.below(chain.region.id), "dealer": matrix.of_dealer(chain.dealer.id)}
    reach |= {"head_office": None, "auditor": None, "nobody": frozenset()}
    people, visitors = {}, {}
    for role, patterns in matrix.permissions().items():
        unit = None if role in ("head_office", "auditor") else at.get(role, chain.store.unit.id)
        people[role] = make_person(None if role == "nobody" else role, unit_id=unit)
        visitors[role] = Visitor(role, patterns, reach.get(role, frozenset({unit})))
    browsers = {role: console.signed_in(person) for role, person in people.items()}
    return World(chain, far, own, other, away, people, browsers, visitors)


def test_every_address_of_the_console_is_in_the_matrix():
    forgotten = [name for name in matrix.routes() if name not in matrix.table()]
    assert forgotten == [], (
        f"{forgotten}: nobody has said who may open these. Make them a registered SitePage with a permission or a deed "
        "of a ScopedAdmin; an address of one's own account goes into OPEN of tests/harness/console_matrix.py."
    )


def test_the_matrix_names_no_address_that_is_gone():
    assert sorted(set(matrix.table()) - set(matrix.routes())) == []


@pytest.mark.parametrize("role", ROLES)
def test_lists_and_pages_open_exactly_with_their_permission(world: World, role: str):
    visitor, browser = world.visitors[role], world.browsers[role]
    wrong = []

    def ask(name: str, address: str, expected: int) -> Any:
        answer = browser.get(address)
        if answer.status_code != expected:
            wrong.append((name, answer.status_code, expected))
        return answer

    for place, listed in console.lists().items():
        may = visitor.holds(listed.view_permission)
        answer = ask(place, console.list_address(place), 200 if may else 403)
        shown = getattr(answer, "context_data", None)
        if may and shown is not None:
            wrong += [(place, row.pk) for row in shown["cl"].result_list if not matrix.sees(visitor, listed, row)]
        for deed in listed.all_list_deeds():
            allowed = may and visitor.holds(deed.permission)
            ask(f"{place} {deed.name}", console.deed_address(place, None, deed.name), 200 if allowed else 403)
    for page in registry.pages():
        shown = 404 if page.name in matrix.NOTHING_WITHOUT else 200
        ask(page.name, f"/console/{page.path}/", shown if visitor.holds(page.permission) else 403)
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_pages_about_something_answer_within_reach(world: World, role: str):
    visitor, browser = world.visitors[role], world.browsers[role]
    stores = (
        (world.chain, world.own, world.chain.store),
        (world.chain, world.other, world.chain.other_store),
        (world.far, world.away, world.far.store),
    )
    wrong = []
    for name, question in matrix.ABOUT.items():
        page = next(page for page in registry.pages() if page.name == name)
        for chain, life, store in stores:
            within = visitor.holds(page.permission) and visitor.reaches({store.unit.id})
            got = browser.get(f"/console/{page.path}/", question(chain, life, store)).status_code
            if got not in ({200} if within else {403, 404}):
                wrong.append((name, store.unit.id, got, within))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_rows_and_their_deeds_open_exactly_within_reach(world: World, role: str):
    visitor, browser = world.visitors[role], world.browsers[role]
    wrong, tried = [], 0
    for place, listed in console.lists().items():
        rows = matrix.rows_at(listed, world.places)
        for row in rows if visitor.holds(listed.view_permission) else rows[:1]:
            asked = [("", console.row_address(place, row.pk), matrix.of_row(visitor, listed, row))]
            asked += [
                (deed.name, console.deed_address(place, row.pk, deed.name), matrix.of_deed(visitor, listed, deed, row))
                for deed in listed.all_deeds()
            ]
            for name, address, expected in asked:
                tried += 1
                if (got := browser.get(address).status_code) != expected:
                    wrong.append((place, name, row.pk, got, expected))
    assert wrong == []
    assert tried > 40


@pytest.mark.parametrize("role", ROLES)
def test_whatever_is_out_of_reach_is_refused_when_sent_too_and_nothing_changes(world: World, role: str):
    visitor, browser = world.visitors[role], world.browsers[role]
    before, wrong, tried = matrix.fingerprint(), [], 0
    for address in _refused(world, visitor):
        tried += 1
        if (got := browser.post(address, SENT).status_code) not in (403, 404, 405):
            wrong.append((address, got))
    assert wrong == []
    assert [name for name, rows in matrix.fingerprint().items() if before.get(name) != rows] == []
    assert tried > 30


def _refused(world: World, visitor: Visitor) -> Iterator[str]:
    """Yield the addresses that this visitor may not send anything to."""
    for place, listed in console.lists().items():
        may = visitor.holds(listed.view_permission)
        if not may:
            yield console.list_address(place)
        for deed in listed.all_list_deeds():
            if not (may and visitor.holds(deed.permission)):
                yield console.deed_address(place, None, deed.name)
        for row in matrix.rows_at(listed, world.places):
            # A page about a row takes nothing at all, whoever sends it.
            yield console.row_address(place, row.pk)
            for deed in listed.all_deeds():
                if matrix.of_deed(visitor, listed, deed, row) in (403, 404) and deed.when(row):
                    yield console.deed_address(place, row.pk, deed.name)
    for page in registry.pages():
        if not visitor.holds(page.permission):
            yield f"/console/{page.path}/"


@pytest.mark.parametrize("role", ROLES)
def test_chosen_rows_out_of_reach_are_left_alone(world: World, role: str):
    """A batch names rows by their keys: those of other stores are refused one by one, whatever the form says."""
    visitor, browser = world.visitors[role], world.browsers[role]
    before, wrong = matrix.fingerprint(), []
    for place, listed in console.lists().items():
        for deed in listed.batch_deeds():
            rows = matrix.rows_at(listed, world.places)
            far = [str(row.pk) for row in rows if matrix.of_deed(visitor, listed, deed, row) in (403, 404)]
            answer = browser.post(f"{console.list_address(place)}batch/{deed.name}/", SENT | {"rows": far or ["0"]})
            may = visitor.holds(listed.view_permission) and visitor.holds(deed.permission)
            if (answer.status_code in (200, 422)) is not may:
                wrong.append((place, deed.name, answer.status_code, may))
            assert browser.get(f"{console.list_address(place)}batch/{deed.name}/").status_code == 405
    assert wrong == []
    assert [name for name, rows in matrix.fingerprint().items() if before.get(name) != rows] == []


def test_the_matrix_sees_a_row_that_is_shown_too_far(world: World, monkeypatch: pytest.MonkeyPatch):
    """The proof of the proof: with the scope of one list taken away, the matrix differs."""
    visitor, browser = world.visitors["store_manager"], world.browsers["store_manager"]
    listed = console.lists()["payments.payment"]
    (row,) = matrix.rows_at(listed, [world.chain.other_store.unit.id])
    address = console.row_address("payments.payment", row.pk)
    assert (browser.get(address).status_code, matrix.of_row(visitor, listed, row)) == (404, 404)
    monkeypatch.setattr(type(listed), "reach", lambda _listed, _units: Q())
    assert (browser.get(address).status_code, matrix.of_row(visitor, listed, row)) == (200, 404)


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
    for address in (
        *matrix.CLOSED.values(),
        "/console/orders/",
        "/console/auth/group/",
        "/console/axes/accessattempt/",
    ):
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
