"""Both languages are whole: every text has its translation, and no word of the other language is left over."""

from __future__ import annotations

import gettext as machinery
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from quanyu.modules.catalog.models import Category
from quanyu.modules.mall import api as mall
from quanyu.platform import db, i18n
from quanyu.platform.console import registry
from tests.harness import console
from tests.harness import console_matrix as matrix
from tests.harness.chain import Chain, make_chain
from tests.harness.database import ROOT
from tests.harness.identity import Person, make_person

LATIN, CHINESE = re.compile(r"[A-Za-z]{2,}"), re.compile(r"[\u4e00-\u9fff]+")
# Words that stand in Latin letters in Chinese too.
WORDS = {
    *(
        "SKU",
        "SKUs",
        "API",
        "PLU",
        "PIN",
        "GCJ",
        "JPEG",
        "PNG",
        "WebP",
        "MB",
        "SHA",
        "QR",
        "EAN",
        "CSV",
        "Excel",
        "XLSX",
        "PDF",
        "HTML",
        "Alt",
        "mm",
    ),
    *("openid", "unionid", "OneID", "English", "Quanyu", "kg", "esc"),
    # The example of a permission; the word that is searched below, which pages repeat.
    *("orders", "view", "nosuchthing"),
}
# Pages that show codes (of actions, events, checks) in their cells: the frame is looked at, the cells are data.
CODES_IN_CELLS = {"health", "settings_tree"}
NAMED = {
    "organization_unit": "code, name, name_en",
    "organization_location": "address, opening_hours::text, time_zone",
    "organization_area": "full_name",
    "identity_staff": "username, name",
    "identity_role": "code, name, name_en, permissions::text",
    "identity_device": "name",
    "catalog_category": "code, name, name_en",
    "catalog_product": "code, name, name_en, unit_name",
    "catalog_sku": "code, name, name_en",
    "pricing_price_book": "code, name",
    "promotions_campaign": "code, name, name_en",
    "members_member": "number, name_masked",
    "tiers_tier": "code, name, name_en",
    "tiers_member_day": "name, name_en",
    "orders_order": "number, source, id::text, note, cancel_reason, address_masked",
    "orders_event": "reason",
    "aftersales_return": "number, reason, note",
    "catalog_brand": "code, name, name_en",
    "identity_api_client": "name, permissions::text",
    "members_address": "masked",
    "payments_payment": "out_trade_no",
    "payments_refund": "out_refund_no",
    "inventory_movement": "cause_kind, cause_id, cause_line, reason, actor",
}


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture(scope="module")
def life(chain: Chain) -> console.Life:
    return console.live_a_little(chain, chain.store)


@pytest.fixture(scope="module")
def reader(chain: Chain) -> Person:
    return make_person("head_office")


@pytest.fixture(scope="module")
def data(chain: Chain, life: console.Life, reader: Person) -> str:
    """Everything that chains call their things: what is data may be in any language."""
    texts = []
    for table, columns in NAMED.items():
        limit = 4000 if table != "organization_area" else 5000
        rows = db.rows(f"SELECT {columns} FROM {table} LIMIT {limit}")
        texts += [str(value) for row in rows for value in row.values() if value]
    # Nobody has arranged a page yet: the editor holds the default one, its headings in both languages side by side.
    page = mall.unit_page(unit_id=chain.region.id)
    texts += [text for block in page.blocks for one in (block, *block.items) for text in (one.title, one.title_en)]
    return "\n".join(texts)


ROWS_LOOKED_AT = 2


def addresses(chain: Chain, life: console.Life) -> Iterator[tuple[str, str]]:
    """Yield (name, address) of every page that head office can open: of pages their questions, of lists rows, deeds."""
    for name in ("index", "account_password", "account_two_step"):
        yield name, reverse(f"admin:{name}")
    for page in registry.pages():
        if page.name not in matrix.NOTHING_WITHOUT:
            yield page.name, f"/console/{page.path}/"
        if page.name in matrix.ABOUT:
            yield page.name, f"/console/{page.path}/?{urlencode(matrix.ABOUT[page.name](chain, life, chain.store))}"
    for place, listed in console.lists().items():
        yield place, console.list_address(place)
        yield f"{place} nothing found", f"{console.list_address(place)}?q=nosuchthing"
        for deed in listed.all_list_deeds():
            yield f"{place} {deed.name}", console.deed_address(place, None, deed.name)
        rows = listed.model._default_manager.order_by("pk")
        seen = {row.pk: row for row in (*rows[:1], *rows.reverse()[: ROWS_LOOKED_AT - 1])}
        for row in seen.values():
            yield f"{place} row", console.row_address(place, row.pk)
            for deed in listed.all_deeds():
                if deed.when(row):
                    yield f"{place} row {deed.name}", console.deed_address(place, row.pk, deed.name)


