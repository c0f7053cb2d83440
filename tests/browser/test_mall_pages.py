"""The page editor in a real Chromium: arrange by hand and by key, see it on the phone, save, publish, take back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts.window import Block
from tests.browser.desk import Desk, sit_down
from tests.harness import catalog as goods
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Sit = Callable[[Person], Desk]


@pytest.fixture
def chain() -> Chain:
    """Make a chain whose region shows its stores one notice."""
    made = make_chain(stock=5)
    now = system_clock.now()
    blocks = (Block(kind="notice", text="八点开门", text_en="Open from eight"),)
    api.publish_page(unit_id=made.region.id, version=0, blocks=blocks, actor=SYSTEM, now=now)
    return made


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


def home(live: Live, store_id: int) -> list[dict[str, Any]]:
    """Return the blocks that shoppers of a store see."""
    answer = requests.get(f"{live.url}/api/mall/v1/stores/{store_id}/home", timeout=20)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["blocks"])


def kinds(page: Page) -> list[str]:
    """Return what the blocks on the screen are called, from top to bottom."""
    found = page.locator(".qm-name").evaluate_all("all => all.map((one) => one.firstChild.textContent)")
    return [str(one) for one in found]


def add(page: Page, kind: str) -> Locator:
    """Add a block and return it; it stands last and open."""
    page.locator("[data-add] button", has_text=kind).click()
    return page.locator(".qm-block").last


def phone(page: Page) -> Locator:
    return page.locator("[data-preview]")


def put_in_order(page: Page) -> None:
    """Move the blocks of the first test: the banner by key, others by hand, upwards and downwards."""
    page.locator(".qm-name").last.focus()
    for _ in range(2):
        page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".qm-name").nth(1)).to_be_focused()
    assert kinds(page) == ["Notice", "Banners", "Notice", "Shortcuts"]
    for name in ("Banners", "Shortcuts", "Notice"):
        page.locator(".qm-name[aria-expanded=true]", has_text=name).click()
    page.locator(".qm-handle").nth(3).drag_to(page.locator(".qm-block").first, target_position={"x": 60, "y": 4})
    assert kinds(page) == ["Shortcuts", "Notice", "Banners", "Notice"]
    page.locator(".qm-handle").nth(1).drag_to(page.locator(".qm-block").nth(2), target_position={"x": 60, "y": 44})
    assert kinds(page) == ["Shortcuts", "Banners", "Notice", "Notice"]
    expect(phone(page).locator(".qm-p").first.locator("[data-icon=gift]")).to_be_visible()


def test_mall_02_a_page_is_arranged_seen_on_the_phone_published_and_taken_back(
    live: Live, chain: Chain, sit: Sit, tmp_path: Path
):
    store_id = chain.store.unit.id
    desk = sit(make_person("head_office"))
    page = desk.page
    desk.go(f"/console/mall/pages/?unit={store_id}")
    expect(page.get_by_text(f"Shoppers see the page of {chain.region.name_en}.")).to_be_visible()
    assert kinds(page) == ["Notice"]
    expect(phone(page)).to_contain_text("Open from eight")

    # What is not finished says what it lacks; the phone goes on showing the rest, and every letter that comes.
    notice = add(page, "Notice")
    expect(notice.get_by_text("a notice needs a text")).to_be_visible()
    expect(phone(page)).to_contain_text("Open from eight")
    notice.get_by_label("Text", exact=True).fill("草莓到货")
    notice.get_by_label("English text").fill("Strawberries are in")
    expect(phone(page)).to_contain_text("Strawberries are in")
    expect(notice.get_by_text("a notice needs a text")).to_be_hidden()

    # An icon is picked by its picture, and the keyboard stays where it was.
    shortcuts = add(page, "Shortcuts")
    shortcuts.get_by_role("button", name="Add an entry").click()
    shortcuts.get_by_label("Heading", exact=True).fill("送礼")
    shortcuts.get_by_label("English heading").fill("Gifts")
    shortcuts.locator("summary").click()
    shortcuts.get_by_role("button", name="Gift box").click()
    expect(shortcuts.locator("summary [data-icon=gift]")).to_be_visible()
    expect(shortcuts.locator("summary")).to_be_focused()
    expect(phone(page).locator("[data-icon=gift]")).to_be_visible()

    banner = add(page, "Banners")
    banner.get_by_role("button", name="Add an entry").click()
    (tmp_path / "banner.png").write_bytes(goods.picture(colour=(200, 90, 40)))
    banner.locator("input[type=file]").set_input_files(tmp_path / "banner.png")
    shown = phone(page).locator("figure img")
    expect(shown).to_be_visible()
    assert shown.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0
    assert desk.look() == []

    put_in_order(page)

    # Shoppers see the draft when it is published, and not before.
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("[data-said]")).to_have_text("The draft is saved.")
    assert [one["text_en"] for one in home(live, store_id)] == ["Open from eight"]
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".qy-badge")).to_have_text("Published")
    seen = home(live, store_id)
    assert [one["kind"] for one in seen] == ["shortcuts", "banner", "notice", "notice"]
    assert [(one["icon"], one["title"], one["title_en"]) for one in seen[0]["shortcuts"]] == [("gift", "送礼", "Gifts")]
    assert requests.get(live.url + seen[1]["banners"][0]["image"], timeout=20).status_code == 200
    assert [one["text"] for one in seen[2:]] == ["八点开门", "草莓到货"]
    assert [one["text"] for one in home(live, chain.other_store.unit.id)] == ["八点开门"]

    # Taken back with a change on the screen: the inherited page again, and what was arranged is kept as the draft.
    page.locator(".qm-block").last.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Use the inherited page").click()
    expect(page.get_by_text(f"Shoppers see the page of {chain.region.name_en}.")).to_be_visible()
    assert kinds(page) == ["Shortcuts", "Banners", "Notice"]
    assert [one["text"] for one in home(live, store_id)] == ["八点开门"]


def test_mall_02_goods_are_picked_by_hand_and_a_shortcut_leads_to_one(live: Live, chain: Chain, sit: Sit):
    store_id = chain.store.unit.id
    desk = sit(make_person("head_office"))
    page = desk.page
    desk.go(f"/console/mall/pages/?unit={store_id}")
    picked = add(page, "Goods")
    picked.get_by_label("Which goods").select_option("picked")
    for sku in (chain.tea, chain.milk):
        picked.get_by_label("Search goods by name or code").fill(sku.code)
        picked.locator(".qm-hits button", has_text=sku.code).click()
        expect(picked.locator(".qm-chip", has_text=sku.name_en or sku.name)).to_have_count(1)
    picked.locator(".qm-chip").first.get_by_role("button").click()
    expect(picked.locator(".qm-chip")).to_have_count(1)
    expect(phone(page).locator(".qm-p-goods b")).to_have_count(1)

    shortcuts = add(page, "Shortcuts")
    shortcuts.get_by_role("button", name="Add an entry").click()
    shortcuts.get_by_label("Heading", exact=True).fill("喝茶")
    shortcuts.locator(".qm-link select").select_option("product")
    shortcuts.get_by_label("Search goods by name or code").fill(chain.tea.code)
    shortcuts.locator(".qm-hits button").first.click()
    assert desk.look() == []
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".qy-badge")).to_have_text("Published")
    seen = home(live, store_id)
    assert [one["sku_id"] for one in seen[1]["goods"]] == [chain.milk.id]
    link = {"kind": "product", "value": str(chain.tea.product_id)}
    assert [one["link"] for one in seen[2]["shortcuts"]] == [link]
    # Loaded again, the link is called by its product's name, not by its number.
    page.locator(".qm-name", has_text="Shortcuts").click()
    shown = page.locator(".qm-block").last.get_by_label("Search goods by name or code")
    assert chain.tea.name[:3] in shown.input_value() or (chain.tea.name_en or "-")[:3] in shown.input_value()


def test_mall_02_who_was_overtaken_is_refused_and_keeps_what_stands_on_the_screen(live: Live, chain: Chain, sit: Sit):
    store_id, now = chain.store.unit.id, system_clock.now()
    page = sit(make_person("head_office")).page
    page.goto(f"/console/mall/pages/?unit={store_id}")
    mine = add(page, "Notice")
    mine.get_by_label("Text", exact=True).fill("我的公告")
    theirs = (Block(kind="notice", text="同事的公告"),)
    api.publish_page(unit_id=store_id, version=0, blocks=theirs, actor=SYSTEM, now=now)

    for deed in ("Save the draft", "Publish"):
        page.get_by_role("button", name=deed, exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed this page meanwhile.")
    assert kinds(page) == ["Notice", "Notice"]
    expect(mine.get_by_label("Text", exact=True)).to_have_value("我的公告")
    # The refusal stands until a deed succeeds, however much is typed.
    mine.get_by_label("English text").fill("Mine")
    expect(phone(page)).to_contain_text("Mine")
    expect(page.get_by_role("alert")).to_contain_text("Somebody else")
    assert [one["text"] for one in home(live, store_id)] == ["同事的公告"]
    assert [one.text for one in api.unit_page(unit_id=store_id).blocks] == ["同事的公告"]
    page.on("dialog", lambda asks: asks.accept())
    page.goto("/console/")


def test_mall_02_an_unfinished_block_is_refused_and_shown(live: Live, chain: Chain, sit: Sit):
    store_id = chain.store.unit.id
    page = sit(make_person("head_office")).page
    page.goto(f"/console/mall/pages/?unit={store_id}")
    add(page, "Banners").locator(".qm-name").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Block 2: it is empty.")
    expect(page.locator(".qm-name").nth(1)).to_be_focused()
    expect(page.locator(".qm-name").nth(1)).to_have_attribute("aria-expanded", "true")
    assert api.unit_page(unit_id=store_id).version == 0
    page.on("dialog", lambda asks: asks.accept())
    page.goto("/console/")


def test_sec_01_who_may_only_look_changes_nothing(live: Live, chain: Chain, sit: Sit):
    page = sit(make_person("auditor")).page
    page.goto(f"/console/mall/pages/?unit={chain.store.unit.id}")
    expect(phone(page)).to_contain_text("Open from eight")
    expect(page.locator("[data-deed], [data-add]")).to_have_count(0)
    page.locator(".qm-name").click()
    expect(page.locator(".qm-body textarea").first).to_be_disabled()
    expect(page.locator(".qm-handle")).to_have_attribute("draggable", "false")
