"""The matrix of roles says in words what each permits, and why a person may do something at a place."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from quanyu.modules.identity import api as identity
from quanyu.modules.identity.admin.permission_texts import MODULES, TEXTS
from quanyu.platform.console import registry
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person

PAGE = "/console/staff-matrix/"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


@pytest.fixture(scope="module")
def browser() -> Client:
    return console.signed_in(make_person("head_office"))


def test_every_permission_that_a_screen_or_a_role_names_has_words():
    declared = {page.permission for page in registry.pages()} | {tile.permission for tile in registry.tiles()}
    for listed in console.lists().values():
        declared |= {listed.view_permission, *(deed.permission for deed in (*listed.all_deeds(), *listed.list_deeds))}
    declared |= {pattern for role in identity.roles() for pattern in role.permissions}
    exact = {code for code in declared if code and "*" not in code and not code.startswith("test")}
    assert sorted(exact - set(TEXTS)) == []
    assert {code.partition(".")[0] for code in TEXTS} <= set(MODULES)


def test_a_role_shows_what_it_permits(browser):
    page = browser.get(PAGE).content.decode()
    row = re.search(r"<td>Decide as second person.*?</tr>", page, flags=re.DOTALL)[0]
    roles = re.findall(r'<th scope="col">(.*?)</th>', page[page.index("qy-matrix") :])[1:]
    has = dict(zip(roles, ["qy-yes" in cell for cell in row.split("<td>")[2:]], strict=True))
    assert [has[name] for name in ("Head office", "Store manager", "Cashier")] == [True, True, False]


def answered(browser: Client, person, unit_id: int) -> dict[str, tuple[str, str]]:
    page = browser.get(PAGE, {"person": person.id, "unit": unit_id}).content.decode()
    table = page[page.index("What 测试员 may do at") : page.index("Who has which role where")]
    cells = re.findall(r'<td class="">(.*?)</td>' * 1, table, flags=re.DOTALL)
    texts = [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells]
    return {texts[at + 1]: (texts[at + 2], texts[at + 3]) for at in range(0, len(texts), 4)}


def test_what_a_person_may_do_here_is_answered_with_the_reason(browser, chain):
    cashier = make_person("cashier", unit_id=chain.store.unit.id)
    here = answered(browser, cashier, chain.store.unit.id)
    assert here["Sell"][0] == "Yes"
    assert here["Sell"][1] == f"Cashier · This store only · {chain.store.unit.name_en}"
    assert "Decide as second person" not in here
    there = answered(browser, cashier, chain.other_store.unit.id)
    assert there["Sell"][0] == "Not here"
    region = answered(browser, make_person("region_manager", unit_id=chain.region.id), chain.other_store.unit.id)
    assert region["Cancel paid orders"][0] == "Yes"


def test_a_manager_sees_his_people_only(chain):
    elsewhere = make_person("cashier", unit_id=chain.other_store.unit.id)
    manager = console.signed_in(chain.manager)
    page = manager.get(PAGE).content.decode()
    assert (chain.cashier.username in page, elsewhere.username in page) == (True, False)
    asked = {"person": elsewhere.id, "unit": chain.other_store.unit.id}
    assert manager.get(PAGE, asked).status_code == 404