def answers(browser: Client, chain: Chain, life: console.Life) -> Iterator[tuple[str, Any]]:
    """Yield the answers of all pages; of forms that demand something also what they say when it is missing."""
    for name, address in addresses(chain, life):
        answer = browser.get(address)
        assert answer.status_code == 200, (name, address, answer.status_code)
        yield name, answer
        form = (getattr(answer, "context_data", None) or {}).get("form")
        if form is not None and "/act/" in address and any(field.required for field in form.fields.values()):
            empty = browser.post(address, {})
            # A form may still be whole when nothing is said: then the deed was done or refused by its door.
            assert empty.status_code in (200, 302, 422), (name, empty.status_code)
            yield f"{name} without a word", empty
    yield "no such page", browser.get("/console/nosuchpage/")
    yield "no such row", browser.get(console.row_address("catalog.product", 0))
    yield "drawer", browser.get(console.row_address("catalog.category", Category.objects.first().pk), HX_REQUEST="true")


def visited(browser: Client, chain: Chain, life: console.Life) -> Iterator[tuple[str, list[str]]]:
    """Yield what is seen on each page."""
    for name, answer in answers(browser, chain, life):
        if answer.headers["Content-Type"].startswith("application/json"):
            yield name, console.words_of(answer.json())
            continue
        # The picker names each language in itself.
        html = re.sub(
            r"简体中文|English(?=\s*<)", "", b"".join(answer).decode() if answer.streaming else answer.content.decode()
        )
        yield name, console.seen(html, skip_cells=name in CODES_IN_CELLS)


def test_chinese_pages_have_no_untranslated_text(
    chain: Chain, life: console.Life, reader: Person, data: str, monkeypatch: pytest.MonkeyPatch
):
    missed: set[str] = set()
    original = machinery.GNUTranslations.gettext

    def spying(self: machinery.GNUTranslations, message: str) -> str:
        found = original(self, message)
        language = getattr(self, "language", lambda: "")()
        if language == "zh-hans" and found == message and LATIN.search(message) and message not in data:
            missed.add(message)
        return found

    monkeypatch.setattr(machinery.GNUTranslations, "gettext", spying)
    browser = console.signed_in(reader, "zh-hans")
    known = {*WORDS, *LATIN.findall(data)}
    left_over = first_seen(browser, chain, life, lambda text: not set(LATIN.findall(text)) <= known)
    assert not left_over, "\n".join(f"{name}: {text}" for text, name in left_over.items())
    assert {text for text in missed if not set(LATIN.findall(text)) <= known} == set()


def test_english_pages_have_no_chinese_outside_the_data(chain: Chain, life: console.Life, reader: Person, data: str):
    browser = console.signed_in(reader, "en")
    assert first_seen(browser, chain, life, lambda text: any(run not in data for run in CHINESE.findall(text))) == {}


def first_seen(browser: Client, chain: Chain, life: console.Life, is_wrong: Callable[[str], bool]) -> dict[str, str]:
    """Return the texts that are wrong, each with the first page that shows it."""
    found: dict[str, str] = {}
    for name, texts in visited(browser, chain, life):
        for text in texts:
            if is_wrong(text):
                found.setdefault(text, name)
    return found


def test_one_text_has_one_translation_in_all_catalogues():
    """Django merges the catalogues of all apps: of two translations one would show on the other's screens."""
    found: dict[tuple[str | None, str], set[tuple[str, ...]]] = {}
    for catalogue in (ROOT / "src").rglob("*.po"):
        for message in i18n.parse_po(catalogue.read_text("utf-8")):
            if message.id:
                found.setdefault((message.context, message.id), set()).add(message.strings)
    assert {text: strings for text, strings in found.items() if len(strings) > 1} == {}


def test_the_language_is_kept_with_the_person(chain: Chain):
    person = make_person("store_manager", unit_id=chain.store.unit.id)
    browser = console.signed_in(person, "zh-hans")
    assert "订单" in browser.get("/console/").content.decode()
    answer = browser.post("/console/account/language/", {"language": "en", "next": "/console/orders/order/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/orders/order/")
    assert "Orders" in browser.get("/console/").content.decode()
    # In another browser too; and nobody is sent to another host.
    assert "Orders" in console.signed_in(person, "en").get("/console/").content.decode()
    foreign = browser.post("/console/account/language/", {"language": "en", "next": "https://example.org/"})
    assert foreign.headers["Location"] == "/console/"


def test_the_sign_in_and_the_start_page_speak_both_languages():
    for language, word, other in (("zh-hans", "登录", "Sign in"), ("en", "Sign in", "登录")):
        page = Client(headers={"Accept-Language": language}).get("/console/login/").content.decode()
        assert word in page
        assert other not in " ".join(console.seen(page))
    chinese = Client(headers={"Accept-Language": "zh-hans"}).get("/").content.decode()
    assert "一个会员" in chinese
    assert "quanyu-demo" not in chinese, "accounts are named in a demo only"
