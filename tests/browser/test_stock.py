"""The stock pages in a real Chromium: a cell that follows a sale, the way to its explanation, the map of stores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import Desk, sit_down
from tests.harness import checkout as buying
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Sit = Callable[[Person], Desk]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


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


def test_a_scan_leads_to_the_sku_whose_figures_follow_a_sale_and_say_why(chain: Chain, sit: Sit):
    desk = sit(make_person("store_manager", unit_id=chain.store.unit.id))
    page, unit = desk.page, chain.tea.unit_name
    assert desk.go("/console/stock/sku/") == 200
    # The field has the focus: a scanner types and presses Enter.
    expect(page.locator("input[name=code]")).to_be_focused()
    page.keyboard.type(chain.tea.code)
    page.keyboard.press("Enter")
    available = page.locator('[data-row] [data-cell="available"]')
    expect(available).to_have_text("100")
    expect(page.locator("canvas")).to_have_count(1)
    assert desk.look() == []

    sold = buying.place(buying.command(chain.store, (chain.tea, 3)))
    expect(available).to_have_text("97")
    expect(available).to_have_class(re.compile("qs-flash"))
    expect(page.locator('[data-sum="reserved"]')).to_have_text(f"3 {unit}")
    expect(page.get_by_text("Live figures")).to_be_visible()

    page.locator('[data-row] [data-cell="reserved"] a').click()
    expect(page.locator("h1")).to_have_text(f"Why is this 3 {unit}?")
    expect(page.get_by_text("It adds up")).to_be_visible()
    page.get_by_role("link", name=sold.number, exact=True).click()
    expect(page.locator("h1")).to_contain_text(sold.number)


def test_what_can_be_done_with_a_row_stands_in_its_menu(chain: Chain, sit: Sit):
    desk = sit(make_person("store_manager", unit_id=chain.store.unit.id))
    page = desk.page
    desk.go(f"/console/stock/location/?location={chain.store.unit.id}&q={chain.bread.code}")
    menu = page.locator(".qs-menu summary")
    menu.press("Enter")
    expect(page.get_by_role("link", name="Enter a count")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Enter a count")).to_be_hidden()
    menu.click()
    page.get_by_role("link", name="Enter a count").click()
    page.fill("input[name=counted]", "98")
    page.get_by_role("button", name="Enter a count").click()
    expect(page.get_by_text("The count is booked.")).to_be_visible()
    expect(page.locator("h1")).to_have_text(f"Why is this 98 {chain.bread.unit_name}?")
    assert buying.stock_of(chain.store, chain.bread)[0] == 98


def test_the_map_is_true_to_scale_searched_and_leads_to_a_store(chain: Chain, sit: Sit):
    desk = sit(make_person("region_manager", unit_id=chain.region.id))
    page = desk.page
    desk.go("/console/stock/map/")
    place = page.locator(".qs-map[data-drawn]")
    expect(place).to_be_visible()
    assert desk.look() == []
    # Two stores 0.04 degrees of longitude apart: their distance on the screen is that of the latitude's degrees
    # times the cosine of the latitude.
    where = "(map, id) => map.whereIs(id)"
    here, there = (place.evaluate(where, store.unit.id) for store in (chain.store, chain.other_store))
    scale = float(place.get_attribute("data-drawn") or 0)
    squeeze = place.evaluate("(map, latitude) => Math.cos(latitude * Math.PI / 180)", chain.store.latitude)
    assert there[0] - here[0] == pytest.approx(0.04 * squeeze * scale, rel=0.1, abs=0.2)
    assert there[1] == pytest.approx(here[1], abs=0.5)

    page.fill("[data-map-search]", chain.store.unit.code)
    expect(page.locator("[data-place]:visible")).to_have_count(1)
    expect(place).not_to_have_attribute("data-drawn", str(round(scale)))
    at = place.evaluate(where, chain.store.unit.id)
    place.click(position={"x": at[0], "y": at[1]})
    page.wait_for_url(re.compile(rf"location={chain.store.unit.id}\b"))
    expect(page.locator("h1")).to_have_text(chain.store.unit.name_en)


def test_the_map_moves_by_keyboard(chain: Chain, sit: Sit):
    desk = sit(make_person("region_manager", unit_id=chain.region.id))
    page = desk.page
    desk.go(f"/console/stock/map/?sku={chain.milk.id}")
    place = page.locator(".qs-map[data-drawn]")
    before = place.evaluate("(map, id) => map.whereIs(id)", chain.store.unit.id)
    place.press("ArrowRight")
    after = place.evaluate("(map, id) => map.whereIs(id)", chain.store.unit.id)
    assert after == pytest.approx([before[0] - 60, before[1]], abs=0.01)
    scale = place.get_attribute("data-drawn") or ""
    place.press("+")
    expect(place).not_to_have_attribute("data-drawn", scale)
    place.press("0")
    expect(place).to_have_attribute("data-drawn", scale)
