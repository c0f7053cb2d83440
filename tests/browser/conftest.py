"""One live product and one Chromium for all browser tests of a worker."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.harness.live import Live, live_server

CHROMIUM = os.environ.get("QUANYU_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The first page after the start compiles templates; on a busy machine that takes its time.
PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """Run the product as processes."""
    with live_server() as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium once for a file of tests.

    Playwright's loop must not make Django believe that this thread is asynchronous, and must be gone before a test that
    runs a loop of its own.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
