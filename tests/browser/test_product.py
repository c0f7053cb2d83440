"""A product's page in a real Chromium: pictures are dropped on it, refused, moved by hand and by key."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from tests.browser.desk import PATIENCE_MS, Desk, sit_down
from tests.harness import catalog as goods
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Sit = Callable[[Person], Desk]
_DROP = """(gallery, files) => {
  const brought = new DataTransfer();
  for (const [name, kind, content] of files) {
    brought.items.add(new File([Uint8Array.from(atob(content), (one) => one.charCodeAt(0))], name, { type: kind }));
  }
  for (const event of ["dragover", "drop"]) {
    gallery.dispatchEvent(new DragEvent(event, { dataTransfer: brought, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=20)


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


def drop(page: Page, *files: tuple[str, str, bytes]) -> None:
    """Let somebody drop files from his desk on the gallery."""
    sent = [[name, kind, base64.b64encode(content).decode()] for name, kind, content in files]
    page.locator("[data-gallery]").evaluate(_DROP, sent)


def shown(page: Page) -> list[int]:
    """Return the pictures in the order in which they stand on the page."""
    return [
        int(one) for one in page.eval_on_selector_all("[data-picture]", "all => all.map((one) => one.dataset.picture)")
    ]


def kept(product_id: int) -> list[int]:
    """Return the pictures in the order in which the product has them."""
    return [one.id for one in catalog.products(ids=[product_id])[product_id].pictures]


def test_pictures_are_dropped_refused_and_moved(chain: Chain, sit: Sit):
    product = goods.make_product(category_id=chain.category.id)
    desk = sit(make_person("head_office"))
    page = desk.page
    desk.go(console.row_address("catalog.product", product.id))
    pictures = page.locator("[data-picture]")
    expect(pictures).to_have_count(0)

    drop(page, *((f"{n}.png", "image/png", goods.picture(colour=(60 * n, 90, 120))) for n in range(3)))
    expect(pictures).to_have_count(3, timeout=PATIENCE_MS)
    first, second, third = kept(product.id)
    assert shown(page) == [first, second, third]
    assert desk.look() == []

    # What is no picture is refused by its name; the good one beside it stays.
    drop(page, ("notes.png", "image/png", b"no picture"), ("4.png", "image/png", goods.picture(colour=(9, 9, 200))))
    expect(page.locator("[data-problems] li")).to_have_text(re.compile(r"notes\.png: .*(JPEG, PNG or WebP)"))
    expect(pictures).to_have_count(4, timeout=PATIENCE_MS)
    fourth = kept(product.id)[3]

    # By key: the fourth goes one forward. By hand: the third goes before the first.
    page.get_by_role("button", name="Move picture 4 forward").press("Enter")
    expect(page.get_by_text("The order is saved.")).to_be_visible(timeout=PATIENCE_MS)
    assert kept(product.id) == shown(page) == [first, second, fourth, third]
    page.reload()
    page.locator(f'[data-picture="{third}"]').drag_to(
        page.locator(f'[data-picture="{first}"]'), target_position={"x": 8, "y": 80}
    )
    expect(page.get_by_text("The order is saved.")).to_be_visible(timeout=PATIENCE_MS)
    assert kept(product.id) == shown(page) == [third, first, second, fourth]

    # The list shows the new main picture.
    desk.go(f"{console.list_address('catalog.product')}?q={product.code}")
    main = catalog.products(ids=[product.id])[product.id].pictures[0]
    assert main.thumb in (page.locator("#result_list img").first.get_attribute("src") or "")


def test_who_may_not_edit_looks_at_pictures_only(chain: Chain, sit: Sit):
    product = goods.make_product(category_id=chain.category.id)
    catalog.add_image(product_id=product.id, content=goods.picture(), actor=SYSTEM, now=system_clock.now())
    desk = sit(chain.manager)
    desk.go(console.row_address("catalog.product", product.id))
    expect(desk.page.locator("[data-picture] img")).to_be_visible()
    expect(desk.page.locator("[data-gallery], [data-shift], .qc-add")).to_have_count(0)
