"""A desk: a browser window in which somebody is signed in; it remembers what must never happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.harness import console
from tests.harness.identity import Person

LOOKS = Path(__file__).with_name("looks.js").read_text("utf-8")
ALL_PARTS = ("names", "headings", "contrast", "width", "focus")
WIDTH, HEIGHT, TABLET = 1280, 800, 1024
PATIENCE_MS = 20_000
# What Chromium says of a page that is refused or not there; journeys go to such pages on purpose.
_REFUSED = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Desk:
    """``page`` is the window; ``foreign`` what was asked of elsewhere, ``broken`` what the browser complained of."""

    window: BrowserContext
    page: Page
    url: str
    foreign: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Listen to what the page asks for and complains of."""
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.broken.append(f"{self.page.url}: {error}"))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.foreign.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_REFUSED):
            self.broken.append(f"{self.page.url}: {message.text}")

    def go(self, address: str) -> int:
        """Open an address and return how it was answered."""
        answer = self.page.goto(address)
        assert answer is not None, address
        return answer.status

    def look(self) -> list[str]:
        """Return what is wrong with the page as it stands: in light and dark, on a screen and on a tablet."""
        found = list(self.page.evaluate(LOOKS, list(ALL_PARTS)))
        self.page.evaluate("document.documentElement.classList.add('dark')")
        found += [f"dark: {text}" for text in self.page.evaluate(LOOKS, ["contrast"])]
        self.page.evaluate("document.documentElement.classList.remove('dark')")
        self.page.set_viewport_size({"width": TABLET, "height": HEIGHT})
        found += [f"at {TABLET} px: {text}" for text in self.page.evaluate(LOOKS, ["width"])]
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        return found

    def menu(self) -> dict[str, str]:
        """Return what the side menu leads to: title by address."""
        links = self.page.locator("#nav-sidebar-apps a")
        told = links.evaluate_all("found => found.map(one => [one.getAttribute('href'), one.innerText])")
        return {address: text.split("\n")[-1].strip() for address, text in told}

    def close(self) -> None:
        """Close the window. Fails when anything was asked of elsewhere or the browser complained."""
        self.window.close()
        assert self.foreign == []
        assert self.broken == []


def sit_down(browser: Browser, url: str, person: Person, *, language: str = "zh-hans") -> Desk:
    """Open a window in which a person is signed in already; the sign-in itself is another test's."""
    window = browser.new_context(base_url=url, viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN")
    window.set_default_timeout(PATIENCE_MS)
    name = settings.SESSION_COOKIE_NAME
    session = console.signed_in(person, language).cookies[name]
    window.add_cookies([{"name": name, "value": session.value, "domain": urlsplit(url).hostname or "", "path": "/"}])
    desk = Desk(window, window.new_page(), url)
    desk.watch()
    return desk
