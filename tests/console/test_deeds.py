"""What the console does goes through the api, once, with a reason; what it must not do it cannot."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.members.models import Member
from quanyu.modules.organization import api as organization
from quanyu.modules.payments.models import Refund
from quanyu.modules.pricing.models import Price, PriceBook
from quanyu.platform import db
from tests.harness import checkout as buying
from tests.harness import console, pricing
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import PASSWORD, Person, make_person


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture(scope="module")
def head_office() -> Person:
    return make_person("head_office")


@pytest.fixture
def browser(head_office: Person) -> Client:
    return console.signed_in(head_office)


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html) or re.search(
        rf'value="([^"]*)"[^>]*name="{name}"', html
    )
    assert found, name
    return found[1]


def audits(action: str, subject_id: object) -> list[dict[str, Any]]:
    return db.rows(
        "SELECT actor_id, reason, detail::text AS detail FROM platform_audit WHERE action = %s AND subject_id = %s",
        [action, str(subject_id)],
    )


def test_no_list_can_be_changed_by_posting_to_it(browser: Client, chain: Chain):
    console.live_a_little(chain, chain.store)
    for place, listed in console.lists().items():
        row = listed.model._default_manager.order_by("pk").first()
        count = listed.model._default_manager.count()
        form = {"action": "delete_selected", "_selected_action": str(getattr(row, "pk", 1)), "on_hand": "999999"}
        assert browser.post(console.list_address(place), form).status_code == 405, place
        assert browser.post(f"{console.list_address(place)}add/", form).status_code in (404, 405), place
        if row is not None:
            before = listed.model._default_manager.filter(pk=row.pk).values().get()
            address = console.row_address(place, row.pk)
            assert browser.post(address, form).status_code == 405, place
            for ending in ("delete/", "change/", "history/"):
                assert browser.post(f"{address}{ending}", {"post": "yes"}).status_code in (404, 405), place
                assert browser.get(f"{address}{ending}").status_code == 404, place
            assert listed.model._default_manager.filter(pk=row.pk).values().get() == before
        assert listed.model._default_manager.count() == count


def test_a_paid_order_is_cancelled_with_a_reason_and_refunded_once(browser: Client, chain: Chain):
    life = console.live_a_little(chain, chain.store)
    address = console.deed_address("orders.order", life.paid.id, "cancel")
    stock = chain.stocked(chain.store, chain.tea).counters()

    refused = browser.post(address, {"reason": ""})
    assert refused.status_code == 422
    assert Refund.objects.filter(payment__order_id=life.paid.id).count() == 0

    done = browser.post(address, {"reason": "顾客不要了"})
    assert (done.status_code, done.headers["Location"]) == (302, console.row_address("orders.order", life.paid.id))
    # The same once more, as after a double click, changes nothing.
    browser.post(address, {"reason": "顾客不要了"})
    refunds = Refund.objects.filter(payment__order_id=life.paid.id)
    assert [refund.amount_fen for refund in refunds] == [life.paid.payable_fen]
    assert chain.stocked(chain.store, chain.tea).counters() == (stock[0], stock[1] - 1)
    page = browser.get(done.headers["Location"]).content.decode()
    assert "Cancelled" in page
    assert "顾客不要了" in page


def test_an_unpaid_order_is_cancelled_and_its_goods_are_free_again(browser: Client, chain: Chain):
    life = console.live_a_little(chain, chain.store)
    on_hand, reserved = buying.stock_of(chain.store, chain.milk)
    done = browser.post(console.deed_address("orders.order", life.unpaid.id, "cancel"), {"reason": "重复下单"})
    assert done.status_code == 302
    assert buying.stock_of(chain.store, chain.milk) == (on_hand, reserved - 2)


def test_a_wrong_pickup_code_is_told_beside_its_field_and_nothing_leaves(browser: Client, chain: Chain):
    life = console.live_a_little(chain, chain.store)
    before = chain.stocked(chain.store, chain.tea).counters()
    refused = browser.post(console.deed_address("orders.order", life.paid.id, "hand-over"), {"code": "00000000"})
    assert refused.status_code == 422
    assert "No order waits here under this code." in refused.content.decode()
    assert chain.stocked(chain.store, chain.tea).counters() == before
    done = browser.post(
        console.deed_address("orders.order", life.paid.id, "hand-over"), {"code": life.paid.pickup_code}
    )
    assert done.status_code == 302
    on_hand, reserved = chain.stocked(chain.store, chain.tea).counters()
    assert (on_hand, reserved) == (before[0] - 1, before[1] - 1)


def test_returned_lines_refund_what_they_cost_and_sending_twice_is_one_return(browser: Client, chain: Chain):
    life = console.live_a_little(chain, chain.store)
    address = console.deed_address("orders.order", life.sold.id, "return")
    form = browser.get(address).content.decode()
    line = life.sold.lines[0]
    sent = {
        "return_id": hidden(form, "return_id"),
        f"quantity_{line.number}": "1",
        f"restock_{line.number}": "sellable",
        "restock_2": "sellable",
        "reason": "包装破损",
    }
    assert browser.post(address, sent).status_code == 302
    assert browser.post(address, sent).status_code in (302, 404)
    rows = db.rows("SELECT amount_fen FROM aftersales_return WHERE order_id = %s", [life.sold.id])
    assert [row["amount_fen"] for row in rows] == [line.net_fen // 3]


def test_the_lines_of_an_order_add_up_to_what_was_payable(browser: Client, chain: Chain):
    life = console.live_a_little(chain, chain.store)
    page = browser.get(console.row_address("orders.order", life.sold.id)).content.decode()
    table = page[page.index("qy-economics") : page.index("</tfoot>")]
    figures = [
        [_fen(cell) for cell in re.findall(r'<td class="qy-right">\s*([^<]*?)\s*</td>', row)]
        for row in re.findall(r"<tr>(.*?)</tr>", table, flags=re.DOTALL)[1:]
    ]
    *lines, sums = figures
    # The columns from "List" on: the line's number comes before.
    assert [sum(column) for column in zip(*(line[1:] for line in lines), strict=True)] == sums
    # Carried out: without freight, so without a column of it.
    _listed, _discounts, net, cost, margin = sums
    assert (net, net - cost) == (life.sold.payable_fen, margin)
    assert "equals the order" in page


def _fen(text: str) -> int:
    if not text or text == "–":
        return 0
    digits = text.replace("¥", "").replace(",", "")
    sign = -1 if digits.startswith("-") else 1
    if not re.fullmatch(r"-?\d+\.\d\d", digits):
        return 0
    return sign * int(digits.lstrip("-").replace(".", ""))


def test_a_cashier_does_not_learn_what_goods_cost(browser: Client, chain: Chain):
    life = console.live_a_little(chain, chain.store)
    address = console.row_address("orders.order", life.sold.id)
    assert "Gross margin" in browser.get(address).content.decode()
    seen = console.signed_in(chain.cashier).get(address).content.decode()
    assert life.sold.number in seen
    assert "Gross margin" not in seen
    assert ">Cost<" not in seen


def test_personal_data_is_shown_for_a_purpose_only_once_and_written_down(browser: Client, chain: Chain):
    life = console.live_a_little(chain, chain.store)
    member = Member.objects.get(pk=life.member.id)
    page = browser.get(console.row_address("members.member", member.pk)).content.decode()
    assert "王小雨" not in page
    address = console.deed_address("members.member", member.pk, "reveal")

    assert browser.post(address, {"field": "name", "purpose": " "}).status_code == 422
    assert audits("pii.reveal", member.pk) == []

    shown = browser.post(address, {"field": "name", "purpose": "顾客来电核对收货人"})
    assert shown.status_code == 200
    assert "王小雨" in shown.content.decode()
    assert shown.headers["Cache-Control"].startswith("no-store")
    (written,) = audits("pii.reveal", member.pk)
    assert written["reason"] == "顾客来电核对收货人"
    assert "王小雨" not in browser.get(console.row_address("members.member", member.pk)).content.decode()


def test_a_cashier_cannot_see_personal_data(chain: Chain):
    life = console.live_a_little(chain, chain.store)
    browser = console.signed_in(chain.cashier)
    address = console.deed_address("members.member", life.member.id, "reveal")
    before = audits("pii.reveal", life.member.id)
    assert browser.post(address, {"field": "name", "purpose": "想看一下"}).status_code == 403
    assert audits("pii.reveal", life.member.id) == before


def test_goods_are_received_once_however_often_the_form_is_sent(browser: Client, chain: Chain):
    row_id = db.value(
        "SELECT id FROM inventory_stock WHERE location_id = %s AND sku_id = %s",
        [chain.other_store.unit.id, chain.apples.id],
    )
    address = console.deed_address("inventory.stock", row_id, "receive")
    sent = {"cause_id": hidden(browser.get(address).content.decode(), "cause_id"), "quantity": "1.250"}
    before = chain.stocked(chain.other_store, chain.apples).counters()[0]
    assert browser.post(address, sent).status_code == 302
    browser.post(address, sent)
    assert chain.stocked(chain.other_store, chain.apples).counters()[0] == before + 1250


def test_stock_is_corrected_with_a_reason_and_never_below_what_is_reserved(browser: Client, chain: Chain):
    console.live_a_little(chain, chain.other_store)
    row_id = db.value(
        "SELECT id FROM inventory_stock WHERE location_id = %s AND sku_id = %s",
        [chain.other_store.unit.id, chain.milk.id],
    )
    address = console.deed_address("inventory.stock", row_id, "correct")
    before = chain.stocked(chain.other_store, chain.milk).counters()
    cause = hidden(browser.get(address).content.decode(), "cause_id")
    wrong = {"cause_id": cause, "quantity": "-1000", "kind": "adjustment", "reason": "盘点"}
    assert browser.post(address, wrong).status_code == 422
    assert browser.post(address, {**wrong, "reason": ""}).status_code == 422
    assert chain.stocked(chain.other_store, chain.milk).counters() == before
    assert browser.post(address, {**wrong, "quantity": "-2"}).status_code == 302
    assert chain.stocked(chain.other_store, chain.milk).counters() == (before[0] - 2, before[1])


def test_prices_are_edited_in_place_and_remembered(browser: Client, chain: Chain):
    made = pricing.make_book(unit_id=chain.other_store.unit.id, prices={chain.milk.id: 650, chain.tea.id: 8800})
    book = PriceBook.objects.get(pk=made.id)
    address = f"/console/pricing/prices/?book={book.pk}"
    assert f'href="{address}"' in browser.get(console.row_address("pricing.pricebook", book.pk)).content.decode()

    def send(wanted: str) -> int:
        sent = json.dumps([[str(chain.milk.id), "6.50", wanted]])
        return browser.post(address, {"changes": sent}).status_code

    assert send("6.805") == 422
    assert Price.objects.get(book=book, sku_id=chain.milk.id).amount_fen == 650
    assert send("6.80") == 200
    assert Price.objects.get(book=book, sku_id=chain.milk.id).amount_fen == 680
    changes = db.rows(
        "SELECT sku_id, before_fen, after_fen FROM pricing_price_change WHERE book_id = %s AND before_fen = 650",
        [book.pk],
    )
    assert changes == [{"sku_id": chain.milk.id, "before_fen": 650, "after_fen": 680}]


def test_a_store_is_opened_by_a_form_and_closed_with_its_history_kept(browser: Client, chain: Chain):
    code = f"C{system_clock.now().timestamp():.0f}"[:12]
    sent = {
        "kind": "store",
        "parent": str(chain.region.id),
        "code": code,
        "name": "新店",
        "name_en": "New store",
        "tier": "store",
        "ownership": "direct",
        "area_code": "440305",
        "address": "科技园路 1 号",
        "longitude": "113.95",
        "latitude": "22.54",
        "opens": "08:00",
        "closes": "22:00",
        "delivery_radius_m": "3000",
        "offers_pickup": "on",
    }
    address = console.deed_address("organization.unit", None, "create-store")
    assert browser.post(address, {**sent, "latitude": "95"}).status_code == 422
    assert browser.post(address, sent).status_code == 302
    unit = organization.unit_by_code(code=code)
    place = organization.locations(ids=[unit.id])[unit.id]
    assert (place.offers_pickup, place.offers_express, place.opening_hours[0]) == (True, False, ("08:00", "22:00"))
    assert browser.post(console.deed_address("organization.unit", unit.id, "close"), {}).status_code == 302
    assert organization.units(ids=[unit.id])[unit.id].active is False


def test_a_till_is_enrolled_with_a_code_that_is_shown_once(browser: Client, chain: Chain):
    address = console.deed_address("identity.device", None, "enrol")
    shown = browser.post(address, {"kind": "pos", "unit_id": str(chain.store.unit.id), "name": "3 号收银台"})
    page = shown.content.decode()
    code = re.search(r"<dd>([A-Z0-9-]{6,})</dd>", page)
    assert code, page[-2000:]
    assert shown.headers["Cache-Control"].startswith("no-store")
    device = identity.enrol(code=code[1], now=system_clock.now() + timedelta(seconds=1))
    assert device.unit_id == chain.store.unit.id


def test_nobody_gives_a_role_he_does_not_have(chain: Chain):
    person = make_person(None, home_id=chain.store.unit.id)
    browser = console.signed_in(chain.manager)
    address = console.deed_address("identity.staff", person.id, "assign")
    console.prove(browser, chain.manager, address)
    refused = browser.post(address, {"role_code": "head_office", "scope": "all", "unit_id": ""})
    assert refused.status_code in (403, 422)
    given = browser.post(address, {"role_code": "cashier", "scope": "store", "unit_id": str(chain.store.unit.id)})
    assert given.status_code == 302
    assert [role.role_code for role in identity.staff(ids=[person.id])[person.id].roles] == ["cashier"]


def test_settings_say_where_a_value_comes_from_and_are_set_at_a_node(browser: Client, chain: Chain):
    node = f"unit:{chain.store.unit.id}"
    page = browser.get("/console/settings/", {"node": node}).content.decode()
    assert "Built-in default" in page
    sent = {"node": node, "key": "checkout.express_freight_fen", "value": "6.50"}
    assert browser.post("/console/settings/", sent).status_code == 302
    row = db.row("SELECT value::text AS value FROM platform_setting WHERE node = %s AND key = %s", [node, sent["key"]])
    assert row == {"value": "650"}
    assert browser.post("/console/settings/", {**sent, "clear": "1"}).status_code == 302
    assert db.row("SELECT 1 AS one FROM platform_setting WHERE node = %s AND key = %s", [node, sent["key"]]) is None
    # A layout of scale labels that no till could read is refused by the catalogue's own door.
    masks = {"node": node, "key": "catalog.scale_masks", "value": "not a layout"}
    refused = browser.post("/console/settings/", masks, follow=True)
    assert "this layout cannot be read" in refused.content.decode()
    assert db.row("SELECT 1 AS one FROM platform_setting WHERE node = %s AND key = %s", [node, masks["key"]]) is None
    manager = console.signed_in(chain.manager)
    assert manager.post("/console/settings/", sent).status_code == 403
    other = {**sent, "node": f"unit:{chain.other_store.unit.id}"}
    assert manager.post("/console/settings/", other).status_code == 404


def test_ones_own_password_is_changed_with_the_present_one_and_the_session_goes_on(chain: Chain):
    person = make_person("cashier", unit_id=chain.store.unit.id)
    browser = console.signed_in(person)
    sent = {"current_password": "wrong wrong wrong", "password": "a new long secret", "again": "a new long secret"}
    assert browser.post("/console/account/password/", sent).status_code == 422
    assert browser.post("/console/account/password/", {**sent, "current_password": PASSWORD}).status_code == 302
    assert browser.get("/console/").status_code == 200


def test_lists_and_the_page_of_an_order_take_a_fixed_number_of_queries(chain: Chain):
    browser = console.signed_in(chain.manager)
    life = console.live_a_little(chain, chain.store)
    browser.get("/console/")
    counts = {place: _queries(browser, console.list_address(place)) for place in console.lists()}
    assert {place: count for place, count in counts.items() if count > 14} == {}
    page = _queries(browser, console.row_address("orders.order", life.sold.id))
    assert page <= 24
    for _ in range(3):
        console.live_a_little(chain, chain.store)
    assert _queries(browser, console.list_address("orders.order")) <= counts["orders.order"]
    assert _queries(browser, console.list_address("inventory.movement")) <= counts["inventory.movement"]


def _queries(browser: Client, address: str) -> int:
    """Return how many queries a page takes, besides the count of a list longer than a page (one, in its own time)."""
    with CaptureQueriesContext(connection) as captured:
        browser.get(address)
    counting = ("BEGIN", "COMMIT", "SELECT set_config('statement_timeout'", "SELECT COUNT(*) FROM (")
    return sum(not query["sql"].startswith(counting) for query in captured)


def test_the_integrity_page_runs_the_reconciliation_and_finds_no_breach(browser: Client):
    page = browser.post("/console/integrity/").content.decode()
    assert "promises are kept" in page
    assert '"qy-badge qy-bad"' not in page


def test_the_audit_trail_is_searched_and_its_chain_checked(browser: Client, chain: Chain):
    life = console.live_a_little(chain, chain.store)
    reason = f"独特原因{life.paid.number}"[:30]
    browser.post(console.deed_address("orders.order", life.paid.id, "cancel"), {"reason": reason})
    page = browser.get("/console/audit/", {"text": reason, "check": "1"}).content.decode()
    assert page.count(f">{reason}<") == 1
    assert "is whole" in page
