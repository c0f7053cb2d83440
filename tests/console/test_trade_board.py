"""The home page's board: thirty days of trade, within reach, each figure with its list."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from quanyu.entrypoints.console import trade_board
from quanyu.kernel.clock import system_clock
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


@pytest.fixture(scope="module")
def lives(chain: Chain) -> list[console.Life]:
    return [console.live_a_little(chain, store) for store in (chain.store, chain.other_store)]


@pytest.fixture(autouse=True)
def nothing_is_kept_from_others() -> None:
    trade_board._kept.clear()


def charts(html: str) -> list[dict[str, object]]:
    """Return what the charts of a page are drawn from."""
    return [json.loads(unescape(text)) for text in re.findall(r'data-chart="([^"]*)"', html)]


def test_the_board_adds_up_what_the_own_store_sold_and_nothing_else(chain, lives):
    manager = make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False)
    html = console.signed_in(manager).get("/console/").content.decode()

    sold = lives[0].paid.payable_fen + lives[0].sold.payable_fen
    days, ranks = charts(html)
    assert sum(round(float(value) * 100) for one in days["series"] for value in one["values"]) == sold
    assert [round(float(value) * 100) for value in ranks["series"][0]["values"]] == [sold]
    texts = console.seen(html)
    assert texts[texts.index("Orders", texts.index("Sales value")) + 1] == "2"
    assert lives[0].unpaid.number in texts
    assert lives[1].sold.number not in texts


def test_gross_margin_is_for_who_reads_reports(chain, lives):
    manager = make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False)
    cashier = make_person("cashier", unit_id=chain.store.unit.id, with_pin=False)

    assert "Gross margin" in console.seen(console.signed_in(manager).get("/console/").content.decode())
    assert "Gross margin" not in console.seen(console.signed_in(cashier).get("/console/").content.decode())


def test_who_may_not_see_orders_has_no_board(chain):
    supplier = make_person("supplier", unit_id=chain.supplier.id, with_pin=False)
    browser = console.signed_in(supplier)

    assert charts(browser.get("/console/").content.decode()) == []
    assert browser.get("/console/order-stream/").status_code == 403


def test_a_bar_leads_to_the_orders_behind_it(chain, lives):
    manager = make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False)
    browser = console.signed_in(manager)
    _days, ranks = charts(browser.get("/console/").content.decode())

    page = browser.get(ranks["links"][0])
    assert page.status_code == 200
    assert lives[0].sold.number in page.content.decode()


def test_the_running_list_shows_a_new_order_at_once(chain, lives):
    manager = make_person("store_manager", unit_id=chain.other_store.unit.id, with_pin=False)
    browser = console.signed_in(manager)
    life = console.live_a_little(chain, chain.other_store)

    fragment = browser.get("/console/order-stream/").content.decode()
    assert life.sold.number in fragment
    assert "<html" not in fragment


def test_sums_of_a_minute_are_shared_and_then_read_again(chain, lives, monkeypatch):
    now = system_clock.now()
    units = frozenset({chain.store.unit.id})
    first = trade_board._sums(units, now, with_margin=False)
    console.live_a_little(chain, chain.store)
    assert trade_board._sums(units, now, with_margin=False) is first

    monkeypatch.setattr(trade_board.time, "monotonic", lambda: 1e9)
    again = trade_board._sums(units, now, with_margin=False)
    assert sum(day.orders for day in again.days) == sum(day.orders for day in first.days) + 2
    assert len(trade_board._kept) == 1
