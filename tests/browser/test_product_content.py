"""What a product's page tells beside its description, typed in a real Chromium and shown by the mall."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts.content import ProductContent, Section, SectionKind
from tests.browser.desk import sit_down
from tests.harness import catalog as goods
from tests.harness.chain import Chain, make_chain
from tests.harness.clients import MallClient
from tests.harness.identity import make_person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TABLE = "尺码\t胸围\t衣长\nS\t92\t64\nM\t96"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=20)


def saved(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-said]")).to_have_text("Saved. The product's page shows it now.")


def test_mall_07_a_size_table_and_a_section_with_a_picture_are_typed_and_shown(
    live: Live, chromium: Browser, chain: Chain, tmp_path: Path
):
    product_id = chain.milk.product_id
    desk = sit_down(chromium, live.url, make_person("head_office"), language="en")
    page = desk.page
    assert desk.go(f"/console/catalog/content/?product={product_id}") == 200
    page.locator("[data-guide=title]").fill("上装尺码")
    page.locator("[data-table]").fill(TABLE)
    page.locator("[data-add] button", has_text="How to use it").click()
    section = page.locator("[data-sections] .qk-part")
    # A section is called the same in both languages, whoever adds it.
    expect(section.get_by_label("Heading", exact=True)).to_have_value("怎么用")
    expect(section.get_by_label("English heading")).to_have_value("How to use it")
    section.get_by_label("Text (HTML)", exact=True).fill("<p>摇一摇</p><script>x</script>")
    (tmp_path / "step.png").write_bytes(goods.picture(colour=(40, 140, 200)))
    section.locator("input[type=file]").set_input_files(tmp_path / "step.png")
    expect(section.locator(".qk-shot img")).to_be_visible()
    page.get_by_role("button", name="Add a service").click()
    page.locator("[data-services] .qk-part").get_by_label("Name", exact=True).fill("冷链配送")
    assert desk.look() == []
    saved(page)

    found = MallClient().get(f"/stores/{chain.store.unit.id}/products/{product_id}/content").expect(200)
    guide = found["size_guide"]
    # What Excel left out at the end of a row is an empty cell.
    assert (guide["title"], guide["columns"]) == ("上装尺码", ["尺码", "胸围", "衣长"])
    assert guide["rows"] == [["S", "92", "64"], ["M", "96", ""]]
    (shown,) = found["sections"]
    assert (shown["kind"], shown["title"], shown["body_html"]) == ("how_to", "怎么用", "<p>摇一摇</p>")
    assert requests.get(live.url + shown["pictures"][0]["full"], timeout=20).status_code == 200
    assert [one["name"] for one in found["services"]] == ["冷链配送"]

    # The page goes on from what it saved; what does not fit is refused where it is seen, and stays on the screen.
    page.locator("[data-guide=note]").fill("平铺测量")
    saved(page)
    page.locator("[data-table]").fill("尺码\t" + "很长" * 20 + "\nS\t1")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("a text is too long")
    expect(page.get_by_role("alert")).to_be_in_viewport()
    page.locator("[data-table]").fill(TABLE)
    saved(page)
    desk.close()


def test_mall_07_who_was_overtaken_is_refused_and_keeps_what_was_typed(live: Live, chromium: Browser, chain: Chain):
    product_id, now = chain.tea.product_id, system_clock.now()
    desk = sit_down(chromium, live.url, make_person("head_office"), language="en")
    page = desk.page
    desk.go(f"/console/catalog/content/?product={product_id}")
    page.locator("[data-table]").fill(TABLE)
    theirs = ProductContent(sections=(Section(SectionKind.STORY, "故事"),))
    catalog.write_content(product_id=product_id, content=theirs, actor=SYSTEM, now=now)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("[data-table]")).to_have_value(TABLE)
    kept = catalog.product_content(product_id=product_id)
    assert (kept.size_guide, [one.title for one in kept.sections]) == (None, ["故事"])
    page.on("dialog", lambda asks: asks.accept())
    page.goto("/console/")
    desk.close()
