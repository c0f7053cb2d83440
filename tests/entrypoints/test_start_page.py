"""The start page: what everybody sees, and what only a demo shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, override_settings

from quanyu.entrypoints.console import start
from quanyu.entrypoints.demo import people
from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from tests.harness import console
from tests.harness.chain import Chain, make_chain


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


@pytest.fixture
def demo() -> Iterator[None]:
    start.kept.forget()
    with override_settings(CONFIG=settings.CONFIG.model_copy(update={"demo": True})):
        yield
    start.kept.forget()


@pytest.fixture
def staffed(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> people.Person:
    """A demo account of our own chain."""
    unit = chain.store.unit
    person = people.Person(f"start{unit.id}", "周开始", "store_manager", unit.code, Scope.STORE, "271828")
    if unit.id not in _made:
        made = identity.create_staff(
            username=person.username,
            name=person.name,
            unit_id=unit.id,
            password=people.PASSWORD,
            actor=SYSTEM,
            now=system_clock.now(),
        )
        identity.assign_role(
            staff_id=made.id,
            role_code=person.role,
            scope=person.scope,
            unit_id=unit.id,
            actor=SYSTEM,
            now=system_clock.now(),
        )
        _made.add(unit.id)
    monkeypatch.setattr(people, "STAFF", (person,))
    return person


_made: set[int] = set()


def page(language: str = "zh-hans") -> str:
    return Client(headers={"Accept-Language": language}).get("/").content.decode()


def test_outside_of_a_demo_it_names_no_account_no_figure_and_no_simulator(monkeypatch):
    monkeypatch.setenv("QUANYU_PAYMENT_SIMULATOR_URL", "http://127.0.0.1:8090")
    html = page()

    assert 'id="figures"' not in html
    assert 'name="password"' not in html
    assert people.PASSWORD not in html
    assert "/control/trades" not in html
    assert re.findall(r'class="face" href="([^"]+)"', html) == [
        "/mall/",
        "/pos/",
        "/kiosk/",
        "/console/",
        "/api/mall/v1/openapi.json",
        "/api/pos/v1/openapi.json",
        "/api/staff/v1/openapi.json",
        "/readyz",
    ]


@pytest.mark.usefixtures("demo")
def test_a_demo_leads_to_the_payers_too(monkeypatch):
    monkeypatch.setenv("QUANYU_PAYMENT_SIMULATOR_URL", "http://127.0.0.1:8090/")
    assert 'href="http://127.0.0.1:8090/control/trades"' in page()


@pytest.mark.usefixtures("demo")
def test_one_click_signs_a_demo_account_in(staffed):
    browser = Client(enforce_csrf_checks=True)
    html = browser.get("/").content.decode()
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html.partition('class="people"')[2]))
    assert form["username"] == staffed.username

    answer = browser.post("/console/login/", form)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/")
    assert browser.get("/console/").status_code == 200


@pytest.mark.usefixtures("demo")
def test_it_tells_the_numbers_of_the_chain(chain):
    life = console.live_a_little(chain, chain.store)
    start.kept.forget()
    before = start.read()

    html = page("en")

    told = re.findall(r"<b>([^<]*)</b><span>([^<]*)", html.partition('id="figures"')[2].partition("</section>")[0])
    assert told[0] == (f"{before.orders_today:,}", "Orders today")
    assert told[2] == (f"{before.members:,}", "Members")
    assert told[3] == (f"{before.pieces:,}", "Pieces in stock")
    assert before.orders_today >= 2
    assert life.sold.placed_at <= before.last_at


@pytest.mark.usefixtures("demo")
def test_the_numbers_are_asked_for_once_in_some_seconds(monkeypatch):
    asked = []
    monkeypatch.setattr(start, "read", lambda: asked.append(1) or start.Figures(1, None, 0, ("", ""), 2, 3, 4))
    start.kept.forget()

    for _ in range(3):
        page()

    assert len(asked) == 1


def test_both_pages_switch_the_language_without_anybody_signed_in():
    for address in ("/", "/console/login/"):
        browser = Client(headers={"Accept-Language": "zh-hans"})
        html = browser.get(address).content.decode()
        assert 'name="language" value="en"' in html
        browser.post("/i18n/setlang/", {"language": "en", "next": address})
        assert "简体中文" in browser.get(address).content.decode()
        assert 'lang="en"' in browser.get(address).content.decode()
