"""Ask a page until it answers as it must."""

from __future__ import annotations

import time

from playwright.sync_api import Page

PATIENCE_S = 60.0
# Whether everything this till sold is on the server.
ALL_SENT = """() => new Promise((done) => {
  const open = indexedDB.open('quanyu-pos')
  open.onsuccess = () => {
    const all = open.result.transaction('outbox').objectStore('outbox').getAll()
    all.onsuccess = () => { open.result.close(); done(all.result.every((row) => row.state === 'sent')) }
  }
})"""


def until(page: Page, script: str, wanted: object = True) -> None:
    """Evaluate a function in the page until it returns what is wanted.

    Playwright's own waiting takes the promise that an asynchronous function returns for the answer, and goes on.
    """
    deadline = time.monotonic() + PATIENCE_S
    while (found := page.evaluate(script)) != wanted:
        assert time.monotonic() < deadline, f"it says {found!r}, not {wanted!r}"
        page.wait_for_timeout(50)
