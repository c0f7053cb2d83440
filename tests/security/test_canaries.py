"""A canary shopper goes through the whole shop; nobody's page, log, table or figure shows who it is (S5, S11)."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from django.test import Client, RequestFactory
from python_calamine import CalamineWorkbook

from quanyu.modules.identity.models import Staff
from quanyu.modules.members import api as members
from quanyu.platform import db, logs
from quanyu.platform.console import exports
from tests.harness import catalog, console, organization, pricing
from tests.harness import identity as people
from tests.harness import members as shoppers
from tests.harness.chain import MILK_FEN, TEA_FEN, put
from tests.harness.checkout import coupon_for
from tests.harness.clients import MallClient, cash
from tests.harness.gateway import memory_gateway
from tests.harness.identity import Person

NAME, RECIPIENT, STREET = "司徒金丝雀", "公孙报信鸟", "金丝雀里弄四千零七号二〇三室"
# A name that would run in a page that does not escape it.
SCRIPT = "<img src=x onerror=alert(1)>'\"</script>"
PAGES_MAX = 120
_LINK = re.compile(r'(?:href|src|action)="([^"#]+)"')
# What changes something or leaves the session; a crawl only looks.
_NOT_A_LOOK = re.compile(r"logout|setlang|jsi18n|/static/|/media/")


@dataclass(frozen=True)
class Canary:
    """What must be seen nowhere, and what was written to the log meanwhile."""

    secrets: list[str]
    log: io.StringIO
    order: dict[str, Any]
    manager: Person

    def seen_in(self, text: str) -> list[str]:
        return [one for one in self.secrets if one in text or one.encode().hex() in text]


@pytest.fixture(scope="module")
def canary(world) -> Iterator[Canary]:
    log = io.StringIO()
    logs.configure("DEBUG", stream=log)
    phone, other_phone = shoppers.phone(), shoppers.phone()
    kept = shoppers.KeptCodes()
    members.use_code_sender(kept)
    shopper = MallClient()
    shopper.post("/session/codes", {"phone": phone}).expect(204)
    signed_in = shopper.post("/session", {"phone": phone, "code": kept.codes[phone]}).expect(201)
    shopper.token = signed_in["token"]
    world.till.post("/members", {"phone": phone, "name": NAME}).expect(201)
    address = {
        "name": RECIPIENT, "phone": other_phone, "area_code": organization.NANSHAN, "text": STREET,
        "longitude": world.chain.store.longitude, "latitude": world.chain.store.latitude,
    }  # fmt: skip
    place = shopper.post("/addresses", address).expect(201)
    milk = {world.chain.milk.id: 1}
    order = shopper.order(world.chain.store, milk, delivery="express", address_id=place["id"]).expect(201)
    with memory_gateway():
        shopper.pay(order["id"]).expect(201)
    sold = world.till.sell(milk, member_id=signed_in["member"]["id"], tenders=cash(MILK_FEN)).expect(201)
    world.till.post("/members/search", {"text": phone}).expect(200)
    answers = _rights(world, shopper, phone)
    # Failures see the same data as successes.
    shopper.post("/addresses", {**address, "area_code": "999999"})
    shopper.order(world.chain.store, {world.chain.milk.id: 10**6}, delivery="express", address_id=place["id"])
    shopper.post("/session", {"phone": phone, "code": "000000"})
    mine = ("/me", "/me/points", "/me/coupons", "/me/timeline", "/me/consents", "/addresses", "/orders")
    answers += [shopper.get(path).body for path in (*mine, f"/orders/{order['id']}")]
    answers += [world.till.get(f"/receipts/{sold['order']['number']}").body, world.till.get("/orders").body]
    found = Canary([phone, other_phone, NAME, RECIPIENT, STREET], log, order, world.chain.manager)
    assert found.seen_in(json.dumps(answers, ensure_ascii=False)) == []
    yield found
    logs.configure()


def _rights(world: Any, shopper: MallClient, phone: str) -> list[Any]:
    """Do with the canary's rights what one can do; return what was answered, but for the member's own copy."""
    member_id = shopper.get("/me").expect(200)["id"]
    named = shopper.call("PATCH", "/me", {"name": NAME, "birthday": "1987-06-05"}).expect(200)
    coupon = coupon_for(members.member(id=UUID(member_id)), transferable=True)
    shopper.post(f"/me/coupons/{coupon.id}/gift", Idempotency_Key="canary-gift-1").expect(201)
    shopper.call("DELETE", f"/me/coupons/{coupon.id}/gift").expect(200)
    code = shopper.get(f"/me/coupons/{coupon.id}").expect(200)["code"]
    live = shopper.get("/me/code").expect(200)["text"]
    texts = (code["payload"], code["text"], live, phone)
    answers = [named] + [world.till.post("/rights/scan", {"text": text}).expect(200) for text in texts]
    rights = {"member_id": member_id, "coupon_ids": [str(coupon.id)]}
    lines = [{"sku_id": world.chain.tea.id, "quantity": 1}]
    answers.append(world.till.post("/quotes", {"lines": lines, **rights}).expect(200))
    sold = world.till.sell({world.chain.tea.id: 1}, tenders=cash(TEA_FEN - 1000), **rights).expect(201)
    answers.append(world.till.post(f"/receipts/{sold['order']['number']}/prints").expect(201))
    copy = shopper.post("/me/copies").expect(201)
    assert phone in str(copy)
    assert NAME in str(copy)
    return answers


def test_the_log_does_not_know_it(canary):
    written = canary.log.getvalue()
    assert "http.request" in written
    assert canary.seen_in(written) == []
    assert "Bearer" not in written
    assert re.search(r"\b(m|qs|qd|qc)_[A-Za-z0-9_-]{20}", written) is None


def test_no_table_knows_it(canary):
    tables = db.rows(
        "SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema()"
    )
    assert len(tables) > 50
    telling = [
        (table["name"], secret)
        for table in tables
        for secret in canary.secrets
        for spelling in (secret, secret.encode().hex())
        if db.value(f'SELECT count(*) FROM "{table["name"]}" t WHERE strpos(t::text, %s) > 0', [spelling])
    ]
    assert telling == []


def test_figures_and_documents_do_not_know_it(canary):
    client = Client()
    for path in ("/metrics", "/readyz", "/api/mall/v1/openapi.json", "/api/pos/v1/openapi.json"):
        assert canary.seen_in(client.get(path).content.decode()) == [], path
    assert canary.order["id"] not in client.get("/metrics").content.decode()


@pytest.fixture(scope="module")
def scripts(world) -> None:
    """Put text that would run under every name that people can give."""
    sku = catalog.make_sku(name=SCRIPT, category_id=world.chain.category.id, cost_fen=1)
    pricing.make_book(unit_id=world.chain.store.unit.id, prices={sku.id: 100})
    put(world.chain.store, sku, 50)
    shopper = MallClient().sign_in()
    shopper.order(world.chain.store, {sku.id: 1}, note=SCRIPT).expect(201)
    world.till.post("/members", {"phone": shoppers.phone(), "name": SCRIPT}).expect(201)
    sale = world.till.sell({sku.id: 1}, note=SCRIPT, tenders=cash(100)).expect(201)["order"]
    body = {"id": sale["id"][:-1] + "0", "reason": SCRIPT[:40], "note": SCRIPT}
    world.till.post(f"/receipts/{sale['number']}/returns", {**body, "lines": [{"line_number": 1, "quantity": 1}]})


class Running(HTMLParser):
    """Collects what runs in a page or is loaded from elsewhere: handlers, inline scripts, foreign addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        given = dict(attrs)
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.found.append("inline script")
        self.found += [f"{tag} {name}" for name in given if name.startswith("on")]
        for name in ("href", "src", "action", "formaction"):
            address = (given.get(name) or "").strip().lower()
            if address.startswith(("http:", "https:", "//", "javascript:", "data:text")) or address == "x":
                self.found.append(f"{tag} {name}={address}")


