"""The settings of a place: from which level each value comes, what is set otherwise below, and how it goes back."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.platform import settings_tree
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_device, make_person

PAGE, KEY = "/console/settings/", "checkout.express_freight_fen"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


@pytest.fixture(scope="module")
def browser() -> Client:
    return console.signed_in(make_person("head_office"))


@pytest.fixture
def set_to(chain):
    done = []

    def write(unit_id: int, value: int) -> str:
        node = f"unit:{unit_id}"
        done.append(node)
        settings_tree.set_value(SYSTEM, node, KEY, value, system_clock.now())
        return node

    yield write
    for node in done:
        settings_tree.set_value(SYSTEM, node, KEY, None, system_clock.now())


def row_of(page: str, key: str = KEY) -> str:
    return re.search(rf'<tr id="{re.escape(key)}">(.*?)</tr>', page, flags=re.DOTALL)[1]


def test_a_value_says_its_level_its_way_and_what_is_set_below(browser, chain, set_to):
    region, store = set_to(chain.region.id, 700), set_to(chain.store.unit.id, 650)
    at_store = row_of(browser.get(PAGE, {"node": store}).content.decode())
    assert "<strong>¥6.50</strong>" in at_store
    assert re.findall(r"<li[^>]*>(.*?)</li>", at_store) == [
        "Built-in default: ¥8.00",
        f"{chain.region.name_en}: ¥7.00",
        f"{chain.store.unit.name_en}: ¥6.50",
    ]
    at_region = row_of(browser.get(PAGE, {"node": region}).content.decode())
    assert f"<li>{chain.store.unit.name_en}: ¥6.50</li>" in at_region
    assert "1 place" in at_region


def test_a_value_goes_back_to_what_holds_above(browser, chain, set_to):
    set_to(chain.region.id, 700)
    store = set_to(chain.store.unit.id, 650)
    assert browser.post(PAGE, {"node": store, "key": KEY, "clear": "1"}).status_code == 302
    shown = row_of(browser.get(PAGE, {"node": store}).content.decode())
    assert "<strong>¥7.00</strong>" in shown
    assert f'qy-info">{chain.region.name_en}' in shown


def test_what_is_out_of_its_limits_is_refused_and_stays(browser, chain, set_to):
    store = set_to(chain.store.unit.id, 650)
    for wrong in ("-1", "1e9", "abc", ""):
        answer = browser.post(PAGE, {"node": store, "key": KEY, "value": wrong}, follow=True)
        assert "<strong>¥6.50</strong>" in row_of(answer.content.decode()), wrong


def test_a_till_has_its_own_level(browser, chain):
    device, _token = make_device(store=chain.store)
    node, key = f"terminal:{device.id}", "pos.discount_limit_bp"
    assert browser.post(PAGE, {"node": node, "key": key, "value": "2000"}).status_code == 302
    shown = row_of(browser.get(PAGE, {"node": node}).content.decode(), key)
    assert ("<strong>2000</strong>" in shown, device.name in shown) == (True, True)
    assert browser.post(PAGE, {"node": node, "key": key, "clear": "1"}).status_code == 302


def test_settings_are_found_by_words(browser, chain):
    page = browser.get(PAGE, {"q": "express freight"}).content.decode()
    assert re.findall(r'<tr id="(.*?)">', page) == [KEY]
    assert "No setting is called so." in browser.get(PAGE, {"q": "nothing such"}).content.decode()


def test_all_values_are_asked_for_at_once(browser, chain, set_to):
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(PAGE, {"node": f"unit:{chain.store.unit.id}"})
        return sum("platform_setting" in one["sql"] for one in captured.captured_queries)

    assert asked() == 1
    for unit_id in (chain.region.id, chain.store.unit.id, chain.other_store.unit.id):
        set_to(unit_id, 650)
    assert asked() == 1
