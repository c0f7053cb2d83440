"""The prices of a book in a real Chromium: two editors, a conflict at its cell, search, saving, a price's history."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from quanyu.modules.pricing.models import Price
from tests.browser.desk import Desk, sit_down
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person
from tests.harness.live import Live
from tests.harness.pricing import make_book

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Sit = Callable[[Person], Desk]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=0)


@pytest.fixture
def sit(live: Live, chromium: Browser) -> Iterator[Sit]:
    """Sit people down; at the end nothing was loaded from outside and nothing was complained of."""
    desks: list[Desk] = []

    def down(person: Person) -> Desk:
        desks.append(sit_down(chromium, live.url, person, language="en"))
        return desks[-1]

    yield down
    for desk in desks:
        desk.close()


def test_two_edit_one_book_and_neither_undoes_the_other(chain: Chain, sit: Sit):
    prices = {chain.milk.id: 1000, chain.tea.id: 8800, chain.bread.id: 1280}
    book = make_book(unit_id=chain.store.unit.id, prices=prices)
    first, second = sit(make_person("head_office")), sit(make_person("head_office"))
    # Both open the book and from its page the grid.
    for desk in (first, second):
        assert desk.go(f"/console/pricing/pricebook/{book.id}/") == 200
        desk.page.get_by_role("link", name="All prices").first.click()
        expect(desk.page.locator("[data-cell]")).to_have_count(3)
    assert first.look() == []

    def cell(desk: Desk, sku_id: int):
        return desk.page.locator(f'[data-cell="{sku_id}"]')

    # The first raises the milk; the difference stands beside it while he types.
    cell(first, chain.milk.id).fill("12")
    expect(first.page.locator("[data-difference]", has_text="+20.0%")).to_be_visible()
    expect(first.page.locator("[data-count]")).to_have_text("1")
    first.page.get_by_role("button", name="Save changes").click()
    expect(first.page.get_by_role("status")).to_contain_text("1 saved")
    expect(cell(first, chain.milk.id)).to_have_value("12.00")

    # The second moves by Enter and the arrows; his window still says 10 for the milk.
    inputs = second.page.locator("[data-cell]")
    inputs.nth(0).focus()
    second.page.keyboard.press("Enter")
    expect(inputs.nth(1)).to_be_focused()
    second.page.keyboard.press("ArrowUp")
    expect(inputs.nth(0)).to_be_focused()
    expect(cell(second, chain.milk.id)).to_have_value("10.00")
    cell(second, chain.milk.id).fill("11")
    cell(second, chain.tea.id).fill("90")
    cell(second, chain.bread.id).fill("cheap")
    expect(second.page.locator("td.qg-changed")).to_have_count(3)
    second.page.get_by_role("button", name="Save changes").click()
    status = second.page.get_by_role("status")
    expect(status).to_have_text("1 saved, 1 changed by others meanwhile, 1 refused.")
    conflict = second.page.locator("td.qg-stale")
    expect(conflict).to_have_count(1)
    expect(conflict).to_contain_text(re.compile(r"made it ¥12\.00 at .*yours \(¥11\.00\) is not saved"))
    expect(cell(second, chain.milk.id)).to_have_value("12.00")
    expect(cell(second, chain.tea.id)).to_have_value("90.00")
    expect(second.page.locator("td.qg-refused")).to_contain_text("Enter an amount in yuan")
    expect(cell(second, chain.bread.id)).to_have_value("cheap")
    assert second.look() == []
    # Esc takes back what was refused; the milk as it is now may be changed.
    cell(second, chain.bread.id).press("Escape")
    expect(cell(second, chain.bread.id)).to_have_value("12.80")
    cell(second, chain.milk.id).fill("11")
    second.page.get_by_role("button", name="Save changes").click()
    expect(status).to_have_text("1 saved, 0 changed by others meanwhile, 0 refused.")
    held = dict(Price.objects.filter(book_id=book.id).values_list("sku_id", "amount_fen"))
    assert held == {chain.milk.id: 1100, chain.tea.id: 9000, chain.bread.id: 1280}

    # A scan finds one row; its history says who made what of it.
    second.page.fill("input[name=q]", chain.milk.barcodes[0])
    second.page.keyboard.press("Enter")
    expect(second.page.locator("[data-cell]")).to_have_count(1)
    second.page.get_by_role("link", name="History of").click()
    expect(second.page.locator("h1")).to_have_text(chain.milk.name_en or chain.milk.name)
    expect(second.page.locator(".qp-chart path")).to_have_count(1)
    expect(second.page.locator("tbody tr")).to_have_count(3)
    expect(second.page.locator("tbody tr").first).to_contain_text("¥11.00")
    assert second.look() == []


def test_goods_are_put_into_a_book_and_taken_out(chain: Chain, sit: Sit):
    book = make_book(unit_id=chain.other_store.unit.id, prices={chain.milk.id: 1000})
    desk = sit(make_person("head_office"))
    desk.go(f"/console/pricing/prices/?book={book.id}&goods=all&q={chain.apples.code}")
    desk.page.locator(f'[data-cell="{chain.apples.id}"]').fill("19.9")
    desk.page.get_by_role("button", name="Save changes").click()
    expect(desk.page.get_by_role("status")).to_contain_text("1 saved")
    desk.go(f"/console/pricing/prices/?book={book.id}")
    expect(desk.page.locator("[data-cell]")).to_have_count(2)
    desk.page.locator(f'[data-cell="{chain.milk.id}"]').fill("")
    desk.page.get_by_role("button", name="Save changes").click()
    expect(desk.page.get_by_role("status")).to_contain_text("1 saved")
    assert list(Price.objects.filter(book_id=book.id).values_list("sku_id", flat=True)) == [chain.apples.id]
