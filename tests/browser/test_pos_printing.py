"""Receipts of the till on the printer of its computer, through the bridge, in Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from quanyu.entrypoints.print_bridge.printers import DevicePrinter
from quanyu.entrypoints.print_bridge.server import Bridge
from quanyu.entrypoints.print_bridge.server import server as bridge_server
from quanyu.entrypoints.print_bridge.spool import Spool
from tests.browser.test_pos import Counter, counter, next_customer, pay_cash, player, scan, server, settled
from tests.browser.till_returns import confirm, done, take
from tests.harness import escpos
from tests.harness.chain import Chain, make_chain
from tests.harness.live import eventually

pytestmark = [pytest.mark.slow, pytest.mark.browser]
__all__ = ["counter", "player", "server"]
TOKEN = "the-token-of-this-till"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


class Desk:
    """The bridge on the till's computer; its printer is a file."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.device = folder / "lp0"
        self.device.touch()
        self.bridge = Bridge(Spool(folder / "jobs"), DevicePrinter(self.device), TOKEN, {origin})
        self.listening = bridge_server(self.bridge, port=0)
        self.port = self.listening.server_address[1]
        for work in (self.listening.serve_forever, self.bridge.print_all):
            threading.Thread(target=work, daemon=True).start()

    def paper(self) -> escpos.Paper:
        return escpos.read(self.device.read_bytes())

    def stop(self) -> None:
        self.bridge.stopping.set()
        self.bridge.wake.set()
        self.listening.shutdown()
        self.listening.server_close()


@pytest.fixture
def desk(counter: Counter, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, counter.url)
    # The bridge is the one other address that a till asks.
    counter.own = (f"http://127.0.0.1:{made.port}/",)
    yield made
    made.stop()


def connect(page: Page, port: int, token: str) -> None:
    """Type the bridge into the printer settings of an open receipt."""
    page.locator("[data-test=printer]").click()
    page.get_by_role("button", name="打印桥", exact=True).click()
    page.locator("input[name=token]").fill(token)
    page.locator("input[name=port]").fill(str(port))


def said(page: Page, words: str) -> None:
    """See this in the note about the printer."""
    expect(page.locator("[data-test=printer-said]").last).to_contain_text(words, timeout=20_000)


def test_pos_01_a_sale_prints_by_itself_once_and_opens_the_drawer_for_cash(counter: Counter, chain: Chain, desk: Desk):
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    pay_cash(page, "10")
    connect(page, desk.port, "not the token")
    page.locator("[data-test=try]").click()
    said(page, "口令不对")
    assert desk.device.read_bytes() == b""
    page.locator("input[name=token]").fill(TOKEN)
    page.locator("[data-test=try]").click()
    said(page, "已打印")
    assert desk.paper().lines[0].split() == ["打印测试"]
    page.locator("button[form=printer]").click()
    next_customer(page)
    desk.device.write_bytes(b"")
    scan(page, chain.milk.barcodes[0])
    pay_cash(page, "10")
    said(page, "已打印")
    paper = desk.paper()
    assert (paper.cuts, paper.drawers) == (1, 1)
    assert paper.large == [chain.store.unit.name]
    assert [line for line in paper.lines if "应" in line and "6.50" in line] != []
    assert any(chain.milk.name in line for line in paper.lines)
    assert all(sum(2 if sign > "\u2e80" else 1 for sign in line) <= 48 for line in paper.lines)
    # The same paper once more is a copy: it says so, and the drawer stays shut.
    page.keyboard.press("p")
    eventually(lambda: desk.paper().cuts == 2)
    assert desk.paper().drawers == 1


def test_svc_05_a_gift_receipt_is_a_paper_of_its_own_without_prices(counter: Counter, chain: Chain, desk: Desk):
    page = counter.begin(chain)
    scan(page, chain.bread.barcodes[0])
    pay_cash(page, "20")
    connect(page, desk.port, TOKEN)
    page.keyboard.press("Enter")
    next_customer(page)
    scan(page, chain.milk.barcodes[0])
    pay_cash(page, "10")
    said(page, "已打印")
    eventually(lambda: desk.paper().cuts == 1)
    desk.device.write_bytes(b"")
    page.keyboard.press("g")
    expect(page.locator("[data-test=paper]")).to_contain_text("礼品小票")
    page.keyboard.press("p")
    eventually(lambda: desk.paper().cuts == 1)
    gift = desk.paper()
    assert gift.drawers == 0
    assert any(chain.milk.name in line for line in gift.lines)
    assert not [line for line in gift.lines if "6.50" in line or "10.00" in line or "现金" in line]
    # Pressed again the sheet is the receipt.
    page.keyboard.press("g")
    expect(page.locator("[data-test=paper]")).to_contain_text("6.50")


def test_pos_01_a_bridge_that_is_off_is_told_and_the_sale_stands(counter: Counter, chain: Chain, desk: Desk):
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    pay_cash(page, "10")
    connect(page, desk.port, TOKEN)
    page.keyboard.press("Enter")
    next_customer(page)
    desk.stop()
    scan(page, chain.bread.barcodes[0])
    pay_cash(page, "20")
    said(page, "打印桥没有响应")
    next_customer(page)
    expect(page.locator("[data-test=tiles]")).to_be_visible()


def test_aft_02_a_paper_leads_back_to_its_sale_and_the_slip_opens_the_drawer(
    counter: Counter, chain: Chain, desk: Desk
):
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    pay_cash(page, "10")
    connect(page, desk.port, TOKEN)
    page.keyboard.press("Enter")
    next_customer(page)
    scan(page, chain.bread.barcodes[0])
    pay_cash(page, "20")
    said(page, "已打印")
    (code,) = desk.paper().codes
    next_customer(page)
    settled(page)
    desk.device.write_bytes(b"")
    scan(page, code)
    take(page, 1, 1)
    confirm(page)
    number = done(page)
    said(page, "已打印")
    slip = desk.paper()
    assert (slip.cuts, slip.drawers, slip.large) == (1, 1, [chain.store.unit.name])
    assert [line for line in slip.lines if number in line] != []
    assert slip.codes == []
