"""The settings of a place: from which level each value comes, what is set otherwise below, and how it goes back."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Invalid
from quanyu.platform import settings_tree
from quanyu.platform.models import AuditEvent
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
    node, key = f"terminal:{device.id}", "pos.member_code_minutes"
    assert browser.post(PAGE, {"node": node, "key": key, "value": "20"}).status_code == 302
    shown = row_of(browser.get(PAGE, {"node": node}).content.decode(), key)
    assert ("<strong>20</strong>" in shown, device.name in shown) == (True, True)
    assert browser.post(PAGE, {"node": node, "key": key, "clear": "1"}).status_code == 302


@pytest.mark.parametrize(
    ("key", "level"),
    [
        ("payments.second_person_above", "store"),
        ("pos.discount_limit_bp", "store"),
        ("platform.reveals_per_day", "brand"),
        ("pos.blind_count", "store"),
    ],
)
def test_a_sensitive_setting_is_changed_with_a_proof_and_a_reason(chain, key, level):
    """By whatever way it is sent, nothing changes before; the reason stands in the audit trail."""
    boss = make_person("head_office")
    browser, node = console.signed_in(boss), "brand" if level == "brand" else f"unit:{chain.store.unit.id}"
    value, stored = ("no", False) if key == "pos.blind_count" else ("30", 3000 if key.startswith("pay") else 30)
    row = row_of(browser.get(PAGE, {"node": node}).content.decode(), key)
    assert "<form" not in row
    address = f"{PAGE}?{urlencode({'node': node, 'change': key})}"
    assert html.escape(address.removeprefix(PAGE)) in row
    held = lambda: [one.value for one in settings_tree.stored(keys=[key]) if one.node == node]  # noqa: E731
    sent = {"value": value, "reason": "大促期间"}
    assert browser.post(PAGE, {"node": node, "key": key, **sent}).headers["Location"] == address
    assert "It is me" in browser.post(address, sent).content.decode()
    assert browser.post(address, {**sent, "step_up_proof": "000000"}).status_code == 422
    assert held() == []
    console.prove(browser, boss, address)
    assert browser.post(address, {**sent, "reason": ""}).status_code == 422
    assert browser.post(address, {**sent, "value": "-1"}).status_code == 422
    assert held() == []
    try:
        assert browser.post(address, sent).status_code == 302
        assert held() == [stored]
        back = {"value": value, "as_above": "on", "reason": "结束"}
        assert browser.post(address, back).status_code == 302
    finally:
        settings_tree.set_value(SYSTEM, node, key, None, system_clock.now())
    assert held() == []
    trail = AuditEvent.objects.filter(action="settings.set", subject_id=key, actor_id=str(boss.id)).order_by("id")
    assert [(one.actor_kind, one.reason, one.detail["after"]) for one in trail] == [
        ("staff", "大促期间", stored),
        ("staff", "结束", None),
    ]


def test_a_sensitive_setting_is_changed_only_where_one_may_and_it_may_be(chain, browser):
    key, node = "payments.second_person_above", f"unit:{chain.store.unit.id}"
    manager = console.signed_in(make_person("store_manager", unit_id=chain.store.unit.id))
    assert manager.post(f"{PAGE}?node={node}&change={key}", {"value": "1", "reason": "why"}).status_code == 403
    device, _token = make_device(store=chain.store)
    assert browser.get(f"{PAGE}?node=terminal:{device.id}&change={key}").status_code == 404
    assert browser.get(f"{PAGE}?node={node}&change={KEY}").status_code == 404
    assert browser.get(f"{PAGE}?node={node}&change=no.such").status_code == 404


def test_past_the_page_a_sensitive_setting_needs_its_reason_too(chain):
    boss, node = make_person("head_office"), f"unit:{chain.store.unit.id}"
    with pytest.raises(Invalid):
        settings_tree.set_value(boss.actor, node, "payments.second_person_above", 1, system_clock.now())
    assert settings_tree.get("payments.second_person_above", ["brand", node]) == 500_00


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
