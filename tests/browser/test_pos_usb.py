"""Receipts of the till on a printer at its USB (WebUSB), with a printer that Chromium believes in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.test_pos import Counter, next_customer, pay_cash, player, scan, settled
from tests.harness import escpos, web
from tests.harness.chain import Chain, make_chain
from tests.harness.live import Live

pytestmark = [pytest.mark.slow, pytest.mark.browser]
__all__ = ["player"]
# What it was given lies in localStorage, as does how it behaves, so that both survive a reload as a real printer does.
PRINTER = """(() => {
  const get = (key, usual) => JSON.parse(localStorage.getItem('fake-' + key) ?? JSON.stringify(usual))
  const put = (key, value) => localStorage.setItem('fake-' + key, JSON.stringify(value))
  const endpoints = [[2, 'in'], [1, 'out']].map(([endpointNumber, direction]) => (
    { endpointNumber, direction, type: 'bulk' }))
  const printer = {
    vendorId: 0x04b8, productId: 0x0e15, serialNumber: 'A1', productName: 'TM-T20',
    opened: false, configuration: null, claimed: -1,
    async open() { this.opened = true },
    async close() { this.opened = false; this.claimed = -1 },
    async selectConfiguration() {
      this.configuration = { interfaces: [
        { interfaceNumber: 0, alternates: [{ alternateSetting: 0, interfaceClass: 3, endpoints }] },
        { interfaceNumber: 1, alternates: [{ alternateSetting: 0, interfaceClass: 7, endpoints }] },
      ] }
    },
    async claimInterface(number) {
      if (get('mood', '') === 'busy') throw new DOMException('claimed', 'NetworkError')
      this.claimed = number
    },
    async releaseInterface() { this.claimed = -1 },
    async selectAlternateInterface() {},
    async transferOut(endpoint, data) {
      if (!this.opened || this.claimed !== 1 || endpoint !== 1) throw new DOMException('not mine', 'InvalidStateError')
      const taken = [...data].slice(0, get('mood', '') === 'stops' && get('bytes', []).length > 0 ? 0 : 100)
      put('bytes', [...get('bytes', []), ...taken])
      return { status: 'ok', bytesWritten: taken.length }
    },
  }
  Object.defineProperty(navigator, 'usb', { value: {
    getDevices: async () => (get('chosen', false) && get('mood', '') !== 'gone' ? [printer] : []),
    requestDevice: async ({ filters }) => {
      if (filters[0].classCode !== 7) throw new DOMException('nothing', 'NotFoundError')
      put('chosen', true)
      return printer
    },
  } })
})()"""


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def taken(page: Page) -> escpos.Paper:
    """Return what lies on the counter, and take it away."""
    numbers = page.evaluate("JSON.parse(localStorage.getItem('fake-bytes') ?? '[]')")
    page.evaluate("localStorage.removeItem('fake-bytes')")
    return escpos.read(bytes(numbers))


def said(page: Page, words: str) -> None:
    expect(page.locator("[data-test=printer-said]").last).to_contain_text(words, timeout=20_000)


def mood(page: Page, name: str) -> None:
    page.evaluate("(name) => localStorage.setItem('fake-mood', JSON.stringify(name))", name)


def test_pos_01_a_usb_printer_is_chosen_once_and_prints_every_sale_with_the_drawer(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    counter.window.add_init_script(PRINTER)
    page.reload()
    page.wait_for_selector("[data-test=tiles]")
    scan(page, chain.milk.barcodes[0])
    pay_cash(page, "10")
    page.locator("[data-test=printer]").click()
    page.locator("[data-test=usb]").click()
    expect(page.locator("[data-test=try]")).to_be_disabled()
    page.locator("[data-test=choose-usb]").click()
    expect(page.locator("[data-test=usb-name]")).to_have_text("TM-T20")
    page.locator("[data-test=try]").click()
    said(page, "已打印")
    assert taken(page).cuts == 1
    page.locator("button[form=printer]").click()
    expect(page.locator("dialog")).to_have_count(1)
    page.keyboard.press("p")
    said(page, "已打印")
    paper = taken(page)
    assert (paper.cuts, paper.drawers, sum("纯牛奶" in line for line in paper.lines)) == (1, 1, 1)
    next_customer(page)
    # From now on by itself, also after a reload: in parts, as the printer takes them.
    page.reload()
    page.wait_for_selector("[data-test=tiles]")
    scan(page, chain.bread.barcodes[0])
    pay_cash(page)
    said(page, "已打印")
    paper = taken(page)
    assert (paper.cuts, paper.drawers, len(paper.codes), len(paper.codes[0])) == (1, 1, 1, 32)
    next_customer(page)
    settled(page)


def test_pos_01_a_usb_printer_that_is_not_there_or_stops_is_told_and_the_sale_stands(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    counter.window.add_init_script(PRINTER)
    page.evaluate(
        "localStorage.setItem('quanyu-pos-printer', JSON.stringify({ way: 'usb', byItself: true, usb: "
        "{ vendorId: 0x04b8, productId: 0x0e15, serial: 'A1', name: 'TM-T20' } }))"
    )
    page.reload()
    page.wait_for_selector("[data-test=tiles]")
    scan(page, chain.milk.barcodes[0])
    pay_cash(page)
    said(page, "找不到 USB 打印机")
    page.evaluate("localStorage.setItem('fake-chosen', 'true')")
    mood(page, "busy")
    page.keyboard.press("p")
    said(page, "被其他程序占用")
    mood(page, "stops")
    page.keyboard.press("p")
    said(page, "请看一眼纸")
    assert len(page.evaluate("JSON.parse(localStorage.getItem('fake-bytes'))")) == 100
    page.evaluate("localStorage.removeItem('fake-bytes')")
    mood(page, "")
    page.keyboard.press("p")
    said(page, "已打印")
    # The drawer was opened with the first paper; another paper does not open it again.
    assert taken(page).drawers == 0
    next_customer(page)
    settled(page)
