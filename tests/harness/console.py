"""The console as a person in a browser sees it, in process; and rows of every kind at two stores to look at."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.models import Staff
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind, Member
from quanyu.modules.orders.contracts import Order
from quanyu.modules.organization.contracts import Location
from quanyu.platform.console.scoped_admin import ScopedAdmin
from tests.harness import checkout as buying
from tests.harness.chain import Chain
from tests.harness.identity import PASSWORD, Person, totp_code

BACKEND = "quanyu.modules.identity.backend.StaffBackend"
_HIDDEN = {"script", "style", "code", "svg"}
_VOID = {"input", "img", "br", "hr", "link", "meta", "path", "circle", "rect", "line", "use", "col", "source", "wbr"}
# What a script is told and does not show; ``new_titles`` are in both languages, for what is added.
_UNSEEN = {"kind", "links", "id", "url", "colour", "color", "type", "tone", "level", "levels", "icon", "rule"}
_UNSEEN |= {"new_titles"}


def signed_in(person: Person, language: str = "en") -> Client:
    """Return a browser in which the person is signed in, reading this language."""
    browser = Client()
    browser.force_login(Staff.objects.get(pk=person.id), backend=BACKEND)
    if identity.staff(ids=[person.id])[person.id].language != language:
        actor = identity.actor_for_staff(staff_id=person.id)
        identity.update_staff(staff_id=person.id, language=language, actor=actor, now=system_clock.now())
    return browser


def prove(browser: Client, person: Person, address: str) -> None:
    """Confirm in this browser that it is the person, as a deed at the address asks for: it holds five minutes."""
    proof = totp_code(person.secret, system_clock.now()) if person.secret else PASSWORD
    answer = browser.post(address, {"step_up_proof": proof})
    assert answer.status_code == 302, answer.content.decode()[-2000:]


def lists() -> dict[str, ScopedAdmin[Any]]:
    """Return every list of the console by its place, such as ``orders.order``."""
    return {listed.place: listed for listed in admin.site._registry.values() if isinstance(listed, ScopedAdmin)}


def list_address(place: str) -> str:
    """Return the address of a list."""
    return reverse(f"admin:{place.replace('.', '_')}_changelist")


def row_address(place: str, key: object) -> str:
    """Return the address of a row."""
    return reverse(f"admin:{place.replace('.', '_')}_change", args=[key])


def deed_address(place: str, key: object | None, deed: str) -> str:
    """Return the address of a deed on a row, or on the list."""
    name = f"admin:{place.replace('.', '_')}_act"
    return reverse(name, args=[deed]) if key is None else reverse(f"{name}_on", args=[key, deed])


@dataclass
class Life:
    """What happened at a store of a chain: an unpaid and a paid order, a completed sale, a member."""

    unpaid: Order
    paid: Order
    sold: Order
    member: Member


def live_a_little(chain: Chain, store: Location) -> Life:
    """Sell something at a store through the doors."""
    now = system_clock.now()
    phone = f"199{store.unit.id % 10**8:08d}"
    member = members.find_or_create(
        keys=[Key(kind=KeyKind.PHONE, value=phone, verified=True)],
        channel="pos",
        store_id=store.unit.id,
        name="王小雨",
        now=now,
    )
    unpaid = buying.place(buying.command(store, (chain.milk, 2), member_id=member.id))
    paid = buying.place(buying.command(store, (chain.tea, 1), member_id=member.id))
    tender = TenderGiven(tender="card", amount_fen=paid.payable_fen)
    paid = checkout.add_tenders(order_id=paid.id, tenders=(tender,), till=None, actor=SYSTEM, now=now)
    wanted = buying.command(store, (chain.bread, 3), (chain.milk, 1))
    amount = checkout.quote(command=wanted, actor=SYSTEM, now=now).payable_fen
    sold = buying.place(buying.till_command(store, (chain.bread, 3), (chain.milk, 1), cash_fen=amount))
    return Life(unpaid, paid, sold, member)


@dataclass
class _Seen(HTMLParser):
    """Collects what a reader sees or hears: texts, the window's title, names of controls, words of charts.

    Scripts and codes are left out; ``skip_cells`` leaves out table cells (data).
    """

    skip_cells: bool = False
    texts: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what opens, and texts in attributes."""
        known = dict(attrs)
        classes = known.get("class") or ""
        hidden = tag in _HIDDEN or any(name in classes for name in ("material-symbols-outlined", "qy-code", "qy-data"))
        hidden = hidden or (self.skip_cells and tag == "td")
        figures = tag == "script" and known.get("type") == "application/json"
        for name, text in known.items():
            if name.startswith("data-") and text and text[0] in "{[":
                self.texts += words_of(json.loads(text))
        if tag not in _VOID:
            self._open.append("figures" if figures else "hidden" if hidden else tag)
        spoken = ["placeholder", "aria-label", "title", "alt", "label"]
        if tag == "input" and known.get("type") in {"submit", "button", "reset"}:
            spoken.append("value")
        self.texts += [text for name in spoken if (text := known.get(name)) and not hidden]

    def handle_endtag(self, tag: str) -> None:
        """Note what closes."""
        if self._open and tag not in _VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Keep what is seen."""
        if not data.strip() or "hidden" in self._open:
            return
        if "figures" in self._open:
            self.texts += words_of(json.loads(data))
        else:
            self.texts.append(data.strip())


def words_of(figures: Any) -> list[str]:
    """Return the texts in what a script is told; keys and kinds are not shown."""
    if isinstance(figures, dict):
        return [word for key, value in figures.items() if key not in _UNSEEN for word in words_of(value)]
    if isinstance(figures, list):
        return [word for value in figures for word in words_of(value)]
    return [figures] if isinstance(figures, str) and not figures.startswith("/") else []


def seen(html: str, *, skip_cells: bool = False) -> list[str]:
    """Return the texts a reader of the page sees."""
    parser = _Seen(skip_cells=skip_cells)
    parser.feed(re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL))
    return parser.texts