def what_runs(page: str) -> list[str]:
    parser = Running()
    parser.feed(page)
    return parser.found


def test_the_parser_of_this_test_sees_what_would_run():
    assert what_runs(f"<p>{SCRIPT}</p>") == ["img onerror", "img src=x"]
    assert what_runs('<script>1</script><a href="javascript:1">') == ["inline script", "a href=javascript:1"]
    assert what_runs('<script src="/static/a.js"></script><p>&lt;img src=x onerror=1&gt;</p>') == []


def crawl(person: Person) -> Iterator[tuple[str, str]]:
    """Look at every page of the console that links lead to, up to a limit; give (address, page)."""
    browser = Client(raise_request_exception=False)
    browser.force_login(Staff.objects.get(pk=person.id), backend="quanyu.modules.identity.backend.StaffBackend")
    waiting, known = ["/console/"], {"/console/"}
    while waiting and len(known) < PAGES_MAX * 4:
        path = waiting.pop(0)
        answer = browser.get(path)
        assert answer.status_code < 500, path
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        page = answer.content.decode()
        yield path, page
        here = path.partition("?")[0]
        for link in _LINK.findall(page):
            target = link.replace("&amp;", "&")
            target = here + target if target.startswith("?") else target
            if target.startswith("/console/") and not _NOT_A_LOOK.search(target) and target not in known:
                known.add(target)
                waiting.append(target)


def test_no_list_as_a_file_shows_it(world, canary, tmp_path):
    """Every list is written to Excel as head office sees it; the files are read cell by cell."""
    request = RequestFactory().get("/")
    request.user = Staff.objects.get(pk=people.make_person("head_office").id)
    telling, cells = [], 0
    for place, listed in console.lists().items():
        rows = listed.get_changelist_instance(request).get_queryset(request)
        path = tmp_path / f"{place}.xlsx"
        exports.write(path, listed, rows, go_on=lambda _done: True)
        for line in CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python():
            cells += len(line)
            telling += [(place, secret) for secret in canary.seen_in(" ".join(map(str, line)))]
    assert telling == []
    assert cells > 1000


def test_pages_that_are_not_there_or_closed_do_not_repeat_what_was_asked(world, canary):
    browser = console.signed_in(people.make_person("cashier", unit_id=world.chain.store.unit.id))
    for address, status in (
        (f"/console/nosuchpage/{NAME}/", 404),
        (f"/console/members/member/{NAME}/", 404),
        ("/console/settings/", 403),
    ):
        answer = browser.get(address)
        assert answer.status_code == status
        assert canary.seen_in(answer.content.decode()) == [], address


@pytest.mark.parametrize("role", ["head_office", "auditor", "region_manager", "store_manager", "cashier"])
def test_no_page_of_the_console_shows_it_or_runs_what_people_wrote(world, canary, scripts, role):
    unit = {"region_manager": world.chain.region.id, "store_manager": world.chain.store.unit.id}
    person = people.make_person(role, unit_id=unit.get(role, world.chain.store.unit.id if role == "cashier" else None))
    seen = 0
    for path, page in crawl(person):
        seen += 1
        assert canary.seen_in(page) == [], path
        assert what_runs(page) == [], path
        assert "phone=1" not in path
        if seen == PAGES_MAX:
            break
    assert seen > 1
