"""Members at a till that is cut off, in a real browser (POS-05, POS-07): found, at their price, the sale theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, Playwright, expect

from quanyu.modules.orders import api as orders
from quanyu.platform import db
from tests.browser.asked import ALL_SENT, until
from tests.browser.test_pos import Counter, player, scan
from tests.harness import web
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.clients import TillClient, cash
from tests.harness.live import Live
from tests.harness.members import make_member, phone

__all__ = ["player"]
MEMBER_MILK_FEN = MILK_FEN - 100
# All members that lie in the till's database, as one text of its bytes; empty while there are none.
ON_THE_DISK = """async () => {
  const open = indexedDB.open('quanyu-pos')
  await new Promise((done) => { open.onsuccess = done })
  const rows = await new Promise((done) => {
    const all = open.result.transaction('members').objectStore('members').getAll()
    all.onsuccess = () => done(all.result)
  })
  open.result.close()
  return rows.map((row) => row.marks.join() + new TextDecoder('latin1').decode(row.sealed)).join('')
}"""


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100, member_milk_fen=MEMBER_MILK_FEN)


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def bought_here(chain: Chain, number: str):
    """A member who was here before."""
    member = make_member(phone_number=number, name="钱多多")
    till = TillClient(chain.store).sign_in(chain.cashier)
    till.open_shift()
    till.sell({chain.bread.id: 1}, tenders=cash(till_price(till, chain)), member_id=str(member.id)).expect(201)
    return member


def till_price(till: TillClient, chain: Chain) -> int:
    quote = till.post("/quotes", {"lines": [{"sku_id": chain.bread.id, "quantity": 1}]}).expect(200)
    return int(quote["payable_fen"])


def kept(page: Page) -> str:
    until(page, f"async () => (await ({ON_THE_DISK})()) !== ''")
    return str(page.evaluate(ON_THE_DISK))


def test_pos07_a_member_is_found_without_the_network_at_the_member_price_and_the_sale_is_theirs(
    counter: Counter, chain: Chain
):
    number = phone()
    member = bought_here(chain, number)
    page = counter.begin(chain)
    on_the_disk = kept(page)
    assert not [
        word for word in (number, member.number, "钱", str(member.id), f"****{number[-4:]}") if word in on_the_disk
    ]
    assert counter.window is not None
    counter.window.route("**/api/**", lambda route: route.abort())
    scan(page, chain.milk.barcodes[0])
    page.keyboard.press("F4")
    page.wait_for_selector("input[name=member]")
    page.keyboard.type(number[-4:])
    page.keyboard.press("Enter")
    found = page.locator("dialog .found-one")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("钱*多")
    found.click()
    expect(page.locator(".shopper")).to_contain_text("钱*多")
    expect(page.locator("[data-test=payable]")).to_contain_text(f"{MEMBER_MILK_FEN / 100:.2f}")
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=paper]")
    page.keyboard.press("Enter")
    counter.window.unroute_all()
    expect(page.locator("[data-test=net]")).to_have_text("已联网", timeout=70_000)
    until(page, ALL_SENT)
    newest = db.value(
        "SELECT id FROM orders_order WHERE member_id = %s ORDER BY placed_at DESC, id DESC LIMIT 1", [member.id]
    )
    order = orders.order(id=UUID(str(newest)))
    assert (order.member_id, order.payable_fen, order.lines[0].sku_id) == (member.id, MEMBER_MILK_FEN, chain.milk.id)
