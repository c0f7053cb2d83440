"""Scanning by the camera in a real browser, with a reader of codes that sees what we hold up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.test_pos import Counter, player
from tests.harness import web
from tests.harness.chain import Chain, make_chain
from tests.harness.live import Live

__all__ = ["player"]
# Linux has no reader of its own: this one sees the code that lies in `held`, and a camera that gives a grey picture.
READER = """(held) => {
  globalThis.held = held
  globalThis.stopped = 0
  globalThis.BarcodeDetector = class {
    static getSupportedFormats() { return Promise.resolve(['ean_13', 'qr_code']) }
    detect() { return Promise.resolve(globalThis.held === '' ? [] : [{ rawValue: globalThis.held }]) }
  }
  const canvas = document.createElement('canvas')
  canvas.getContext('2d').fillRect(0, 0, 10, 10)
  navigator.mediaDevices.getUserMedia = () => {
    const stream = canvas.captureStream(10)
    for (const track of stream.getTracks()) {
      const stop = track.stop.bind(track)
      track.stop = () => { globalThis.stopped += 1; stop() }
    }
    return globalThis.held === 'refused' ? Promise.reject(new Error('NotAllowed')) : Promise.resolve(stream)
  }
}"""


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def again(page) -> None:
    """Type and take back, so that the screen looks once more what the browser can do."""
    page.keyboard.press("F2")
    page.keyboard.type("x")
    page.keyboard.press("Escape")


def test_what_the_camera_sees_is_as_good_as_scanned_and_the_camera_goes_off(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    page.evaluate("delete globalThis.BarcodeDetector")
    again(page)
    expect(page.locator("[data-test=camera-open]")).to_have_count(0)
    page.evaluate(READER, "")
    again(page)
    page.click("[data-test=camera-open]")
    expect(page.locator("[data-test=camera] video")).to_be_visible()
    page.evaluate("(code) => { globalThis.held = code }", chain.tea.barcodes[0])
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator(".basket .line-name")).to_contain_text(chain.tea.name)
    assert page.evaluate("globalThis.stopped") == 1
    # Closed before anything was seen: off as well.
    page.evaluate("() => { globalThis.held = '' }")
    page.click("[data-test=camera-open]")
    expect(page.locator("[data-test=camera] video")).to_be_visible()
    page.wait_for_function("document.querySelector('[data-test=camera] video').srcObject !== null")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert page.evaluate("globalThis.stopped") == 2
    page.evaluate("() => { globalThis.held = 'refused' }")
    page.click("[data-test=camera-open]")
    expect(page.locator("dialog .q-note.bad")).to_contain_text("打不开摄像头")
