"""Every page that a role's menu leads to, as a person with eyes, a keyboard or a screen reader meets it.

Controls have names, headings an order, text has contrast in both themes, focus is seen, nothing is wider than a tablet,
and nothing is loaded from elsewhere. With QUANYU_LOOKS=full also every list, a row of each and the deeds on it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from quanyu.platform.console import registry
from tests.browser.desk import sit_down
from tests.harness import console
from tests.harness import console_matrix as matrix
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FULL = os.environ.get("QUANYU_LOOKS") == "full"
# Lists that stand for the others when there is no time for all: many columns, numbers, pictures, badges.
LISTS = ("orders.order", "catalog.product", "inventory.stock", "members.member", "points.offer")
# Not whole pages: parts of others, or paper.
PARTS = {"associate_code", "order_stream", "goods_search", "order_print", "stock_now", "home_figures"}


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


@pytest.fixture(scope="module")
def life(chain: Chain) -> console.Life:
    return console.live_a_little(chain, chain.store)


def addresses(chain: Chain, life: console.Life) -> Iterator[str]:
    """Yield what is looked at."""
    yield "/console/"
    yield "/console/account/password/"
    for page in registry.pages():
        if page.name in PARTS:
            continue
        if page.name not in matrix.NOTHING_WITHOUT:
            yield f"/console/{page.path}/"
        if page.name in matrix.ABOUT:
            question = matrix.ABOUT[page.name](chain, life, chain.store)
            yield f"/console/{page.path}/?" + "&".join(f"{name}={value}" for name, value in question.items())
    yield console.row_address("orders.order", life.paid.id)
    yield console.deed_address("orders.order", life.paid.id, "cancel")
    for place, listed in console.lists().items():
        if place not in LISTS and not FULL:
            continue
        yield console.list_address(place)
        row = listed.model._default_manager.order_by("-pk").first()
        if row is None:
            continue
        yield console.row_address(place, row.pk)
        for deed in [one for one in listed.all_deeds() if one.when(row)][: None if FULL else 1]:
            yield console.deed_address(place, row.pk, deed.name)


@pytest.mark.parametrize("language", ["zh-hans", "en"] if FULL else ["zh-hans"])
def test_every_page_can_be_read_used_and_seen(
    live: Live, chromium: Browser, chain: Chain, life: console.Life, language: str
):
    desk = sit_down(chromium, live.url, make_person("head_office"), language=language)
    wrong: dict[str, list[str]] = {}
    for address in addresses(chain, life):
        assert desk.go(address) == 200, address
        for text in desk.look():
            wrong.setdefault(text, []).append(address)
    assert "\n".join(f"{text}: {' '.join(seen)}" for text, seen in wrong.items()) == ""
    desk.close()


@pytest.mark.parametrize(
    "role", ["region_manager", "store_manager", "cashier", "associate", "warehouse", "supplier", "dealer", "auditor"]
)
def test_a_menu_leads_nowhere_that_is_closed(live: Live, chromium: Browser, chain: Chain, role: str):
    at = {
        "region_manager": chain.region.id, "warehouse": chain.warehouse.unit.id,
        "supplier": chain.supplier.id, "dealer": chain.dealer.id, "auditor": None,
    }  # fmt: skip
    person = make_person(role, unit_id=at.get(role, chain.store.unit.id))
    desk = sit_down(chromium, live.url, person)
    assert desk.go("/console/") == 200
    menu = desk.menu()
    asked = {address: desk.window.request.get(address).status for address in menu}
    assert {address: status for address, status in asked.items() if status != 200} == {}
    assert "/console/" in menu
    desk.close()


def test_the_looker_sees_what_is_wrong(live: Live, chromium: Browser, chain: Chain):
    """The proof of the proof: a page spoilt on purpose is told in every part."""
    desk = sit_down(chromium, live.url, make_person("cashier", unit_id=chain.store.unit.id))
    desk.go("/console/")
    assert desk.look() == []
    desk.page.evaluate(
        """() => {
            const main = document.querySelector("h1").parentElement;
            const add = (tag, style, text) => {
                const made = document.createElement(tag);
                Object.assign(made.style, style);
                made.textContent = text;
                main.append(made);
                return made;
            };
            add("button", { width: "20px", height: "20px", outline: "none", boxShadow: "none" }, "");
            add("h4", {}, "too deep");
            add("p", { color: "#999", background: "#fff" }, "too pale");
            add("div", { width: "3000px", height: "1px" }, "");
            main.append(document.createElement("img"));
        }"""
    )
    told = " | ".join(desk.look())
    for part in ("no name: button", "no alt", "heading jumps from h1 to h4", "contrast 2.85", "wider than the window"):
        assert part in told, (part, told)
    desk.close()
